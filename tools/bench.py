"Measure speed, each figure several times: `python tools/bench.py [--data FOLDER] [--out FILE]`. Ratios of one run can be compared; seconds of two machines cannot."
import os,statistics,tempfile,time
from pathlib import Path

from fastcore.script import call_parse

def timed(f, n, before=lambda: None):
    "Seconds of `n` calls, with `before` outside the clock."
    res = []
    for _ in range(n):
        before()
        start = time.perf_counter()
        f()
        res.append(time.perf_counter()-start)
    return res

@call_parse
def main(
    data:str=None, # Folder of recordings (default: HEARTBEAT_DATA, else simulated)
    out:str='nbs/results/bench_data.json', # File to write
    repeats:int=3, # How often each figure is measured
):
    "Measure simulation, indexing, decoding and training"
    work = Path(tempfile.mkdtemp())
    from heartbeat_nb.core import provenance,save_result
    from heartbeat_nb.data import heartbeat_dls
    from heartbeat_nb.learner import heartbeat_learner
    from heartbeat_nb.recordings import data_hash,heartbeat_data,heartbeat_index,heartbeat_waves
    from heartbeat_nb.synth import synth_dataset
    path = heartbeat_data(data)
    index = heartbeat_index(path)
    fresh = iter(range(10_000))
    new_cache = lambda: os.environ.update(HEARTBEAT_CACHE=str(work/f'cache{next(fresh)}'))
    ready = lambda sr: heartbeat_waves(heartbeat_index(path), sr)
    figures = dict(simulate_832=timed(lambda: synth_dataset(work/f'sim{next(fresh)}'), repeats))
    for sr in 2000,8000:
        figures[f'wavs_to_cache_cold_{sr}'] = timed(lambda: ready(sr), repeats, new_cache)
        figures[f'wavs_to_cache_warm_{sr}'] = timed(lambda: ready(sr), repeats)
    learn = heartbeat_learner(heartbeat_dls(index), 'm5')
    with learn.no_bar(), learn.no_logging(): learn.fit(repeats)
    figures['train_m5_epoch_default'] = [o['secs'] for o in learn.history.rows]
    load = os.getloadavg()[0]
    save_result(out, dict(clips=len(index), data_hash=data_hash(index), load=load, **provenance(), seconds=figures))
    for k,v in figures.items(): print(f'{k:28} {statistics.median(v):8.2f} s   ({min(v):.2f} to {max(v):.2f})')
