"""Measure speed side by side: `python tools/bench.py [--parts PART,PART]`.

Ratios of one run can be compared; seconds of two machines cannot. Parts: limits (what this machine could do), data,
loaders (batches by DataLoaders, and by plain indexing), train (this package, a bare PyTorch loop, the same compiled,
and Keras, with and without XLA, if --keras or HEARTBEAT_KERAS names a Python that has it; all in 32 bits and in
bfloat16), steps and curves (does Keras learn the same?), loop (what the Learner costs), tricks (without one of the
ways that make it quick), breakdown (which operations take the time), infer, commands (heartbeat_predict, beside
importing torch), folds (all 25 of the best recipe, several at a time), sets (of --data circor=FOLDER,cinc2016=FOLDER:
index and cache, first and again), gpu (needs one). In train, curves, commands, sets and gpu every contender runs in a
process of its own, in turn, several times; in loaders, loop, tricks, breakdown and infer all take turns in one.
Results go to nbs/results/bench_PART.json, which nbs/speed.ipynb draws (of a second machine, with --machine NAME, to
bench_PART_NAME.json), with the processor, and what else it was busy with: `load`, and `stolen`, the share of its time
that other machines on the same hardware took.
`--quick` is for every commit: two contenders, some minutes less, one line more in nbs/results/bench_commits.csv."""
import csv,json,os,platform,re,shutil,statistics,subprocess,sys,tempfile,time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from fastcore.script import call_parse

here,results,suffix = Path(__file__).parent,Path('nbs/results'),''

def timed(f, n, before=lambda: None):
    "Seconds of `n` calls, with `before` outside the clock."
    res = []
    for _ in range(n):
        before()
        start = time.perf_counter()
        f()
        res.append(time.perf_counter()-start)
    return res

def processor():
    "Its name, and the instructions for bfloat16 that it has."
    about = cpu.read_text() if (cpu := Path('/proc/cpuinfo')).is_file() else ''
    name = re.search(r'model name\s*: (.+)', about)
    has = [o for o in ('avx512_bf16', 'amx_bf16') if o in about]
    return ', '.join([name[1] if name else platform.processor(), *has])

def ticks():
    "Processor time since the machine started: all of it, and what other machines on this hardware took; Linux alone."
    if not (stat := Path('/proc/stat')).is_file(): return 0,0
    spent = list(map(int, stat.read_text().split()[1:9]))
    return sum(spent),spent[7]
begun = ticks()

def save(part, **figures):
    "Write a part's figures with where they come from, and show those that are lists."
    from heartbeat_nb.core import provenance,save_result
    spent,stolen = (b-a for a,b in zip(begun, ticks()))
    known = dict(processor=processor(), load=os.getloadavg()[0], stolen=stolen/max(spent, 1), **provenance())
    save_result(results/f'bench_{part}{suffix}.json', known | figures)
    for group in figures.values():
        if isinstance(group, dict):
            for k,v in group.items():
                if isinstance(v, list) and v and isinstance(v[0], float):
                    print(f'{k:32} {statistics.median(v):10.4g}   ({min(v):.4g} to {max(v):.4g})')

def conv_bytes(net, x):
    "Bytes that the convolutions of a net write for one wave."
    import torch
    seen,net = [],net.eval()
    for m in net.features.modules():
        if isinstance(m, torch.nn.Conv1d): m.register_forward_hook(lambda m,i,o: seen.append(o.nbytes))
    with torch.no_grad(): net(x)
    return sum(seen)

def rates(n=3):
    "Products of matrices, in bfloat16 where the processor has it, and copies, by the second, at this moment."
    import torch
    from heartbeat_nb.train.callbacks import has_bf16
    res = {}
    for name in ['float32', 'bfloat16'][:1+has_bf16('cpu')]:
        a = torch.randn(2048, 2048).to(getattr(torch, name))
        product = partial(torch.matmul, a, a)
        res[f'{name}_gflops'] = [2*2048**3/o/1e9 for o in timed(product, n, product)]
    x = torch.randn(1<<26)
    y = torch.empty_like(x)
    return res | dict(copy_gbytes=[2*x.nbytes/o/1e9 for o in timed(lambda: y.copy_(x), n)])

def limits(data, repeats, keras):
    "What this machine can do, and what each net asks for."
    import torch
    from heartbeat_nb.explain.anatomy import multiply_adds
    from heartbeat_nb.nets.models import create_model
    def asks(name, samples):
        net,x = create_model(name).eval(),torch.randn(1, 1, samples)
        parts = multiply_adds(net, x)
        macs = sum(parts[o] for o in ('features', 'head'))
        return dict(samples=samples, all=macs, first=parts['features.0'], conv_bytes=conv_bytes(net, x))
    save('limits', rates=rates(3*repeats),
         nets={o:asks(o, 10_000 if o=='m5' else 8000) for o in ('m5', 'm11', 'm18', 'm34')})

def data(data, repeats, keras):
    "Simulation, indexing, decoding."
    from heartbeat_nb.data.pascal import pascal_data,pascal_index
    from heartbeat_nb.data.waves import data_hash,cached_waves
    from heartbeat_nb.heart.dataset import synth_dataset
    work,path = Path(tempfile.mkdtemp()),pascal_data(data)
    index,fresh = pascal_index(path),iter(range(10_000))
    new_cache = lambda: os.environ.update(HEARTBEAT_CACHE=str(work/f'cache{next(fresh)}'))
    ready = lambda sr: cached_waves(pascal_index(path), sr)
    with patch.dict(os.environ):
        figures = dict(simulate_832=timed(lambda: synth_dataset(work/f'sim{next(fresh)}'), repeats))
        for sr in 2000,8000:
            figures[f'wavs_to_cache_cold_{sr}'] = timed(partial(ready, sr), repeats, new_cache)
            figures[f'wavs_to_cache_warm_{sr}'] = timed(partial(ready, sr), repeats)
    save('data', clips=len(index), data_hash=data_hash(index), seconds=figures)

def sets(data, repeats, keras):
    "Index and cache of large sets, each in a process of its own: the first time (cold) and again (warm)."
    def both(source):
        cache = dict(HEARTBEAT_CACHE=tempfile.mkdtemp())
        return {o:run_peer(sys.executable, 'sets.py', source, env=cache) for o in ('cold', 'warm')}
    if not data or '=' not in data: sys.exit('Say which sets are where: --data circor=FOLDER,cinc2016=FOLDER')
    runs = {o.partition('=')[0]:[both(o) for _ in range(repeats)] for o in data.split(',')}
    save('sets', cores=os.cpu_count(), runs=runs)

def loaders(data, repeats, keras, epochs=20, bs=32):
    "Epochs of batches by our DataLoaders and, between them and in the same process, of the same crops by indexing."
    import torch
    from heartbeat_nb.data.blocks import AudioDataLoaders
    from heartbeat_nb.data.pascal import pascal_data,pascal_index
    from heartbeat_nb.sound.windows import standardize
    index,seconds = pascal_index(pascal_data(data)),{}
    for sr in 2000,8000:
        train = AudioDataLoaders.from_index(index, sr=sr, bs=bs, device='cpu').train
        where,ys,clips = torch.tensor(train.clips),torch.tensor(train.ys),train.files.clips
        waves,starts,lengths = clips.on('cpu')
        def plain(where=where, ys=ys, clips=clips, waves=waves, starts=starts, lengths=lengths):
            for some in torch.randperm(len(where)).split(bs):
                start,length = (o[where[some]][:,None] for o in (starts, lengths))
                begin = (torch.rand(length.shape)*((length-clips.n).clamp(min=0)+1)).long()
                standardize(waves[start+(begin+torch.arange(clips.n))%length][:,None]),ys[some]
        def ours(train=train):
            for _ in train: pass
        took = {o.__name__:[] for o in (ours, plain)}
        for _ in range(repeats*epochs):
            for o in ours,plain: took[o.__name__] += timed(o, 1)
        seconds |= {f'{k}_{sr}':v for k,v in took.items()}
    save('loaders', clips=len(where), batch=bs, seconds=seconds)

def as_arrays(data, sr, secs, n, out):
    "The middle of each clip, standardised, and its class, as every contender gets them."
    from heartbeat_nb.data.audio import Clips,Standardize
    from heartbeat_nb.data.blocks import label_vocab
    from heartbeat_nb.data.pascal import pascal_data,pascal_index
    from heartbeat_nb.data.waves import cached_waves
    import torch
    index = pascal_index(pascal_data(data))
    index = index[index.ok].iloc[:n].reset_index(drop=True)
    names = {o:i for i,o in enumerate(label_vocab(index.label))}
    x = Standardize()(Clips(cached_waves(index, sr), secs).crop(torch.arange(len(index)), train=False))
    y = index.label.astype(object).map(names).to_numpy(dtype=np.int64)
    np.savez(out, x=x.as_subclass(torch.Tensor).numpy(), y=y)
    return len(index)

def torch_loop(*args):
    "The Learner's or a bare loop, alone in a process."
    return run_peer(sys.executable, 'torch_loop.py', *args)

def run_peer(python, script, *args, env=None):
    "One contender, alone in a process, with as many threads as all others; what its last line says."
    env = {**os.environ, 'PYTHONPATH':str(here.parent), 'HEARTBEAT_THREADS':str(torch_threads()), **(env or {})}
    what = [python, str(here/'bench_peers'/script), *map(str, args)]
    res = subprocess.run(what, capture_output=True, text=True, env=env)
    if res.returncode: sys.exit(f'{script} {" ".join(map(str, args))} failed:\n{res.stderr[-2000:]}')
    return json.loads(res.stdout.strip().splitlines()[-1])

def contenders(keras):
    "The ways to train M5 as the post has it: name -> (numbers, python, script, way)."
    ways = {'ours':'torch_loop.py ours', 'bare':'torch_loop.py bare'}
    if has_compiler(): ways['compiled'] = 'torch_loop.py compiled'
    if keras: ways |= {'keras':'keras_m5.py', 'keras-xla':'keras_m5.py jit'}
    for name,what in ways.items():
        script,*way = what.split()
        python = keras if script=='keras_m5.py' else sys.executable
        for numbers in 32,16: yield name,numbers,python,script,way

def has_compiler():
    "Can torch.compile work here?"
    return bool(shutil.which('c++') or shutil.which('g++'))

def train(data, repeats, keras, epochs=4, some=384, few=256, sizes=(16, 32, 64), deep=7):
    """Seconds an epoch of M5 as in the post, of M11 and of M18, and the most memory of each process: every contender in
    32 bits and in bfloat16, at the post's batch and at the one that was best for it in a trial; but those that
    compile, at the post's alone. Without instructions for bfloat16, in 32 bits alone."""
    from heartbeat_nb.train.callbacks import has_bf16
    work,own16 = Path(tempfile.mkdtemp()),has_bf16('cpu')
    n,m = as_arrays(data, 8000, 1.25, some, work/'post.npz'),as_arrays(data, 2000, 4., few, work/'deep.npz')
    def job(python, script, way, numbers, net, file, epochs, bs):
        if script=='keras_m5.py': return python,script,work/file,epochs,bs,0,','.join([*way, *['bf16'][numbers//32:]])
        return python,script,*way,net,work/file,epochs,bs,0,numbers
    runs,speeds,best = {},[],{}
    def go(key, *args):
        res = dict(run_peer(*job(*args)), file=args[5])
        runs.setdefault(key, []).append(res)
        print(f"{key:24} {statistics.median(res['seconds'][1:]):7.2f} s an epoch of {args[5]}", flush=True)
        return res
    able = [o for o in contenders(keras) if own16 or o[1]==32]
    for name,numbers,python,script,way in able: # which batch suits each
        if name in ('compiled', 'keras-xla'): continue
        took = {bs:min(run_peer(*job(python, script, way, numbers, 'm5-port', 'post.npz', epochs, bs))['seconds'][1:])
                for bs in (*sizes, 128)}
        best[f'{name} {numbers}'] = min(took, key=took.get)
        print(name, numbers, {k:round(v, 2) for k,v in took.items()}, flush=True)
    for _ in range(repeats):
        speeds.append(rates())
        for name,numbers,*how in able:
            for bs in sorted({128, best.get(f'{name} {numbers}', 128)}):
                go(f'm5 {name} {numbers} {bs}', *how, numbers, 'm5-port', 'post.npz', epochs, bs)
        for net in 'm11','m18':
            for numbers in [32, 16][:1+own16]:
                for way in 'ours','bare':
                    how = sys.executable,'torch_loop.py',[way]
                    go(f'{net} {way} {numbers} 32', *how, numbers, net, 'deep.npz', deep, 32)
        speeds[-1] = {k:v+o for (k,v),o in zip(speeds[-1].items(), rates().values())}
    clips = {'post.npz':n, 'deep.npz':m}
    seconds = {k:[832*s/clips[o['file']] for o in v for s in o['seconds'][1:]] for k,v in runs.items()}
    save('train', clips=n, few=m, has_bf16=own16, best=best, threads=torch_threads(), speeds=speeds, runs=runs,
         seconds=seconds)

def torch_threads():
    import torch
    return torch.get_num_threads()

def steps(data, repeats, keras, n=6, bs=16):
    "The loss of each of the first steps in Keras, from weights and clips that PyTorch draws."
    import torch
    from heartbeat_nb.core import seeded
    from heartbeat_nb.nets.models import create_model
    with seeded(0): net,x = create_model('m5-port', 5),torch.randn(n*bs, 1, 10_000)
    kept = [v.numpy() for k,v in net.state_dict().items() if 'batches' not in k]
    out = Path(tempfile.mkdtemp())/'start.npz'
    np.savez(out, x.numpy(), np.arange(n*bs)%5, *kept)
    res = run_peer(keras, 'keras_m5.py', out, 1, bs, 0)
    means = np.array(res['steps'])*np.arange(1, n+1) # Keras says the mean so far
    save('steps', losses=np.diff(means, prepend=0).tolist(), keras=res['versions'])

def curves(data, repeats, keras, epochs=8, some=384):
    "The loss after each epoch of M5 in Keras, of the port's M5 and of the paper's, with seeds."
    out = Path(tempfile.mkdtemp())/'post.npz'
    as_arrays(data, 8000, 1.25, some, out)
    bare = lambda net,seed: torch_loop('fast', net, out, epochs, 64, seed, 32)
    ways = dict(keras=lambda o: run_peer(keras, 'keras_m5.py', out, epochs, 64, o), port=partial(bare, 'm5-port'),
                paper=partial(bare, 'm5'))
    losses = {k:[] for k in ways}
    for seed in range(repeats):
        for k,f in ways.items(): losses[k].append(f(seed)['losses'])
    save('curves', clips=some, losses=losses)

def loop(data, repeats, keras, epochs=12):
    "Epochs of M5 in the Learner and, between them and in the same process, of the same net in a bare loop."
    work = Path(tempfile.mkdtemp())
    as_arrays(data, 8000, 1.25, None, work/'post.npz')
    runs = [torch_loop('both', 'm5', work/'post.npz', epochs, 128, seed, 16) for seed in range(repeats)]
    all_but_first = lambda k: [s for o in runs for s in o[k][1:]]
    save('loop', seconds=dict(learner=all_but_first('seconds'), bare=all_but_first('beside')))

def tricks(data, repeats, keras, steps=20):
    "Steps of M5 without one of the ways that make it quick, in turn in one process."
    work = Path(tempfile.mkdtemp())
    as_arrays(data, 8000, 1.25, 128, work/'post.npz')
    runs = [run_peer(sys.executable, 'tricks.py', work/'post.npz', steps, 128, seed) for seed in range(repeats)]
    save('tricks', seconds={k:[s for o in runs for s in o[k]] for k in runs[0]})

def infer(data, repeats, keras, clips=256):
    "Windows of 4 s answered in a second, all by one thread and all by two: torch, torch compiled, onnxruntime."
    import torch
    from heartbeat_nb.predict.export import export_onnx
    from heartbeat_nb.nets.fast import side_by_side
    from heartbeat_nb.predict.predictor import fold_norms
    from heartbeat_nb.nets.models import create_model
    import onnxruntime as ort
    def session(path, threads):
        options = ort.SessionOptions()
        options.intra_op_num_threads,options.log_severity_level = threads,3
        return ort.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    speeds,x,before = {},torch.randn(clips, 1, 8000),torch.get_num_threads()
    for name in 'm5','m18':
        whole = create_model(name).eval()
        net = side_by_side(fold_norms(whole))
        path = Path(tempfile.mkdtemp())/'net.onnx'
        export_onnx(whole, path)
        for threads in 1,2:
            torch.set_num_threads(threads)
            onnx = session(path, threads)
            ways = dict(torch=net, onnxruntime=lambda o, onnx=onnx: onnx.run(None, {'wave':o.numpy()}))
            if has_compiler(): ways['compiled'] = torch.compile(net)
            with torch.inference_mode():
                for f in ways.values(): f(x[:32])
                for _ in range(2*repeats):
                    for k,f in ways.items():
                        took = timed(lambda f=f: [f(o) for o in x.split(32)], 1)
                        speeds.setdefault(f'{name} {k} {threads}', []).append(clips/took[0])
    torch.set_num_threads(before)
    save('infer', seconds_a_clip=4., batch=32, rates=speeds)

def commands(data, repeats, keras):
    "From the key to the answer: heartbeat_predict for one file, with torch and with onnx, beside importing torch."
    from heartbeat_nb.data.pascal import simulated_data
    file = sorted(simulated_data().rglob('*.wav'))[0]
    program = Path(sys.executable).with_name('heartbeat_predict')
    ways = {'python alone':[sys.executable, '-c', 'pass'], 'import torch':[sys.executable, '-c', 'import torch'],
            'heartbeat_predict':[program, file], 'heartbeat_predict --engine onnx':[program, file, '--engine', 'onnx']}
    for o in ways.values(): run_peer(sys.executable, 'command.py', *o) # the first call makes the net for onnx
    rounds = [{k:run_peer(sys.executable, 'command.py', *o) for k,o in ways.items()} for _ in range(5*repeats)]
    named = lambda what: {k:[o[k][what] for o in rounds] for k in ways}
    save('commands', seconds=named('seconds'), processor_seconds=named('cpu'), peak_mb=named('peak_mb'))

def gpu(data, repeats, keras, samples=32_000, clips=2048, bs=64):
    """On a GPU: clips a second in training, of ours, a bare loop and the same compiled, with the clips on the device;
    how much of it waits for data, and memory; beside the arithmetic and the copies, and what takes the time."""
    import torch
    from fastai.torch_core import default_device
    from heartbeat_nb.explain.anatomy import multiply_adds
    from heartbeat_nb.nets.models import create_model
    if not torch.cuda.is_available(): sys.exit('The part gpu needs a GPU, and PyTorch sees none.')
    device,rng,work = default_device(),np.random.default_rng(0),Path(tempfile.mkdtemp())
    np.savez(work/'noise.npz', x=rng.standard_normal((clips, 1, samples), dtype=np.float32), y=np.arange(clips)%10)
    def least(f, n=20): # seconds of one call, of many that are waited for together
        def many():
            for _ in range(n): f()
            torch.cuda.synchronize()
        return min(timed(many, 3*repeats, many))/n
    a,x = (torch.randn(o, device=device, dtype=torch.bfloat16) for o in ((8192, 8192), (1<<29,)))
    y,bounds,operated,runs = torch.empty_like(x),{},{},{}
    products,copies = 2*8192**3/least(lambda: a@a),2*x.nbytes/least(lambda: y.copy_(x))
    nets = 'm5','m11','m18','m34'
    for net in nets:
        wave = torch.randn(1, 1, samples)
        asked,written = multiply_adds(create_model(net), wave),conv_bytes(create_model(net), wave)/2 # in 16 bits
        macs = 3*sum(asked[o] for o in ('features', 'head')) - asked['features.0']
        bounds[net] = dict(arithmetic=products/2/macs, copies=copies/(4*written))
        operated[net] = operations(create_model(net).to(device), torch.randn(bs, 1, samples, device=device))
    for seed in range(repeats):
        for net in nets:
            for way in ['ours', 'bare', 'compiled'][:2+has_compiler()]:
                runs.setdefault(f'{net} {way}', []).append(torch_loop(way, net, work/'noise.npz', 4, bs, seed, 16))
    rates = {k:[clips/s for o in v for s in o['seconds'][1:]] for k,v in runs.items()}
    save('gpu', samples=samples, batch=bs, clips=clips, limits=bounds, operations=operated, runs=runs, rates=rates)

def operations(net, x, bits=16):
    "Seconds of its own on the device that each operation takes in a step."
    import torch
    from torch.autograd import DeviceType
    from torch.profiler import profile
    on_gpu = x.device.type=='cuda'
    def step():
        with torch.autocast(x.device.type, torch.bfloat16, enabled=bits==16): loss = net(x).float().logsumexp(1).mean()
        loss.backward()
        if on_gpu: torch.cuda.synchronize()
    for _ in range(3): step()
    with profile() as p: step()
    own = lambda o: o.self_device_time_total if on_gpu else o.self_cpu_time_total
    kept = [o for o in p.key_averages() if own(o) and (not on_gpu or o.device_type==DeviceType.CUDA)] # kernels alone
    return {o.key:own(o)/1e6 for o in sorted(kept, key=own, reverse=True)}

def breakdown(data, repeats, keras):
    "Which operations take the time of a step of M5, one layer after the other as torch has them and as ours."
    import torch
    from heartbeat_nb.nets.fast import keep_memory,layer_by_layer
    from heartbeat_nb.nets.models import create_model
    from heartbeat_nb.train.callbacks import has_bf16
    net,x,bits,runs = create_model('m5'),torch.randn(128, 1, 10_000),32-16*has_bf16('cpu'),{}
    for _ in range(2*repeats):
        for way,within in dict(torch=layer_by_layer, ours=keep_memory).items():
            with within(): runs.setdefault(way, []).append(operations(net, x, bits))
    save('breakdown', batch=128, bits=bits, runs=runs)

def folds(data, repeats, keras):
    "All folds of the best recipe on all cores, a thread a process, after pretraining; before them the first one alone."
    env = dict(HEARTBEAT_CACHE=tempfile.mkdtemp())
    peer = lambda *some: run_peer(sys.executable, 'folds.py', data or '', *some, env=env)
    begun = peer()
    n,alone = begun['folds'],[s for _ in range(repeats) for s in peer(0)['seconds']]
    env['OMP_NUM_THREADS'] = '1'
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    start = time.perf_counter()
    with ThreadPoolExecutor(cores) as pool: runs = list(pool.map(lambda i: peer(*range(i, n, cores)), range(cores)))
    minutes = (begun['pretraining'] + time.perf_counter()-start)/60
    each = [s for o in runs for s in o['seconds']]
    seconds = {'pretraining':[begun['pretraining']], 'a fold alone':alone, 'a fold':each}
    save('folds', processes=cores, folds=n, seconds=seconds, minutes=minutes)

def quick(data, repeats, keras):
    "The ratio to the bare loop, now and before; exit code 1 if it has halved since the last on such a machine."
    import torch
    from heartbeat_nb.train.callbacks import has_bf16
    work,table = Path(tempfile.mkdtemp()),results/'bench_commits.csv'
    as_arrays('simulated', 8000, 1.25, 256, work/'post.npz')
    bits = 32 - 16*has_bf16('cpu')
    both = {o:torch_loop(o, 'm5', work/'post.npz', 4, 128, 0, bits)['seconds'][1:] for o in ('bare', 'ours')}
    ratio = statistics.median(both['bare'])/statistics.median(both['ours'])
    kind = f'{torch.get_num_threads()} threads, both in {bits} bits'
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True).stdout.strip()
    rows = list(csv.DictReader(table.open())) if table.exists() else []
    seconds = {f'{k}_seconds':f'{statistics.median(v):.2f}' for k,v in both.items()}
    row = dict(commit=commit, date=date.today().isoformat(), machine=kind, **seconds, ratio=f'{ratio:.2f}')
    with table.open('w', newline='') as f:
        out = csv.DictWriter(f, row)
        out.writeheader()
        out.writerows([*[o for o in rows if o['commit']!=commit], row])
    print(table.read_text())
    print(f'{ratio:.2f} times the bare loop')
    last = [float(o['ratio']) for o in rows if o['machine']==kind and o['commit']!=commit][-1:]
    if last and ratio<last[0]/2:
        sys.exit(f'That is less than half of the last ratio on such a machine, {last[0]}: look for what became slow.')

@call_parse
def main(
    parts:str='limits,data,loaders,train,loop,tricks,breakdown,infer,commands,folds', # Which, with commas between
    data:str='', # Folder of recordings (default: HEARTBEAT_DATA, else simulated)
    repeats:int=3, # How often each figure is measured
    keras:str=os.environ.get('HEARTBEAT_KERAS', ''), # A Python that has keras and tensorflow (default: HEARTBEAT_KERAS)
    machine:str='', # Name of another machine than the usual one, for files of its own: bench_PART_NAME.json
    quick:bool=False, # One ratio, for every commit
):
    "Measure speed side by side"
    global suffix
    ways,suffix = globals(),machine and f'_{machine}'
    if not keras and {'steps', 'curves'} & {*parts.split(',')}: sys.exit('steps and curves need --keras PYTHON.')
    for o in ['quick'] if quick else parts.split(','): ways[o](data or None, repeats, keras)
