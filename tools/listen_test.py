"""Is the page that listens right? `python tools/listen_test.py [--shots FOLDER] [--long]`: one line a check.

Some forty sounds, made on the fly, go into the page in a Chromium without a window and into `predict_file`. Then: no
request after loading, the page without a network, by microphone and by keyboard, cancelled, and looked at by axe."""
import functools,http.server,itertools,json,os,shutil,struct,subprocess,sys,tempfile,threading,time,traceback
from contextlib import contextmanager
from pathlib import Path

import numpy as np,psutil,soundfile as sf
from fastcore.script import call_parse

import listen
from browser_test import chromium
from heartbeat_nb.core import BadInput
from heartbeat_nb.heart.answers import cannot_tell
from heartbeat_nb.heart.beats import _beats_of
from heartbeat_nb.heart.synth import artifacts,synth_heartbeat
from heartbeat_nb.predict.files import decode_sound,predict_file
from heartbeat_nb.predict.hub import export_space
from heartbeat_nb.predict.predictor import Predictor
from heartbeat_nb.sound.io import find_sounds

# Sounds

rates = 800,999,1000,1777,2000,2205,3333,4000,8000,11025,11027,16000,22050,32000,44100,48000,96000,192000
lengths = .5,1,1.34,2,3.9,4,4.1,6.05,16.5,31,61,120
kinds = itertools.cycle(['PCM_16', 'PCM_U8', 'PCM_24', 'FLOAT', 'PCM_32', 'DOUBLE'])
labels = itertools.cycle([dict(), dict(label='murmur', murmur='diamond'), dict(label='extrastole'),
                          dict(label='murmur', murmur='plateau'), dict(label='extrahls'), dict(label='artifact')])

def heart(secs, sr, seed, **kw): return synth_heartbeat(secs=secs, sr=sr, seed=seed, **kw)[0]

def two(x, seed):
    "Two channels: the sound, and a quieter one with a hiss."
    return np.stack([x, .6*x+.01*np.random.default_rng(seed).standard_normal(len(x)).astype('f4')], 1)

def good_sounds():
    "Write sounds of all rates, lengths and kinds."
    for i,sr in enumerate(rates):
        x = heart(2.5+i/3, sr, i, **next(labels))
        sf.write(f'rate{sr}.wav', two(x, i) if i%2 else x, sr, subtype=next(kinds))
    for i,secs in enumerate(lengths):
        x = heart(secs, 4000, 50+i, **next(labels))
        sf.write(f'secs{secs:g}.wav', two(x, i) if i%3==2 else x, 4000, subtype=next(kinds))
    x = heart(6., 4000, 3)
    sf.write('clipped.wav', (8*x).clip(-1, 1), 4000)
    sf.write('quiet.wav', .02*x, 4000)
    sf.write('opposite.wav', np.stack([x, -x], 1), 4000)
    sf.write('eight.wav', np.stack([x*g for g in np.linspace(-.2, 1, 8)], 1), 4000)
    sf.write('half.wav', np.concatenate([x, 0*x, x]), 4000)
    sf.write('big.aiff', two(x, 1), 4000, subtype='PCM_24')
    sf.write('own.flac', heart(6., 22050, 9), 22050)

def bad_sounds():
    "Write what can not be judged."
    x = heart(6., 4000, 3)
    Path('empty.wav').write_bytes(b'')
    Path('text.wav').write_text('Dear diary, today I listened to my heart. '*9)
    Path('text.mp3').write_text('Dear diary, today I listened to my heart. '*9)
    sf.write('silent.wav', 1e-4*x, 4000)
    sf.write('nan.wav', np.where(np.arange(len(x))==999, np.nan, x), 4000, subtype='FLOAT')
    sf.write('huge.wav', 1e12*x, 4000, subtype='FLOAT')
    sf.write('none.wav', x[:0], 4000)
    sf.write('cut.wav', x, 4000)
    raw = Path('cut.wav').read_bytes()
    Path('cut.wav').write_bytes(raw[:len(raw)//2])
    Path('rate.wav').write_bytes(raw[:24]+struct.pack('<I', 50)+raw[28:])

def strange_sounds():
    "What people give a page that listens, to see what it says: no heart in any."
    t,rng,sr = np.arange(12*8000)/8000,np.random.default_rng(0),8000
    tick = 0*t
    for b in np.arange(.2, 11.9, .5): # a clock: two ticks a second
        i = int(b*sr)
        tick[i:i+160] += np.exp(-np.arange(160)/25)*np.sin(2*np.pi*2100*np.arange(160)/sr)
    notes = 2**(rng.integers(0, 24, 24)/12)*220
    music = sum(np.sin(2*np.pi*k*notes[(2*t).astype(int)]*t)/k*np.exp(-3*(t%.5)) for k in (1, 2, 3))
    drum = np.exp(-8*(t%.5))*np.sin(2*np.pi*60*(t%.5))
    sf.write('clock.wav', .5*tick+.002*rng.standard_normal(len(t)), sr)
    sf.write('music.wav', .3*music, sr)
    sf.write('drum.wav', .3*music+.6*drum, sr)
    sf.write('hum.wav', .3*np.sin(2*np.pi*50*t), sr)
    sf.write('hiss.wav', .1*rng.standard_normal(len(t)), sr)
    for o in artifacts:
        if o!='silence': sf.write(f'{o}.wav', heart(12., 8000, 3, label='artifact', artifact=o), 8000)

def coded_sounds():
    "Write sounds as people have them; what cannot be written here is named."
    for sr in 8000,22050,44100,48000:
        x = heart(8., sr, sr, snr=12., **next(labels))
        sf.write(f'coded{sr}.wav', x, sr)
        for kind in 'mp3','ogg','flac': sf.write(f'coded{sr}.{kind}', two(x, 0) if sr==44100 else x, sr)
        for kind,how in dict(m4a=['-c:a', 'aac'], opus=['-c:a', 'libopus'], webm=['-c:a', 'libopus']).items():
            if coder(): encode(f'coded{sr}.wav', f'coded{sr}.{kind}', *how)
    return '' if coder() else '; left out, for want of ffmpeg: m4a, webm and ffmpeg\'s opus'

def encode(path, to, *how): subprocess.run([coder(), '-v', 'error', '-y', '-i', path, *how, to], check=True)

def coder():
    "ffmpeg, from wherever it is."
    try: import imageio_ffmpeg
    except ImportError: return shutil.which('ffmpeg')
    return shutil.which('ffmpeg') or imageio_ffmpeg.get_ffmpeg_exe()

def recordings():
    "Links to some real recordings, where there are any."
    if not (data := os.environ.get('HEARTBEAT_DATA')) or not Path(data).is_dir(): return
    for i,o in enumerate(find_sounds(data)[::140][:6]): Path(f'real{i}{o.suffix}').symlink_to(o)

def by_python(path, net):
    "What the package says of a file: an answer and its beats, or a sentence."
    try: res = predict_file(path, net)
    except BadInput as e: return str(e),None
    return res,_beats_of(*net.heart.state_scores(decode_sound(path, net).wave.numpy(), net.sr), 0)

# The page

@contextmanager
def serve(docs):
    "A server on a free port, the list of what it was asked for, and a switch that turns it off."
    asked,down = [],threading.Event()
    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {'.html':'text/html', '.js':'text/javascript', '.mjs':'text/javascript', '.css':'text/css',
                          '.wasm':'application/wasm', '.svg':'image/svg+xml', '':'application/octet-stream'}
        def log_message(self, *_): asked.append(self.path)
        def handle(self):
            if not down.is_set(): super().handle()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Handler, directory=str(docs)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try: yield f'http://127.0.0.1:{server.server_port}/listen.html',asked,down
    finally: server.shutdown()

class Page:
    "The page in a browser of its own, with what a visitor does to it."
    def __init__(self, browser, url, **kw):
        self.context = browser.new_context(**dict(dict(viewport=dict(width=1200, height=900)), **kw))
        self.page,self.console,self.url = self.context.new_page(),[],url
        self.page.on('console', lambda m: self.console.append(m.text) if m.type in ('error', 'warning') else None)
        self.page.on('pageerror', lambda e: self.console.append(str(e)))
        self.page.goto(url)
    def wait(self, what, secs=60): self.page.wait_for_selector(f'body{what}', timeout=1000*secs)
    def done(self, secs=120):
        "The answer, or the sentence that says why there is none."
        self.wait(':is([data-state=answered], [data-state=bad])', secs)
        return self.page.inner_text('#fault') if self.page.is_visible('#fault') else self.page.evaluate('answer')
    def give(self, path, secs=120):
        self.page.set_input_files('#chosen', path)
        return self.done(secs)
    def heart(self, n): self.page.locator('[data-heart]').nth(n).click()
    def axe(self):
        "What axe finds on the page as it is."
        self.page.wait_for_timeout(300)
        self.page.evaluate((listen.npm_files()/listen.axe).read_text())
        found = self.page.evaluate('axe.run()')['violations']
        return [f"{o['id']}: {o['nodes'][0]['html'][:120]}" for o in found]

def furthest(got, want): return max(abs(got['probabilities'][k]-v) for k,v in want.probabilities.items())

def latest(got, beats):
    "Seconds between a beat of the page and the package's; infinite where one has more."
    both = [(np.array(got['beats'][k]), getattr(beats, k)) for k in ('s1', 's2')]
    return max(abs(a-b).max(initial=0) if len(a)==len(b) else np.inf for a,b in both)

def differs(got, want, beats):
    "How an answer of the page differs from that of the package, in words; '' if it does not."
    if isinstance(want, str) or isinstance(got, str): return '' if got==want else f'{got!r}, not {want!r}'
    if (gap := furthest(got, want))>1e-3: return f'a probability differs by {gap:.4f}'
    if got['label']!=want.label or got['notes']!=want.notes:
        return f"{got['label']} {got['notes']}, not {want.label} {want.notes}"
    if want.label==cannot_tell or not got['beats']: return ''
    return '' if latest(got, beats)<=.02 else f'beats differ by {latest(got, beats):.3f} s'

def cpu_secs():
    "Seconds that the browser has computed by now, on all cores."
    each = [o.cpu_times() for o in psutil.Process().children(recursive=True) if 'chrom' in o.name()]
    return sum(o.user+o.system for o in each)

# Checks

def check_first(t):
    "From an empty cache to an answer; how much is loaded for that."
    start,before = time.time(),cpu_secs()
    t.p = Page(t.browser, t.url)
    t.p.heart(2)
    assert t.p.done()['label']=='murmur'
    secs,cpu = time.time()-start,cpu_secs()-before
    at = t.p.page.evaluate('times')
    parts = ', '.join(f'{k} +{(b-a)/1e3:.2f}' for k,a,b in zip([*at][1:], at.values(), [*at.values()][1:]))
    assert min(secs, cpu)<5, f'{secs:.1f} s, {cpu:.1f} s of computing: {parts}' # others may use the machine too
    assert t.page_size<=300_000, f'{t.page_size} bytes without runtime and net'
    t.p.wait('[data-offline=ready]')
    t.p.page.wait_for_timeout(500)
    t.asked = len(t.log)
    return f'{secs:.1f} s, {cpu:.1f} s of computing ({parts}), {t.page_size/1e3:.0f} kB without runtime and net'

def check_same(t):
    "The sounds."
    net,wrong,gap,n,late = Predictor(),[],0,0,0
    good_sounds()
    bad_sounds()
    recordings()
    for o in sorted(os.listdir()):
        if o in ('text.mp3', 'out'): continue
        (want,beats),got = by_python(o, net),t.p.give(o)
        if why := differs(got, want, beats): wrong.append(f'{o}: {why}')
        elif not isinstance(got, str):
            gap = max(gap, furthest(got, want))
            if got['beats']: late = max(late, latest(got, beats))
        n += 1
    assert 'is not a sound that can be read' in t.p.give('text.mp3')
    assert not wrong, f'{len(wrong)} of {n}:\n'+'\n'.join(wrong)
    return f'{n} sounds, probabilities within {gap:.1e}, beats within {1e3*late:.2f} ms'

def check_coded(t):
    "mp3, ogg, m4a and others, which the browser decodes, beside Python's decoder; their padding differs."
    net,wrong,gap,late,n = Predictor(),[],0,0,0
    out = coded_sounds()
    for o in sorted(x for x in os.listdir() if x.startswith('coded') and not x.endswith('.wav')):
        path = o
        if o.endswith(('m4a', 'webm')): encode(o, path := f'{o}.wav') # soundfile does not read them
        (want,beats),got = by_python(path, net),t.p.give(o)
        if isinstance(got, str) or got['label']!=want.label: wrong.append(f'{o}: {got}, not {want}')
        else:
            gap = max(gap, furthest(got, want))
            if got['beats']: late = max(late, latest(got, beats))
        n += 1
    assert not wrong, '\n'.join(wrong)
    assert gap<1e-3 and late<.02, f'a probability differs by {gap:.4f}, a beat by {late:.3f} s'
    return f'{n} sounds, probabilities within {gap:.1e}, beats within {1e3*late:.1f} ms{out}'

def check_strange(t):
    "Clocks, music, speech, hum: no answer, or one with a doubt. A bass drum twice a second deceives it."
    strange_sounds()
    names = 'clock', 'music', 'drum', 'hum', 'hiss', *(k for k in artifacts if k!='silence')
    said = {o:t.p.give(f'{o}.wav') for o in names}
    wrong = [f"{k}: {o['label']} {o['probability']:.2f}, clear to {o['clear']:.2f}" for k,o in said.items()
             if not isinstance(o, str) and o['label']!=cannot_tell and not o['doubts'] and k!='drum']
    assert not wrong, '; '.join(wrong)
    return ', '.join(f"{k}: {o if isinstance(o, str) else o['label']}" for k,o in said.items())

def check_requests(t):
    "Nothing leaves after loading, and nothing ever went elsewhere."
    t.p.heart(0)
    assert t.p.done()['label']=='no murmur'
    later = [o for o in t.log[t.asked:] if o!='/listen-offline.js'] # whose newer version the browser itself looks for
    assert not later, later
    assert not t.p.console, '\n'.join(t.p.console)
    return f'{t.asked} requests, none after loading'

def check_offline(t):
    "A second visit without a network."
    t.down.set()
    t.p.page.reload()
    t.p.heart(7)
    assert t.p.done()['label']==cannot_tell
    t.down.clear()

def check_keys(t):
    "By keyboard: choose a heart, move the line, zoom, play; and the table."
    page = t.p.page
    page.locator('[data-heart]').nth(3).focus()
    page.keyboard.press('Enter')
    t.p.wait('[data-state=busy]')
    t.p.done()
    assert page.evaluate('document.activeElement.id')=='answer'
    now = lambda: float(page.get_attribute('#wave', 'aria-valuenow'))
    page.focus('#wave')
    for key,want in ('ArrowRight', 1), ('End', 6), ('Home', 0): # seconds
        page.keyboard.press(key)
        assert abs(now()-want)<.11, (key, now())
    page.keyboard.press('+')
    page.keyboard.press('Space')
    page.wait_for_timeout(1000)
    page.keyboard.press('Space')
    assert .2<now()<5, now()
    assert page.locator('#rows tr').count()>=1 and 'murmur' in page.inner_text('#status')

def check_microphone(t):
    "Record, stop, answer."
    p = Page(t.browser, t.url)
    p.wait('[data-net=ready]')
    p.page.click('#record')
    p.page.wait_for_selector('#meter:not([hidden])')
    p.page.wait_for_timeout(4500)
    p.page.click('#record')
    got = p.done()
    p.context.close()
    assert not isinstance(got, str) and 3<got['secs']<8, got
    return f"{got['label']} after {got['secs']:.1f} s"

def check_server(t):
    "The same page, with heartbeat_serve as its net; and as a static Space."
    code = 'from heartbeat_nb.cli.programs import heartbeat_serve; heartbeat_serve.main()'
    command = [sys.executable, '-c', code, '--port', '0', '--page', str(t.docs)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        p = Page(t.browser, server.stdout.readline().split()[0])
        p.wait('[data-net=ready]')
        assert 'is sent there' in p.page.inner_text('.lead') and not p.page.is_visible('#what-happens-to-your-sound')
        for n in 2,7: assert differs(by_page(p, n), *t.heard[n])=='', n
        asked = p.page.evaluate("performance.getEntriesByType('resource').map(o => o.name)")
        assert not [o for o in asked if 'ort' in o or '.onnx' in o], asked
        assert not p.console, '\n'.join(p.console)
        p.context.close()
    finally:
        server.terminate()
        server.wait(20)
    with serve(export_space('space', page=t.docs)) as (url,_,_):
        p = Page(t.browser, url.replace('listen.html', 'index.html'))
        p.page.wait_for_url('**/listen.html')
        assert differs(by_page(p, 2), *t.heard[2])=='' and not p.console, '\n'.join(p.console)
        p.context.close()

def by_page(p, n):
    p.heart(n)
    return p.done()

def check_cancel(t):
    "A long sound, cancelled; the next is heard at once."
    sf.write('long.wav', np.tile(heart(60., 4000, 1), 9), 4000)
    t.p.page.set_input_files('#chosen', 'long.wav')
    t.p.page.wait_for_selector('#progress[value]')
    t.p.page.click('#cancel')
    t.p.wait('[data-state=ready]')
    assert t.p.give('secs4.wav')['label']

def check_axe(t):
    "Names, roles and contrast in all states; width; pictures where wanted."
    wrong,page = [],t.p.page
    page.emulate_media(reduced_motion='reduce')
    page.reload()
    for state,act in {'start':None, 'bad':lambda: t.p.give('silent.wav'), 'murmur':2, 'cannot tell':7}.items():
        if callable(act): act()
        elif act:
            t.p.heart(act)
            t.p.done()
        for scheme,width in itertools.product(('light', 'dark'), (1200, 360)):
            if not t.shots and (scheme=='light')!=(width==1200): continue
            if page.get_attribute('html', 'data-theme')!=scheme: page.click('#theme')
            page.set_viewport_size(dict(width=width, height=900))
            wrong += [f'{scheme} {width} {state}: {o}' for o in t.p.axe()]
            if (wide := page.evaluate('document.documentElement.scrollWidth'))>width:
                wrong.append(f'{scheme} {width} {state}: {wide} pixels wide')
            if t.shots:
                page.evaluate('scrollTo(0, 0)')
                page.screenshot(path=t.shots/f'{state.replace(" ", "-")}-{scheme}-{width}.png', full_page=True)
    assert not wrong, '\n'.join(wrong)

def longest_task(t, path):
    "Hear a sound: the answer, seconds, and the most ms of processor that the page took at a stretch."
    trace,start = Path('trace.json'),time.time()
    t.browser.start_tracing(page=t.p.page, path=trace, categories=['toplevel'])
    got = t.p.give(path, 900)
    secs = time.time()-start
    t.browser.stop_tracing()
    events = json.loads(trace.read_text())['traceEvents']
    main = {(o['pid'], o['tid']) for o in events if o.get('args', {}).get('name')=='CrRendererMain'}
    return got,secs,max(o.get('tdur', 0) for o in events if (o['pid'], o['tid']) in main)/1e3

def check_long(t):
    "Half an hour, plain and coded: how long, how long the page stood still, how much memory."
    with sf.SoundFile('hours.wav', 'w', 8000, 1) as f, sf.SoundFile('hours.ogg', 'w', 44100, 1) as g:
        for i in range(30):
            f.write(heart(60., 8000, i%5))
            for x in np.split(heart(60., 44100, i%5), 60): g.write(x) # libsndfile's vorbis dies of more at once
    said = []
    for o in 'hours.wav','hours.ogg':
        want,(got,secs,still) = predict_file(o),longest_task(t, o)
        gap = furthest(got, want)
        assert gap<1e-3 and (got['label'], got['notes'])==(want.label, want.notes), (got['notes'], want)
        assert still<1000, f'{o}: the page computes for {still:.0f} ms at a stretch'
        memory = t.p.page.evaluate('performance.memory.usedJSHeapSize')/1e6
        said.append(f'{o} {secs:.0f} s, at most {still:.0f} ms at a stretch, heap {memory:.0f} MB, within {gap:.1e}')
    return '; '.join(said)

class Test:
    "What the checks share."

@call_parse
def main(
    shots:str='', # Folder for pictures of the page, light and dark, 1200 and 360 pixels wide
    long:bool=False, # Hear half an hour too
    only:str='', # Parts of the names of checks, with commas between; '': all
    site:str='', # Folder where the page is built already; '': build it
):
    "Give the page that listens some forty sounds, and compare its answers with the package's"
    if not (found := chromium()): return print('skip the page that listens: no chromium is installed')
    if not listen.shutil.which('npm'): return print('skip the page that listens: no npm is installed')
    from playwright.sync_api import sync_playwright
    t,failed,back = Test(),0,os.getcwd()
    t.shots = Path(shots).resolve() if shots else None
    if t.shots: t.shots.mkdir(parents=True, exist_ok=True)
    checks = {'first answer':check_first, 'same as Python':check_same, 'coded':check_coded,
              'strange':check_strange, 'no request after loading':check_requests,
              'without a network':check_offline, 'keyboard':check_keys,
              'microphone':check_microphone, 'server, Space':check_server, 'cancel':check_cancel,
              'axe, width':check_axe} | ({'half an hour':check_long} if long else {})
    if only: checks = {k:f for k,f in checks.items() if k=='first answer' or any(o in k for o in only.split(','))}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp:
        docs = Path(site).resolve() if site else Path(tmp)/'docs'
        if not site: listen.write(docs)
        t.docs,net = docs,Predictor()
        t.heard = {i:by_python(docs/f'listen/heart{i+1}.wav', net) for i in (2, 7)}
        heavy = {*listen.runtime, 'heart.onnx'}
        own = [docs/'listen.html', docs/'favicon.svg', *(docs/'listen').iterdir()]
        t.page_size = sum(o.stat().st_size for o in own if o.name not in heavy)
        os.makedirs(Path(tmp)/'sounds')
        os.chdir(Path(tmp)/'sounds')
        sf.write(Path(tmp)/'voice.wav', heart(20., 48000, 1, hr=70), 48000)
        args = ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
                f'--use-file-for-fake-audio-capture={tmp}/voice.wav', '--autoplay-policy=no-user-gesture-required']
        with serve(docs) as (t.url,t.log,t.down),sync_playwright() as pw:
            t.browser = pw.chromium.launch(executable_path=found, args=args)
            for name,f in checks.items():
                begun = time.time()
                try: said = f(t)
                except Exception as e: # noqa: BLE001 whatever went wrong is what the line tells
                    failed += 1
                    print(f'FAIL {name} ({time.time()-begun:.0f} s): {e}\n{traceback.format_exc(limit=-2)}', flush=True)
                else: print(f'ok   {name}{f": {said}" if said else ""} ({time.time()-begun:.0f} s)', flush=True)
            t.browser.close()
        os.chdir(back)
    print(f'{len(checks)-failed} passed, {failed} failed')
    sys.exit(failed>0)
