"""Train some folds of the best recipe, as `cross_validate` would: `python folds.py DATA [FOLD ...]`.

The last line is JSON: seconds of the pretraining, and of each of these folds; how many there are."""
import json,sys,time
from functools import partial

from heartbeat_nb.data.groups import labelled_clips
from heartbeat_nb.train.learner import pretrain
from heartbeat_nb.score.cross_validate import fit_fold
from heartbeat_nb.score.folds import split
from heartbeat_nb.data.pascal import pascal_data,pascal_index,simulated_data

def timed(f):
    start = time.perf_counter()
    f()
    return time.perf_counter()-start

data,some = sys.argv[1] or None,map(int, sys.argv[2:])
index = pascal_index(pascal_data(data))
splits = split(labelled_clips(index))
begin = partial(pretrain, pascal_index(simulated_data()), 'm11')
pretraining = timed(begin)
fit = partial(fit_fold, arch='m11', recipe='best', secs=4., weights=begin())
seconds = [timed(partial(fit, index, splits[i].test)) for i in some]
print(json.dumps(dict(pretraining=pretraining, seconds=seconds, folds=len(splits))))
