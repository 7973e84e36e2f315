"""Train with the package, or in the loop of PyTorch's own tutorials.

`python torch_loop.py WAY NET DATA.npz EPOCHS BATCH SEED BITS`; the last line is JSON. Ways: ours, bare, compiled (bare,
by torch.compile), fast (bare, with this package's layers), both (ours, and between its epochs fast). BITS: 32, or 16
for bfloat16. On a GPU the clips of all ways live there."""
import json,os,sys,time
from dataclasses import replace

import numpy as np,torch
from fastai.torch_core import default_device
from torch.nn import functional as F
from torch.utils.data import DataLoader,TensorDataset

def peak_mb():
    "The most memory that this process ever had, or on a GPU its tensors there; None where it is not known."
    if torch.cuda.is_available(): return torch.cuda.max_memory_allocated()/1e6
    try: return next(int(o.split()[1])/1000 for o in open('/proc/self/status') if o.startswith('VmHWM'))
    except OSError: return None

class Resident:
    "Batches of clips that live where the net does."
    def __init__(self, x, y, bs): self.x,self.y,self.bs = x,y,bs
    def __iter__(self):
        for o in torch.randperm(len(self.x), device=self.x.device).split(self.bs): yield self.x[o],self.y[o]

def bare(net, x, y, epochs, bs, bf16=False, compiled=False, quick=False):
    "Adam and nothing else: torch's own layers, or when `quick` the package's."
    from heartbeat_nb.nets.fast import keep_memory,layer_by_layer
    from heartbeat_nb.nets.models import create_model
    device = default_device()
    model = create_model(net, int(y.max())+1).to(device)
    whole = torch.compile(model, dynamic=False) if compiled else model
    opt = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, weight_decay=2e-4)
    on_gpu = device.type=='cuda'
    dl = Resident(x.to(device), y.to(device), bs) if on_gpu else DataLoader(TensorDataset(x, y), bs, shuffle=True)
    with keep_memory() if quick else layer_by_layer():
        for _ in range(epochs):
            losses,start,cpu = [],time.perf_counter(),time.process_time()
            for xb,yb in dl:
                xb,yb = xb.to(device),yb.to(device)
                opt.zero_grad()
                with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                    loss = F.cross_entropy(whole(xb).float(), yb)
                loss.backward()
                opt.step()
                losses.append(loss.detach()*len(xb))
            total = sum(losses).item() # waits for the device
            yield time.perf_counter()-start,total/len(x),time.process_time()-cpu

def loaders(x, y, names, bs):
    "DataLoaders of ready waves."
    from fastai.basics import CategoryBlock
    from heartbeat_nb.data.audio import Clips
    from heartbeat_nb.data.blocks import clip_dls
    from heartbeat_nb.sound.cache import Waves
    count,size = len(x),x.shape[-1]
    clips = Clips(Waves(x.numpy().ravel(), np.full(count, size), 8000), size/8000, ids=list(map(str, range(count))))
    labels = dict(enumerate(names[int(o)] for o in y))
    return clip_dls(clips, labels, range(count), range(16), CategoryBlock(names, sort=False), bs)

def ours(net, x, y, epochs, bs, seed, bf16, beside=None):
    "A Learner with the recipe of the post; after each of its epochs, one of `beside`."
    from fastai.basics import Callback
    from heartbeat_nb.train.learner import audio_learner
    from heartbeat_nb.train.recipes import recipes
    class Watch(Callback):
        order = 60
        def before_fit(self): self.epochs = []
        def before_train(self):
            self.losses,self.waits,self.start,self.cpu = [],0.,time.perf_counter(),time.process_time()
        def before_batch(self):
            if self.training: self.waits += time.perf_counter()-getattr(self, 'since', self.start)
        def after_batch(self):
            self.since = time.perf_counter()
            if self.training: self.losses.append(self.loss.detach()*len(self.y))
        def after_train(self):
            total = sum(self.losses).item() # waits for the device
            took = time.perf_counter()-self.start,total/len(x),time.process_time()-self.cpu
            self.epochs.append((*took, self.waits))
        def after_epoch(self):
            if beside: self.epochs[-1] += next(beside)[:1]
    names = [str(o) for o in range(int(y.max())+1)]
    watch = Watch()
    recipe = replace(recipes['post'], schedule='flat', keep='last', bf16=bf16)
    learn = audio_learner(loaders(x, y, names, bs), net, recipe, seed=seed, cbs=watch)
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs)
    return watch.epochs

if __name__=='__main__':
    way,net,data,epochs,bs,seed,bits = sys.argv[1:]
    if threads := int(os.environ.get('HEARTBEAT_THREADS', 0)): torch.set_num_threads(threads)
    torch.manual_seed(int(seed))
    x,y = (torch.from_numpy(o) for o in np.load(data).values())
    args = net,x,y.long(),int(epochs),int(bs)
    bf16 = bits=='16'
    if way in ('bare', 'compiled', 'fast'): res = list(bare(*args, bf16, way=='compiled', way=='fast'))
    else:
        beside = bare(*args, bf16, quick=True) if way=='both' else None
        res = ours(*args, int(seed), bf16=bf16, beside=beside)
    named = dict(zip(('seconds', 'losses', 'cpu', 'waits', 'beside'), zip(*res)))
    print(json.dumps(dict(named, peak_mb=peak_mb())))
