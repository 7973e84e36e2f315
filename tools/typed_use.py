"""All that is public, used as its pages use it: `mypy` must have nothing to say. Nothing here is run.

`tools/check_house.py` says which public names are not in it."""
from collections.abc import Iterator
from pathlib import Path

import numpy as np,pandas as pd,torch

from heartbeat_nb.all import *
from heartbeat_nb.core import parallel,set_seed

def core(path:Path)->None:
    with plain_errors():
        if unlabelled!='unlabelled': raise BadInput('That is no label. Give another.')
    with seeded(3): need('onnxruntime', extra='onnx')
    run:RunSize = scale(dict(epochs=1), dict(epochs=100))
    set_seed(run.epochs)
    name:str = device_name()
    with write_atomic(path) as tmp: tmp.write_text(name)
    cache = Cache('lengths', version=2, suffix='.txt')
    n:int = cache.get(digest(1, 'a', path), lambda o: o.write_text('7'), lambda o: int(o.read_text()))
    there:Path = cache.path('key')
    ours = there.is_relative_to(cache_dir()) and clear_cache()>n
    doubled:list[int] = list(parallel(lambda o: 2*o, range(10), workers=2, ahead=8, torch_threads=1))
    score = Interval.from_draws(.5, np.array(doubled))
    width:float = score.high-score.low
    save_result(path, dict(provenance(), score=score.estimate, width=width, ours=ours))
    load_result(path)['score']

def sound(path:Path, x:torch.Tensor, wave:np.ndarray)->None:
    with open_sound(path) as file: whole = Steady(file).read()
    live:Iterator[torch.Tensor] = read_sound(path, sr=2000)
    told = Sound(path, block=1<<16)
    if told.silent or not sound_suffixes: raise BadSound('This file holds no sound.', note='empty')
    told.close()
    share:float = missing_share(sound_name(path))
    with only_python_speaks(): pieces = [load_wave(o) for o in find_sounds(path)]
    taps:torch.Tensor = sinc_filter(4, 1, zeros=8)
    steady = Resampler(44_100, 2000)
    slow:torch.Tensor = torch.cat([*(steady.push(o) for o in [*live, *pieces]), steady.push(taps, last=True)])
    scan:Scan = scan_sound(path)
    table:pd.DataFrame = scan_sounds([path, str(path)])
    table = table[table.secs>scan.secs]
    waves:Waves = cached_sounds(list(table.file), list(table.hash), list(table.ok), sr=4000)
    first:np.ndarray = waves[len(waves)-1]
    ax = draw_wave(first, waves.sr, title='the last', color=class_colors(['dog', 'cat'])['dog'])
    player(wave, 2000), draw_wave(slow, 2000, ax=ax), palette[0]
    n = window_step(2000, hop=.25)
    windows = torch.stack([standardize(cut(x, o, n)) for o in window_begins(len(x), n, .25)])
    mean = WindowMean(clips=1, classes=5)
    mean.add([0]*len(windows), windows.softmax(1), is_silent(windows))
    probs = temperature_scale(mean.mean(), 1.3)
    fan:Fan = make_fan(seed=1)
    noisy:np.ndarray = fan_sound(fan_states[0], fan, secs=2., sr=8000, strength=share, seed=len(whole))
    folder:Path = synth_fans(fans=4, clips=2) if is_silent(noisy) else synth_fans(path)
    print(silence, probs, folder)

def hearts(path:Path, rng:np.random.Generator)->None:
    wave,events = synth_heartbeat('murmur', secs=4, sr=4000, hr=70, seed=3, murmur=murmurs[0], snr=20)
    print(heart_classes, heart_colors['normal'], kaggle_counts, kaggle_secs, fps, phase_secs, artifacts)
    beats:Beats = find_beats(wave, 4000)
    s1:pd.Series = beats.table()['s1']
    ax = draw_beats(wave, 4000, beats, true=events)
    found:BeatScores = beat_scores(beats, events, within=.05)
    pooled:Interval = pool_scores(pd.DataFrame([vars(found)]))['share']
    rhythm:RhythmFeatures = rhythm_features(events)
    spans:dict[str, np.ndarray] = phase_spans(true_beats(read_timing(path)))
    env,rate = band_envelope(wave, 4000, low=20., high=200.)
    score = sound_score(loudness(env, rate, .05))
    rr,_ = beat_lengths(score)
    scores:np.ndarray = viterbi_scores(score, rr, usual_systole(rr))
    person:Person = synth_person(seed=1, hr=80)
    times:Rhythm = beat_times(person, 4., rng, premature=True)
    early:np.ndarray = times.premature
    true:HeartEvents = heart_events(person, 'extrastole', 4., rng).inside(2.)
    heard = record(heart_wave(person, true, 4., 4000, rng), 4000, 'phone', rng, snr=10.)
    mine:Device = devices['phone']
    tones:Tones = draw_tones(rng, 40., .1)
    s2 = heart_sound(tones, mine.sr) + synth_artifact('speech', systole(60.), mine.sr, rng)
    hum = band(noise(rng, 10, 4000, 20., 200.), 4000, 20, 90)
    rough = murmur_noise(true.murmur, 'plateau', 150., 4., 4000, rng)+hum
    plan:pd.DataFrame = dataset_plan(100, seed=1)
    there:Path = synth_dataset(path, n=100)
    print(s1, ax, pooled, rhythm.rr, spans, scores, early, heard, s2, rough, plan, there, true.named())
