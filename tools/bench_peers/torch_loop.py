"Train with the package, or in the loop of PyTorch's own tutorials: `python torch_loop.py WAY NET DATA.npz EPOCHS BATCH SEED`. The last line is JSON."
import json,sys,time
from dataclasses import replace

import numpy as np,torch
from torch.nn import functional as F
from torch.utils.data import DataLoader,TensorDataset

def bare(net, x, y, epochs, bs):
    "Float32, torch's own layers and Adam, and nothing else."
    from heartbeat_nb.fast import plain
    from heartbeat_nb.models import create_model
    model = create_model(net, int(y.max())+1)
    opt,dl = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, weight_decay=2e-4),DataLoader(TensorDataset(x, y), bs, shuffle=True)
    with plain():
        for _ in range(epochs):
            losses,start = [],time.perf_counter()
            for xb,yb in dl:
                opt.zero_grad()
                loss = F.cross_entropy(model(xb), yb)
                loss.backward()
                opt.step()
                losses.append(loss.item()*len(xb))
            yield time.perf_counter()-start,sum(losses)/len(x)

def ours(net, x, y, epochs, bs, bf16):
    "A Learner with the recipe of the post, on the post's kind of data."
    from fastai.basics import Callback,DataLoaders,TfmdDL,default_device
    from heartbeat_nb.data import WaveDataset
    from heartbeat_nb.learner import heartbeat_learner,recipes
    class Watch(Callback):
        order = 60
        def before_fit(self): self.epochs = []
        def before_train(self): self.losses,self.waits,self.start = [],0.,time.perf_counter()
        def before_batch(self):
            if self.training: self.waits += time.perf_counter()-getattr(self, 'since', self.start)
        def after_batch(self):
            self.since = time.perf_counter()
            if self.training: self.losses.append(self.loss.item()*len(self.y))
        def after_train(self): self.epochs.append((time.perf_counter()-self.start, sum(self.losses)/len(x), self.waits))
    names = list(range(int(y.max())+1))
    dls = [TfmdDL(WaveDataset(list(x[:n]), y[:n].tolist(), names, i), bs=bs, shuffle=not i, num_workers=0) for i,n in enumerate((len(x), 16))]
    watch = Watch()
    learn = heartbeat_learner(DataLoaders(*dls, device=default_device()).add_vocab(names), net, replace(recipes['post'], schedule='flat', keep='last', bf16=bf16), cbs=watch)
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs)
    return watch.epochs

if __name__=='__main__':
    way,net,data,epochs,bs,seed = sys.argv[1:]
    torch.manual_seed(int(seed))
    x,y = (torch.from_numpy(o) for o in np.load(data).values())
    args = net,x,y.long(),int(epochs),int(bs)
    res = list(bare(*args) if way=='bare' else ours(*args, bf16=way=='ours'))
    print(json.dumps(dict(seconds=[o[0] for o in res], losses=[o[1] for o in res], waits=[o[2] for o in res if len(o)>2])))
