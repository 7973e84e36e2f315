"""Index a data set and bring it to a cache at 2 kHz: `python sets.py NAME=FOLDER`.

The last line is JSON: clips, hours, seconds for each of the two, and the most memory that was used, in MB."""
import json,resource,sys,time

from heartbeat_nb.data.sets import find_source
from heartbeat_nb.data.waves import cached_waves

begin = time.perf_counter()
index = find_source(sys.argv[1]).read()
indexed = time.perf_counter()
waves = cached_waves(index, 2000)
cached = time.perf_counter()
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/(1e6 if sys.platform=='darwin' else 1e3)
print(json.dumps(dict(clips=len(index), hours=waves.lengths.sum()/2000/3600, index=indexed-begin, cache=cached-indexed,
                      mb=most)))
