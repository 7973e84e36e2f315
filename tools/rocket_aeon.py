"""What aeon says of three short series, for the test in nbs/score/03b_rocket.ipynb: `python tools/rocket_aeon.py`.

In an environment of its own, for aeon wants an older numpy than the package: `pip install aeon==1.6.0`."""
import json
from pathlib import Path
import aeon,numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket,MultiRocket

every = 7 # features kept: one in so many
t = np.arange(120)
series = np.stack([np.sin(t*t/300), np.cos(t/7)*np.exp(-t/60), ((t*37)%11)/11-.5]).astype(np.float32)
x = ((series-series.mean(1, keepdims=True))/series.std(1, keepdims=True))[:,None]

def features(transform, x):
    "Of the second series, with thresholds from the first: of two copies, for aeon takes no single series."
    return np.asarray(transform.fit(np.repeat(x[:1], 2, 0)).transform(x))[1]

def kept(values): return values[::every].round(5).tolist()

def main():
    "Write the file."
    multi = [features(MultiRocket(n_kernels=168, random_state=0, normalise=False), o) for o in (x, np.diff(x))]
    # Half of them are of the sound and half of its differences, which aeon shifts unless it is given them. It lists
    # the four numbers of a kernel far apart: here they stand together.
    together = [o[:len(o)//2].reshape(4, -1).T.ravel() for o in multi]
    out = dict(aeon=aeon.__version__, numpy=np.__version__, every=every,
               mini=kept(features(MiniRocket(n_kernels=336, random_state=0), x)),
               multi=kept(np.concatenate(together)))
    file = Path(__file__).resolve().parent.parent/'nbs'/'results'/'rocket_aeon.json'
    file.write_text(json.dumps(out, indent=1)+'\n', encoding='utf-8')

if __name__=='__main__': main()
