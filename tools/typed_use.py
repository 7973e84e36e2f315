"""All that is public, used as its pages use it: `mypy` must have nothing to say. Nothing here is run.

`tools/check_house.py` says which public names are not in it."""
from collections.abc import Iterator
from pathlib import Path

import numpy as np,pandas as pd,torch
from fastai.basics import Callback,CategoryBlock,DataBlock,DataLoaders,Learner
from fastai.interpret import ClassificationInterpretation
from IPython.display import HTML

from heartbeat_nb.all import *
from heartbeat_nb.core import parallel,set_seed
from heartbeat_nb.nets.archs import ResBlock,as_in_keras
from heartbeat_nb.predict.answer import Span
from heartbeat_nb.data.sets import Source
from heartbeat_nb.cli.bench import *
from heartbeat_nb.cli.command import *
from heartbeat_nb.cli.data import *
from heartbeat_nb.cli.predict import *

from heartbeat_nb.cli.programs import *
from heartbeat_nb.cli.run import *
from heartbeat_nb.cli.serve import *
from heartbeat_nb.cli.settings import *
from heartbeat_nb.cli.train import *
from heartbeat_nb.ui.explorers import *
from heartbeat_nb.ui.label import *
from heartbeat_nb.ui.panel import *
from heartbeat_nb.ui.widgets import *

def core(path:Path)->None:
    check_number('bs', 4, least=1, most=8, whole=True)
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
    score = Interval.from_draws(.5, np.array(doubled), np.ones(30), is_share=True)
    width:float = score.high-score.low
    save_result(path, dict(provenance(), score=score.estimate, width=width, ours=ours))
    load_result(path)['score']

def sound(path:Path, x:torch.Tensor, wave:np.ndarray)->None:
    with open_sound(path) as file: print(Steady(file).read())
    live:Iterator[torch.Tensor] = read_sound(path, sr=2000)
    told = Sound(path, block=1<<16)
    if told.silent or not sound_suffixes: raise BadSound('This file holds no sound.', note='empty')
    told.close()
    print(missing_share(sound_name(path)))
    with only_python_speaks(): pieces = [load_wave(o) for o in find_sounds(path)]
    steady = Resampler(44_100, 2000)
    slow:torch.Tensor = torch.cat([*(steady.push(o) for o in [*live, *pieces]), steady.push(x, last=True)])
    scan:Scan = scan_sound(path)
    print(scan.note in harmless_notes, channel_weights(np.zeros((100, 2))))
    table:pd.DataFrame = scan_sounds([path, str(path)])
    table = table[table.secs>scan.secs]
    waves:Waves = cached_sounds(list(table.file), list(table.hash), list(table.ok), sr=4000)
    first:np.ndarray = waves[len(waves)-1]
    ax = draw_wave(first, waves.sr, title='the last', color=class_colors(['dog', 'cat'])['dog'])
    player(wave, 2000), draw_wave(slow, 2000, ax=ax), palette[0]
    n = window_step(2000, hop=.25)
    windows = torch.stack([standardize(check_values(begin_again(x[o:], n))) for o in window_begins(len(x), n, .25)])
    same:list[torch.Tensor] = next(one_length(windows, bs=8))
    mean = WindowMean(clips=1, classes=5)
    mean.add([0]*len(windows), windows.softmax(1), is_silent(windows))
    probs = temperature_scale(mean.mean(), 1.3)
    print(silence, probs, same)

def hearts(path:Path, rng:np.random.Generator)->None:
    wave,events = synth_heartbeat('murmur', secs=4, sr=4000, hr=70, seed=3, murmur=murmurs[0], snr=20)
    print(heart_classes, heart_colors['normal'], kaggle_counts, kaggle_secs, fps, phase_secs, artifacts)
    beats:Beats = find_beats(wave, 4000)
    s1:pd.Series = beats.table()['s1']
    ax = draw_beats(wave, 4000, beats, true=events)
    rhythm:RhythmFeatures = rhythm_features(events)
    spans:dict[str, np.ndarray] = phase_spans(true_beats(read_timing(path)))
    person:Person = synth_person(seed=1, hr=80)
    inside:HeartEvents = events.inside(2.)
    early:np.ndarray = inside.premature*systole(60.)
    tones:Tones = person.s1
    mine:Microphone = devices['phone']
    there:Path = synth_dataset(path, n=100)
    scores = rng.normal(size=(4, 125))
    states:np.ndarray = state_path(scores, .032)
    middles:np.ndarray = sound_middles(states, scores, 0, .032)
    loud:MurmurProfile = murmur_profile(wave, 4000, middles, beats.s2)
    print(dict(zip(thirds, loud.db)), loud.phase, loud.shape, loud.beats)
    print(s1, ax, rhythm.rr, spans, early, tones, mine.snr, there, events.named())

def nets(path:Path, x:torch.Tensor, y:torch.Tensor)->None:
    net:AudioModel = create_model('m18', n_out=5, in_channels=1, sr=2000, kernel_ms=10.)
    net.apply(as_in_keras)
    names:list[str] = list_models('m*')+arch_names('*-res')
    known:dict[str, Arch] = archs
    m5:Arch = get_arch('m5')
    print(find_arch('m5-lrf'), m5.depth, m5.width, m5.min_samples, variants, names, known)
    class Tiny(AudioModel):
        def __init__(self, n_out:int, width:int=8)->None:
            super().__init__()
            self.n_out,self.width = n_out,width
            same = SameConv1d(1, width, 8, stride=4)
            self.layers = torch.nn.Sequential(same, conv_block(width, width), ResBlock(width, width), LastStep())
    register_model('tiny', Tiny, min_samples=8, description='One of our own')
    entry:ModelEntry = model_entry('tiny')
    if is_model(entry.name) and entry.takes('width'): print(check_net('tiny', checks={**net_checks, 'mine':mine}))
    again = Tiny.from_config(Tiny(3).get_config())
    width:int = again.width
    head = torch.nn.Sequential(make_features(m5), make_head(m5.width, 5, m5, steps=3), Recurrent(64, width))
    head.apply(init_glorot)
    print(make_stage(32, 64, 2, m5))
    taps:int = kernel_samples(10., 2000, stride=4)
    raw,mel = RawNet('m11', n_out=4, samples=None),LogMelNet(n_out=4, sr=2000)
    x = long_enough(x, raw)
    bands:torch.Tensor = log_power(mel_spectrogram(2000, hop=32)(x))
    behind:Arch|None = find_front(front_names('leaf-*')[0])
    print(FrontNet('sinc-m11', sr=4000).features, fronts['fir'](8, 4000).filters(), mel_edges(8, 4000), bands, behind)
    print(SincBank(8, 2000).bands(), FirBank(8, 2000).step, LeafBank(8, 2000).loudness(x))
    check_wave(x, raw.in_channels, raw.min_samples, raw.samples)
    print(masked(raw.features, x, torch.tensor([2000])))
    check_samples('m5-fc', 8000, 1000)
    loss:float = overfit(raw, x, y, steps=3)
    with layer_by_layer(), keep_memory() as kept: pooled:torch.Tensor = raw(x)
    side_by_side(raw)(pooled), NormReluPool, Features, conv_block_2d(1, 8)
    reach:int = receptive_field(raw, samples=1<<14)+n_params(mel)
    file:Path = save_model(net, path, classes=['dog', 'cat'], sr=2000, secs=4.)
    loaded:AudioModel = load_model(next(iter(own_models().values()), file))
    write_tensors(path, dict(x=x), dict(what='a wave'))
    start_from(loaded, 'best', vocab=['dog', 'cat'])
    print(model_config(loaded)['name'], taps, loss, kept, reach, post_nets)
    heart = HeartNet(2, body='m11', questions=3)
    classes,more,states = heart.all_heads(x)
    said:tuple[np.ndarray, float] = heart.state_scores(x[0,0].numpy(), 2000)
    pool,steps = AttentionPool(64, n_out=2),StateHead([8, 16, 32], factor=4)
    print(classes, more, states, said, pool.masked(x, torch.tensor([2000])), steps(*heart.depths(x)))

def mine(net:torch.nn.Module, x:torch.Tensor)->str: return '' if net(x).isfinite().all() else 'not finite'
mine_too:Check = mine

def data(path:Path, wave:np.ndarray, x:torch.Tensor)->None:
    print(list_sets()['pascal'], get_set('pascal').caution)
    print(recognise_set(path), urban_classes, post_classes, shard_formats)
    known = pd.DataFrame(dict(file=list(map(str, find_wavs(path))), label='dog'))
    known['clip_id'] = check_unique(known.file.str.slice(10))
    table:pd.DataFrame = make_index(known, path, classes=['dog', 'cat'])
    print(usable_clips(check_table(table, 'label'), 'secs').shape)
    register_set(DataSet('dogs', lambda o: table, lambda o: o.name=='dogs', sr=8000, secs=1., groups='kennels',
                         remote=Remote('https://dogs.org/', {'dogs.zip':'md5:0'})))
    events:list[HeartEvents] = write_hearts({path/'0.wav':'normal'}, sr=4000, secs=1.)
    print(len(events), heart_caution, check_files([path], path.parent, 'table.csv'))
    warn_once(f'{plural(len(known), "file")}: {some_files(known.file, most=2)}')
    source:Source = find_source('urbansound8k=UrbanSound8K')
    index:pd.DataFrame = source.read() if source.path else audio_index(path, label='class', group='')
    held:np.ndarray = all_folds(index)[1] if 'fold' in index else held_out(index, 1)
    seen = without_test_labels(index, 'test')
    leaks:np.ndarray = leaked_clips(seen, range(10), held) | ungrouped_clips(seen)[held]
    print(protocol_name(index, 1), len(leaks), esc50_index(esc50_like(path)), urbansound_index(urbansound_like(path)))
    print(circor_index(circor_like(path, children=8)), read_children(path/'training_data.csv'), heart_states)
    states:np.ndarray = sample_states(read_states(path/'0.tsv'), samples=8000, sr=2000)
    print(states, cinc2016_index(cinc2016_like(path)), read_annotations(path), esc10_index(esc10_like(path)))
    print(bmdhs_index(bmdhs_like(path)), read_patients(path), bmdhs_classes, fsdd_index(fsdd_like(path)))
    print(yaseen_index(yaseen_like(path)), yaseen_classes, folder_index(folder_like(path)))
    there:Path = check_set('circor', fetch('circor', path, mirror='https://sounds.org/circor'))
    print(read_sums(there/'SHA256SUMS.txt')['RECORDS'])
    print(speech_commands_index(speech_commands_like(path)), read_urbansound_csv(urbansound_csv(path)))
    hearts = pascal_index(pascal_data(real_data() or simulated_data(104)))
    name:PascalName | None = parse_name('murmur__112_1306243000964_A.wav')
    if name and name.noisy and name.session.year==2011: check_csv(kaggle_data(), hearts)
    folders = read_folders(path, find_sounds(path), group=r'^(\w+)_')
    why:dict[Path, str] = find_tables(path)
    tables:list[Path] = [o for o in why if o.suffix in table_suffixes and not why[o]]
    labels = read_labels(tables[0], path, dict(label=find_column(read_text_table(tables[0]), 'label')))
    files:list[Path | None] = place_files(labels.file, [path])
    folds = usable_folds(folder_index(path, fold='split').fold)
    print(fold_of('fold3'), split_names, folders, files, folds)
    sr:Choice = choose_sr(index)
    secs,fold = choose_secs(index, 2000),choose_fold(index)
    reasons:list[str] = [sr.reason, secs.reason, fold.reason, *check_index(index, folds=5)]
    top:float = power_end(path, usual_rates[-1], share=.98)
    clips:pd.DataFrame = labelled_clips(index, gap=30.)
    twins:pd.DataFrame = find_twins(index, secs=min(2., twin_hours), threshold=.97)
    same:pd.DataFrame = pd.concat([find_shared_audio(index, threshold=.97), look_alikes(index), twins])
    groups:pd.Series = join_groups(recording_groups(index), same['first'], untold_twins(index)['second'])
    tests = group_folds(clips.label, clips.group, n=5, seed=1)
    crossing:int = check_folds(groups, tests)
    print(name_groups(index).nunique(), whiten(wave, twin_sr, compare_sr), search_hours, reasons, top, crossing)
    waves:Waves = cached_waves(index, sr=2000)
    dls = AudioDataLoaders.from_index(index, held, sr=2000, secs=4., bs=32, batch_tfms=augmentations(.5))
    settings:LoaderSettings = loader_settings(dls)
    known_of_each:pd.DataFrame = heart_questions(index)[list(questions)]
    each_moment:np.ndarray = state_labels(index, waves)
    print(known_of_each, each_moment)
    loader:AudioDL = dls.valid
    for some in loader.windows([0, 1], bs=8): means:Windows = some
    kept = Clips(waves, secs=settings.secs, short='pad', ids=list(short_clips))
    if fits(x, dls.device): batch:TensorAudio = Standardize()(kept.crop(x, train=False)).show(title='a cat')
    sounds:list[Path] = list(get_audio_files(path, folders=['cat']))
    reader = AudioFiles(sr=2000, secs=1.)
    reader.keep(sounds)
    numbers:TensorIndex = gather([reader(o) for o in sounds])
    item:Item = loader.create_item(0)
    who:Asked = 'speaker'
    block = DataBlock((AudioBlock(secs=1.), CategoryBlock), splitter=GroupSplitter(who, .2, label='label'))
    tts = TrainTestSplitter('fold', 10)(index)
    mine = clip_dls(kept, {0:'a', 1:'b'}, [0], [1], CategoryBlock(['a', 'b']), bs=2)
    print(pad(batch, numbers), block, tts, mine, item, CropWaves, ask_items(index, who))
    print(warn_shared(['a', 'b'], [0], [1]))
    print(load_channels(path, 2000).shape, AudioDataLoaders.from_folder(path), AudioDataLoaders.from_df(index, secs=1.))
    pictures = [AudioToMel(top_db=80.), SpecMask(freq=.3), Delta(1), AudioToMFCC(13)]
    spec:TensorSpec = TensorSpec(x, sr=2000, hop=64)
    print(spec.show(title='a cat'), pictures, SpecTransform, AudioToSpec.finish)
    print(crop_samples(4., 2000), TensorIndex(3), means.silent, class_numbers(clips.label, label_vocab(clips.label)))
    if is_simulated(index) and may_play(simulated=True): print(data_hash(index))
    pickles:list[Path] = list(convert_data(path, path/'converted', sr=8000, secs=2., n_test=5).rglob('*.pkl'))
    clip:ConvertedClip = load_converted(pickles[0])
    post:DataLoaders = post_dls(pickles[1:], pickles[:1], bs=16)
    print(extract_class_id('murmur_a.wav')==clip.class_id, post_audio(clip.audio, 100), post.secs)
    shards:ShardInfo = shard_info(write_shards(index, path, sr=2000, size=200, kind='flac'))
    stream = ShardStream(path, shards, shards.shards[:2], secs=2., workers=1)
    packed:dict[str, bytes] = pack_clip(index.iloc[0], 2000, kind='flac')
    told:tuple[str, np.ndarray, int] = unpack_clip(packed, shards.vocab, shards.sr)
    again = next(read_shard(path, shards.shards[0], shards))
    streamed:DataLoaders = shard_dls(path, test_fold=2, secs=2.)
    print(stream.clips, told, again, streamed.sr, split_shards(clips, size=10), crop_clip(wave, 100, train=True))
    print(Shard, ShardDL)

class Hum(WaveTransform):
    def __init__(self, db:Range=(-30., -10.), p:float=.5)->None: super().__init__(p, db=as_range('db', db))
    def change(self, x:torch.Tensor, sr:int)->torch.Tensor: return match_level(x*draw_each(x, (.5, 1.)), x)

def augmenting(x:torch.Tensor)->None:
    changes = [Polarity(), Gain(db=3.), Equalise(knots=4), AddNoise(snr=(10., 20.)), Shift(), Stretch()]
    for o in [*changes, MaskTime(), MaskBand(hz=None), Hum(p=1.)]: show_change(o, TensorAudio(x, sr=2000))
    print(BCMix())

def training(index:pd.DataFrame, path:Path)->None:
    recipe:Recipe = get_recipe('best')
    dls:DataLoaders = recipe_dls(index, [0, 1], recipe, sr=2000, secs=4.)
    cbs:list[Callback] = [History(), KeepBest(), CutMix()]
    learn:Learner = audio_learner(dls, 'm5', 'onecycle', seed=1, path=path, lr=1e-3, cbs=cbs)
    probs:np.ndarray = predict_clips(learn.fit_recipe(2, resume=True), [0, 1], bs=8)
    file:Path = save_learner(learn, path/'mine.safetensors', note='of 2 epochs')
    tuned = audio_learner(dls, create_model('m5'), recipes['post'], weights=file)
    tuned.fit(1, lr=1e-3)
    print(body_and_head(tuned.model))
    tuned.fit_one_cycle(2, cbs=Resume())
    run:RunIdentity|None = fit_of(tuned.to_bf16().to_fp32())
    kinds = EpochSeed, Checkpoint, Augment, BFloat16, SkipLone, StopAtNaN, FitOnly, ShareTraining, SharedDL, KeepMemory
    if has_bf16('cpu') and recipe.watches: print(kinds, recipe_callbacks(recipe), make_net('m5', dls), run, probs)
    loss = BalancedLoss([90, 10], balance=.5)(torch.zeros(2, 2), torch.zeros(2).long())
    net:Path = pretrain(index, 'm11', 'best')
    mine:RunIdentity = run_identity(index, 'm5', recipe, weights=net, sr=2000, secs=4.)
    mine.refuse_other(learner_identity(learn, 1).as_dict(), what='this result')
    key:str = fingerprint(mine.key, net_name('m5'), numerics)
    if join_processes(minutes=5.)==0: print(key, loss, kept_by(learn), shared(dls.train))
    with one_goes_first(), shared_training(learn, sync_bn=False) as both: both.fit_recipe(1)
    answers:np.ndarray = shared_answers(learn, [0, 1])
    spawn(print, answers, processes=2)
    set_rng_state(rng_state())

def kept_by(learn:Learner)->int: return kept_epoch(learn)

def many_questions(indexes:list[pd.DataFrame], path:Path, waves:Waves)->None:
    dls:DataLoaders = heart_dls(indexes, held_out=['a', 'b'], secs=4., bs=32)
    learn:Learner = heart_learner(dls, 'm11', pretrain_recipe, seed=1, path=path)
    odds:pd.DataFrame = site_odds(heart_questions(indexes[0]), indexes[0].site)
    clips = StateClips(waves, state_labels(indexes[0], waves), secs=4.)
    x:TensorAudio = clips.at(torch.tensor([0]), torch.tensor([100]), 8000)
    heads = AllHeads(HeartNet(2, questions=len(questions)-1))
    loss:torch.Tensor = ManyLoss(states=.5)(heads(x), torch.zeros(1, 2, len(questions)), torch.ones(1, 8000))
    file:Path = pretrain_heart(indexes, ['a', 'b'], pretrain_recipe, body='m18')
    said:pd.DataFrame = heart_answers(heads.net, indexes[0], hop=.5)
    print(learn, odds, loss, file, said.murmur, CropStates(faster=.15))

def heart_net(net:HeartNet, indexes:list[pd.DataFrame], fold:pd.Series, path:Path, wave:np.ndarray)->None:
    check_apart(indexes[0], indexes[1])
    said:pd.DataFrame = ask_apart(path/'said.json', indexes, indexes[1], fold, epochs=3)
    again = heart_said(path/'said.json').loc[said.index]
    recordings:pd.DataFrame = murmur_answers(again, get_task('circor-murmur-place'), 'murmur')
    children:pd.DataFrame = child_answers(again, get_task('circor-murmur-child'))
    found_there:Interval = murmur_found(again, get_task("across-circor"), "bmdhs")["auc"]
    beats,spans = marked_beats(read_states(path/'0.tsv'))
    late:np.ndarray = matched(find_beats(wave, 4000, net=net).s1, beats.s1, within=.06)
    scores_of,step = net.state_scores(wave, 4000)
    sure:float = path_clearness(scores_of, state_path(scores_of, step))
    table:pd.DataFrame = found_sounds(indexes[0], find_beats, within=(.06, .1))
    found:Interval = found_scores(table, ms=60)['f1']
    scores:list[np.ndarray] = window_scores(net, indexes[0], hop=.5)
    line:Line = choose_line(scores, heart_questions(indexes[0]).murmur.to_numpy()==1)
    probs:np.ndarray = mean_probability(scores, line.shift)
    kept:Path = save_heart(net, path/'heart.safetensors', line, dict(f1=found), note='mine')
    clear,notes = hear_heart(wave, 4000, net, has_murmur=True)
    print(recordings, children, found_there, sure, spans, late, probs, kept, notes if clear else cannot_tell,
          unlike_heart(.5), clear_line)

def explaining(learn:Learner, wave:np.ndarray, x:torch.Tensor)->None:
    net = create_model('m11')
    with evaluating(net) as device: costs:dict[str, int] = multiply_adds(net, x.to(device))
    table:pd.DataFrame = layer_table(net, samples=8000, sr=2000)
    reach:ReceptiveField = ReceptiveField().after(torch.nn.Conv1d(1, 8, 80, 4))
    ax = draw_stage('m34', 2)
    hz = [50., 100.]
    bands:pd.DataFrame = kernel_bands(net, 2000, low=330.)
    plot_kernels(net, 2000, ax=ax, title='first kernels')
    clips:list[int] = confused_clips(ClassificationInterpretation.from_learner(learn), 'normal', 'murmur')
    pure = tones([50., 100.], 2000, secs=1.)
    answers:dict[int, np.ndarray] = tone_answers(net, hz, 2000)
    best:pd.DataFrame = tuning(answers[0], hz)
    seen:np.ndarray = field_width(effective_field(net, x, layer=2), share=.9)
    folded:dict[int, np.ndarray] = folded_share(net, x)
    liked:torch.Tensor = strongest_input(net, 2000, target=1, steps=5)
    why:np.ndarray = smooth_map(saliency(net, wave, 'murmur', steps=8), 2000, ms=20.)
    hidden:np.ndarray = occlusion(net, wave, 2000, target='murmur')+net_input(wave).numel()
    spans = [[.1, .3], [1.1, 1.3]]
    draw_saliency(wave, why, 2000, spans, title='murmurs in grey')
    quiet:np.ndarray = silenced(wave, in_spans(spans, len(wave), 2000), 2000)
    drops:pd.DataFrame = span_drops(net, quiet, 2000, dict(murmur=spans))
    print(hidden, costs, table, reach.samples, bands, clips, best, pure, seen)
    print(folded, liked, drops)

def answering(path:Path, wave:np.ndarray, x:torch.Tensor)->None:
    net,quick = Predictor(default_net, window=3., hop=.25),as_predictor(OnnxPredictor('heart'), engine='onnx')
    either:list[BasePredictor] = [net, quick]
    one:Prediction = predict_file(path, net)
    many:list[Prediction] = predict_files([path, 'folder'], Predictor(create_model('m5')))
    live:Iterator[Prediction] = iter_predictions(expand(['folder']), net)
    day:Timeline = predict_long(path, net, progress=False)
    spans:list[Span] = timeline_spans(day.windows, secs=clip_secs, net=net)
    probs:np.ndarray = predict_waves([wave, x], model=net)
    kept:pd.DataFrame = ask_set(audio_index(path), path, ['best'])
    clinic:Interval = murmur_scores(by_person(said_of_set(path), 'child', 'murmur'), 'best')['auc']
    print(ask_clips(net, audio_index(path), [0, 1]).shape, kept.clip_id, clinic.low, [*outside_questions(path)])
    alike:pd.DataFrame = nearest(path, embed_clips(audio_index(path), 'best'), n=3, model='best')
    print(embed([path, 'folder'], net, hop=.25).shape, alike.similarity, nearest('a.wav', ['folder']))
    matrix:pd.DataFrame = train_across(murmur_sets(audio_index(path), folds=2), path, recipe=recipe_across, seed=1)
    print(plot_across(matrix), across_scores(path))
    each,silent,clear = net.hear([net(x)], bs=4)
    print(one.label, one.notes, many, next(live), spans, probs, each, silent, no_diagnosis, either)
    label,share,_ = name_answer(net.clips([x])[0], list(one.probabilities), first=murmur)
    decoded:Decoded = decode_sound(path, net)
    check_sound(decoded.name, decoded.secs, silent=False, least=beat_secs)
    notes:list[str] = quality_notes(Sound(path), 3.)+heart_rate_notes(wave, 2000)
    outline = Outline(sr=2000, most=100)
    outline.push(as_mono(wave).numpy())
    stream = StreamPredictor(net, sr=4000)
    heard:list[Span] = [*stream.push(wave), *stream.close()]
    ready:list[tuple[int, torch.Tensor]] = WindowStream(n=2000, step=500).push(x, last=True)
    show_timeline(day), play_sound(path, start=1., secs=5.)
    print(murmur, label, share, clock(90.), notes, outline.step, heard, ready, stream.answer(), fold_norms(net.net))
    card:str = model_card('best', data='simulated', protocol='none', license='cc0-1.0')
    space:Path = export_space(path, 'best', page=None)
    there:AudioModel = from_pretrained(save_pretrained('best', path, card), revision=None)
    url:str = push_to_hub(there, 'me/mine', card, private=True)
    app = make_app(net, most_mb=5, secs=10, most_secs=60, hosts=['sounds.example'], folder=path)
    scores:bytes = net_scores(b'', 1, net)
    limited,port = Limit(app, most=1000, secs=1.),listening_socket('localhost', 0)
    make_server(app, 10, wait=1., most=20).run([port])
    check_address('localhost', None, ['127.0.0.1'])
    print(Turns(2, most=5))
    with path.open('rb') as file: answer = answer_upload(file, path.name, net)
    print(space, scores, url, limited, port, answer['label'], page(net), Message, Receive, Send)

def exporting(learn:Learner, result:CrossValidation, path:Path, x:torch.Tensor)->None:
    net = as_net('best')
    about:NetInfo = NetInfo.of(net)
    program:Exported = load_program(export_program(net, path/'net.pt2'))
    onnx:Path = export_onnx('best', path/'net.onnx')
    export_onnx('heart', path/'heart.onnx', states=True)
    page:Path = export_page(path/'page', 'heart')
    logits:torch.Tensor = load_onnx(quantize_onnx(half_onnx(onnx, path/'half.onnx'), path/'small.onnx', x))(x)
    print(onnx_session(onnx).get_inputs(), OnnxNet(onnx).info, page, program(x), logits, about.min_samples)
    kept:Path = save_weights(learn, path/'mine.safetensors', result, more=dict(sensitivity=result.scores['accuracy']))
    print(write_card(add_info(kept, protocol='5 times 5 grouped folds')), FullPool(4), TimeMean())

def benched(index:pd.DataFrame, path:Path)->None:
    frozen:pd.DataFrame = read_frozen('pascal', write_frozen('pascal', freeze('pascal', index), path).parent)
    asked:Task = make_task('mine', 'Which?', ['a', 'b'], frozen, 'clip_id', main='auc')
    print(list_tasks(), get_task('pascal-5').y, asked.sha256, bench_version, read_answers(asked, path))
    score:TaskScore = score_task('pascal-5', path/'answers.csv', 'mine', tried=3)
    print(task_result('pascal-5', path/'answers.csv').probs)
    again:TaskScore = TaskScore.load(score.save(path))
    print(again.row(), task_clips(asked, index), sorted(table_systems))
    net:TaskScore = run_task(asked, index, 'm5', path, recipe='onecycle', epochs=3)
    score_answers(net.task, None, None, None)
    heartbeat_bench('pascal-5', 'answers.csv', name='mine')

def scoring(index:pd.DataFrame, learn:Learner, path:Path, y:np.ndarray, groups:np.ndarray)->None:
    result:CrossValidation = cross_validate(index, 'm5', 'best', repeats=1, folds=3, path=path, sr=2000, secs=4.)
    again = CrossValidation.load(result.save(path))
    accuracy:Interval = again.scores['balanced_accuracy']
    table:pd.DataFrame = again.table('class')
    four = again.without('extrastole').plot(), again.only('set_b').by_class, again.by_set, again.pool()
    found:Interval = again.auc('murmur', 'normal')
    better:dict[str, Interval] = compare_runs(result, again, n=100)
    base:CrossValidation = cross_validate_baseline(index, 'forest', protocol='random')
    none = baselines['majority'].make
    mine = cross_validate_table(index, clip_features(index), none, path, balance=.75)
    x:pd.DataFrame = rocket_features(index, multi=True)
    probs:np.ndarray = fit_table(Ridge(), x, index.label, x, ['a', 'b'])
    many:np.ndarray = Rocket.fit(torch.randn(4, 8000), multi=True, features=168)(torch.randn(4, 8000))
    print(weighted_accuracy(np.eye(3)), screening_cost(np.eye(2)), probs, many)
    jobs:CrossValidation = submit_folds(index, 'm5', at_once=cores(), threads=1, repeats=1)
    parts:list[Split] = split(labelled_clips(index), repeats=1, protocol=next(iter(protocols)))
    trained:Learner = fit_fold(index, parts[0].test, 'm5', secs=4.)
    fold:Fold = held_out_answers(trained, index, parts[0].test).select(y>0)
    whose:RunIdentity = fit_identity(index, 'mine', depth=3)
    def fit(part:Split)->Fold: return held_out_answers(fit_fold(index, part.test, 'm5'), index, part.test)
    if stored_folds(path, whose) is None: run_protocol(index, fit, path, whose, repeats=1)
    run_folds(path, parts, fit, ['dog', 'cat'], whose, note='mine')
    sure:Reliability = reliability(y, result.probs, bins=5)
    warm:float = fit_temperature(y, result.probs)+sure.error
    axs:np.ndarray = plot_reliability(y, dict(raw=result.probs, calibrated=cross_calibrate(result).probs))
    cm = confusion(y, y, 2)
    print(score_table(y, y, ['dog', 'cat']), class_scores(cm)['recall'], scores(cm), warm, axs, four, table)
    spread:np.ndarray = bootstrap(group_confusions(y, y, groups, 2), n=100)
    each:dict[str, Interval] = bootstrap_scores(y, y, groups, 2)
    each["moved"] = bootstrap_mean(y, groups)
    ax = plot_intervals(each, chance=.5, ax=plot_confusion(y, y, ['dog', 'cat']))
    folded:HTML = show_intervals('As good as they get', {'accuracy':each}, chance=.5, also={'of':{'dog':'one'}})
    print(folded)
    print(interval_table(each), fold_auc(y, y>0, groups, groups), plot_history(fold.history), ax, spread, better, found)
    print(challenge_measures(base), submission(learn, index), mine, jobs, accuracy.estimate)
    print(over_time(torch.zeros(1, 8, 9)), clip_features(index), Baseline)

def browsing(index:pd.DataFrame, result:CrossValidation, path:Path, wave:np.ndarray)->None:
    browser = ClipBrowser(index, marks=path, hearts=False)
    browser.save(path)
    mended:pd.DataFrame = browser.corrected[browser.selected.index.isin(browser.table.index)]
    studio = SynthStudio('murmur', seed=3)
    code:str = studio.code
    asked = PredictionExplorer('best', path, secs=5.)
    asked.hear(path)
    filters = FilterExplorer('m5', clips=[read_clip(path)])
    loud:float = filters.strongest()[2]
    errors = ErrorBrowser(result, index)
    errors.open(0, 1)
    labeller = ClipLabeller(index, 'm5', classes=['dog', 'cat'], path=path, hearts=False)
    labeller.answer('dog')
    labeller.undo()
    labeller.skip()
    labeller.save(path)
    learner = ActiveLearner(embed_clips(index), labeller.classes)
    learner.learn({str(k):str(v) for k,v in labeller.labels.items()})
    next_one:str|None = learner.ask(but=['a'])
    print(next_one, learner.probabilities(), labeller.probabilities(), labeller.corrected, labeller.progress)
    print(draw_saliency(wave, wave, 2000), sweep(2000))
    clip:Clip = read_clip(path, sr=4000, label='normal', hearts=True)
    print(mended, code, loud, clip.secs)
    print(Panel, ClipPanel, known_events(path))

def commands(index:pd.DataFrame, path:Path, learn:Learner, cv:CrossValidation)->None:
    heartbeat_train('simulated', arch='m5', epochs=1, out=str(path))
    heartbeat_data('urbansound8k=UrbanSound8K', shards=str(path), sr=2000, clear_cache=False)
    heartbeat_predict(['heart.wav'], model='best', csv=True)
    heartbeat_serve(model='best', port=8000)
    @command('heartbeat_nb.cli.data:show_data')
    def my_command(data:str)->None: print(data)
    open_streams(ends=True)
    with plain_messages(): print(make_parser(my_command).prog, load('heartbeat_nb.cli.serve:serve') is serve)
    settings:RunSettings = RunSettings.asked('simulated', arch='m5', epochs=1).chosen(read_clips(None))
    settings.check()
    with run_folder(None, resume=False) as run: folder:Path = save_settings(settings, run).parent
    again:RunSettings = load_settings(folder, 'elsewhere', arch='m5')
    with tidied(folder, more='Go on with --resume.'): train_run(folder, again)
    trained:Learner = run_learner(settings, index, [0, 1], folder)
    done:CrossValidation = finish_run(trained, settings, index, [0, 1], predict_clips(trained), folder)
    print(report(done, folder, 60.), held_out_line(done), next_steps(done), count_clips(index))
    found = [*tell_errors([predict_file(path)], failed=[])]
    print_table(found, ['dog', 'cat'], names=short_names(['a/0.wav']))
    print_csv(found, ['dog', 'cat'])
    print_json(found)
    print(csv_record(found[0], ['dog', 'cat'])['file'])
    with path.open('rb') as file: print(keep_input(file, most=1000))
    print(print_answers, show_data, serve, train, train_share)
