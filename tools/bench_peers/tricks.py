"""Steps of M5 with all ways of being quick and, in turn, without one of them; and steps of M11 on 32 crops of 4 s at
2 kHz (`m11`), in turn with random changes of these (`changes`).

`python tricks.py DATA.npz STEPS BATCH SEED`; the last line is JSON: seconds of each."""
import json,sys,time
from contextlib import nullcontext
from unittest.mock import patch

import numpy as np,torch
from torch.nn import functional as F

from heartbeat_nb.data.audio import TensorAudio
from heartbeat_nb.data.augment import augmentations
from heartbeat_nb.nets import archs,fast
from heartbeat_nb.nets.models import create_model

without = dict(nothing=nullcontext, bfloat16=nullcontext, images=fast.layer_by_layer,
               pool=lambda: patch.object(archs, '_relu_then_pool', lambda *o: False),
               rows=lambda: patch.object(archs, '_row_conv', lambda x,*o: fast._conv_as_image(x[:,:,None], *o)))

def step(what, net, opt, x, y):
    "Seconds of a step without one way."
    start = time.perf_counter()
    with without[what](), torch.autocast('cpu', torch.bfloat16, enabled=what!='bfloat16'):
        loss = F.cross_entropy(net(x).float(), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return time.perf_counter()-start

def change(x):
    "Seconds of the changes of a batch."
    start = time.perf_counter()
    for o in changes: x = o(x, split_idx=0)
    return time.perf_counter()-start

def with_opt(name, classes):
    net = create_model(name, classes)
    return net,torch.optim.Adam(net.parameters(), 1e-3)

steps,bs,seed = map(int, sys.argv[2:])
torch.manual_seed(seed)
x,y = (torch.from_numpy(o[:bs]) for o in np.load(sys.argv[1]).values())
post,changes = (*with_opt('m5', int(y.max())+1), x, y),augmentations()
crops = TensorAudio(torch.randn(32, 1, 8000), sr=2000)
deep = *with_opt('m11', 2),crops.as_subclass(torch.Tensor),torch.arange(32)%2
seconds = dict(memory=[step('nothing', *post) for _ in range(steps)])
with fast.keep_memory():
    rounds = [{o:step(o, *post) for o in without} for _ in range(steps)]
    beside = [dict(m11=step('nothing', *deep), changes=change(crops)) for _ in range(steps)]
seconds |= {o:[r[o] for r in some] for some in (rounds, beside) for o in some[0]}
print(json.dumps({k:v[2:] for k,v in seconds.items()}))
