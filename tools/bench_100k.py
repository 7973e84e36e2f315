"""How do time and memory grow with the set? `python tools/bench_100k.py [--most N] [--out FILE]`

Clips made on the spot are indexed, decoded, grouped, searched for twins, trained on and predicted, ten times more from
one round to the next. A million are 4 GB of files and 8 GB of decoded waves in the folder for temporary files."""
import json,os,resource,subprocess,sys,tempfile,threading,time
from pathlib import Path

import numpy as np
from fastcore.script import call_parse

root = Path(__file__).resolve().parent.parent

def make_clips(path, n, sr=2000, secs=1., seed=0):
    "Write `n` different clips, ten a patient, named like those of set B: two thumps and some noise."
    import soundfile as sf
    folder,rng,m = Path(path)/'set_b',np.random.default_rng(seed),round(sr*secs)
    folder.mkdir(parents=True)
    t,labels = np.arange(m)/sr,('normal', 'murmur', 'extrastole')
    for i in range(n):
        thumps = sum(np.exp(-((t-o)/.03)**2)*np.sin(2*np.pi*rng.uniform(30, 90)*t) for o in rng.uniform(.1, .9, 2))
        x = .5*thumps + .05*(1+i%3)*rng.standard_normal(m)
        sf.write(folder/f'{labels[i%3]}__{i//10}_{1_300_000_000_000+i*1000}_A.wav', x, sr, subtype='PCM_16')

def most_resident(): # MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/(1e6 if sys.platform=='darwin' else 1e3)

class Memory:
    """Seconds of a stage and the most memory that was a process's own meanwhile, in MB.

    Pages of mapped files can be dropped at any time and do not count."""
    def __init__(self): self.most,self.on = 0,True
    def own(self):
        try: return next(int(o.split()[1])/1000 for o in open('/proc/self/status') if o.startswith('RssAnon'))
        except OSError: return most_resident()
    def watch(self):
        while self.on:
            self.most = max(self.most, self.own())
            time.sleep(.02)
    def __enter__(self):
        self.start,self.begin = time.perf_counter(),self.own()
        self.thread = threading.Thread(target=self.watch); self.thread.start()
        return self
    def __exit__(self, *args):
        self.on = False
        self.thread.join()
        seconds = round(time.perf_counter()-self.start, 2)
        self.result = dict(seconds=seconds, before_mb=round(self.begin), peak_mb=round(self.most))

def stages(path, twins):
    "What each stage of a training on this folder takes; twins are looked for among at most so many clips."
    from fastai.basics import nn
    from heartbeat_nb.data.blocks import AudioDataLoaders
    from heartbeat_nb.data.groups import group_folds,labelled_clips
    from heartbeat_nb.train.learner import audio_learner,predict_clips
    from heartbeat_nb.data.pascal import pascal_index
    from heartbeat_nb.data.twins import find_twins
    from heartbeat_nb.data.waves import cached_waves
    def net(n_out):
        layers = nn.Conv1d(1, 8, 80, stride=16),nn.ReLU(),nn.AdaptiveAvgPool1d(1),nn.Flatten(),nn.Linear(8, n_out)
        return nn.Sequential(*layers)
    res = {}
    def stage(name, f):
        with Memory() as m: out = f()
        res[name] = m.result
        print(json.dumps({name:m.result}), file=sys.stderr, flush=True)
        return out
    index = stage('index', lambda: pascal_index(path))
    stage('decode', lambda: cached_waves(index, 2000))
    clips = stage('group', lambda: labelled_clips(index))
    if len(index)<=twins: stage('twins', lambda: find_twins(index))
    test = stage('folds', lambda: group_folds(clips.label, clips.group)[0])
    dls = stage('open', lambda: AudioDataLoaders.from_index(index, clips.index[test], secs=1., bs=256))
    learn = audio_learner(dls, net)
    with learn.no_bar(), learn.no_logging(): stage('train an epoch', lambda: learn.fit_recipe(1))
    stage('predict', lambda: predict_clips(learn, dls.train.clips+dls.valid.clips))
    return dict(clips=len(index), trained_on=len(dls.train_ds), stages=res, resident_mb=round(most_resident()))

def measured(n, work, twins):
    "Make `n` clips, and measure in a process of its own."
    start = time.perf_counter()
    make_clips(work/'clips', n)
    made = time.perf_counter()-start
    path = os.pathsep.join([str(root), os.environ.get('PYTHONPATH', '')])
    env = {**os.environ, 'HEARTBEAT_CACHE':str(work/'cache'), 'PYTHONPATH':path}
    what = [sys.executable, __file__, '--folder', work/'clips', '--twins', str(twins)]
    said = subprocess.run(what, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(json.loads(said.splitlines()[-1]), made_in=round(made, 1))

@call_parse
def main(
    most:int=1_000_000, # Clips of the last round
    rounds:int=4, # Each has ten times the clips of the one before
    twins:int=10_000, # Most clips among which twins are looked for: ten times as many take 100 times as long
    out:str='nbs/results/bench_100k.json', # File to write
    folder:str='', # Measure this folder only, and print the result (what the tool calls itself with)
):
    "Measure seconds and memory of each stage, for more and more clips"
    if folder: return print(json.dumps(stages(folder, twins)))
    from heartbeat_nb.core import provenance,save_result
    runs = []
    for n in [most//10**i for i in range(rounds)][::-1]:
        with tempfile.TemporaryDirectory() as work: runs.append(measured(n, Path(work), twins))
        print(n, *({k:v[o] for k,v in runs[-1]['stages'].items()} for o in ('seconds', 'peak_mb')), flush=True)
        save_result(out, dict(secs=1., sr=2000, runs=runs, **provenance()))
