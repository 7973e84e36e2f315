"""Steps of M5 with all ways of being quick and, in turn, without one of them.

`python tricks.py DATA.npz STEPS BATCH SEED`; the last line is JSON: seconds of each step."""
import json,sys,time
from contextlib import nullcontext
from unittest.mock import patch

import numpy as np,torch
from torch.nn import functional as F

from heartbeat_nb.nets import archs,fast
from heartbeat_nb.nets.models import create_model

without = dict(nothing=nullcontext, bfloat16=nullcontext, images=fast.layer_by_layer,
               pool=lambda: patch.object(archs, '_relu_then_pool', lambda *o: False),
               rows=lambda: patch.object(archs, '_row_conv', lambda x,*o: fast._conv_as_image(x[:,:,None], *o)))

def step(what, x, y):
    "Seconds of a step without one way."
    start = time.perf_counter()
    with without[what](), torch.autocast('cpu', torch.bfloat16, enabled=what!='bfloat16'):
        loss = F.cross_entropy(net(x).float(), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return time.perf_counter()-start

steps,bs,seed = map(int, sys.argv[2:])
torch.manual_seed(seed)
x,y = (torch.from_numpy(o[:bs]) for o in np.load(sys.argv[1]).values())
net = create_model('m5', int(y.max())+1)
opt = torch.optim.Adam(net.parameters(), 1e-3)
seconds = dict(memory=[step('nothing', x, y) for _ in range(steps)])
with fast.keep_memory(): rounds = [{o:step(o, x, y) for o in without} for _ in range(steps)]
seconds |= {o:[r[o] for r in rounds] for o in without}
print(json.dumps({k:v[2:] for k,v in seconds.items()}))
