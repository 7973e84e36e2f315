"Draw the picture that stands for the site where a link to it is shared: `python tools/card.py` writes nbs/social.png."
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from heartbeat_nb.heart.synth import synth_heartbeat

sr,secs,dark,red = 4000, 3.2, '#14181e', '#ff8468'
wave,events = synth_heartbeat('normal', secs=secs, sr=sr, hr=64, seed=3, snr=40)
fig = plt.figure(figsize=(12,6.3), dpi=100, facecolor=dark) # 1200 x 630, what networks ask for
ax = fig.add_axes([0, .08, 1, .5])
ax.plot(np.arange(len(wave))/sr, wave, lw=1.4, color=red)
ax.set(xlim=(0, secs), ylim=(-1.1*abs(wave).max(), 1.25*abs(wave).max()))
ax.axis('off')
for name in 's1','s2':
    for t in events[name]:
        ax.annotate(name.upper(), (t+.03, 1.02), xycoords=('data', 'axes fraction'), ha='center', color='white',
                    alpha=.6, fontsize=17)
fig.text(.06, .8, 'heartbeat_nb', color='white', fontsize=58, weight='bold')
fig.text(.06, .7, 'Learn to classify sound from raw waveforms, on heartbeats', color='white', alpha=.8, fontsize=24)
fig.savefig(Path(__file__).resolve().parent.parent/'nbs'/'social.png', facecolor=dark)
