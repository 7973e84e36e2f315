"""What a hostile user tries: places, commands typed in them, calls, requests; `hostile.py` runs them.

A case is promised behaviour: what is typed, and what must be said of it."""
import contextlib,http.client,json,os,shutil,socket,struct,subprocess,sys,tempfile,threading,time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np, soundfile as sf
from safetensors import safe_open
from safetensors.numpy import save_file

bins = Path(sys.executable).parent
work = Path(tempfile.mkdtemp(prefix='hostile-'))

class Skip(Exception): "What this machine cannot make."

def environment(place, **more):
    "A person's, with a home of its own."
    home = place.with_suffix('.home')
    home.mkdir(exist_ok=True)
    env = {k:v for k,v in os.environ.items() if not k.startswith(('HEARTBEAT', 'XDG', 'PYTHONIOENC', 'IN_TEST'))}
    if more.get('PANDAS')=='2':
        env['PYTHONPATH'] = os.pathsep.join(filter(None, [str(pandas_2()), env.get('PYTHONPATH')]))
    return env | dict(PATH=f"{bins}{os.pathsep}{env['PATH']}", HOME=str(home), OMP_NUM_THREADS='1',
                      MPLCONFIGDIR=str(work/'matplotlib'))

lock = threading.Lock()
def pandas_2():
    "A folder with pandas 2, before the one that is installed; `Skip` where pip cannot bring it."
    with lock:
        if not (work/'pandas_2').exists():
            how = [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', work/'pandas_2', 'pandas<3']
            if subprocess.run(how, capture_output=True).returncode: raise Skip('pip does not bring pandas 2')
    return work/'pandas_2'

# Places: functions of an empty folder
def tone(path, secs=2., hz=100, sr=4000, seed=0, **how):
    "A sound file, with its folder."
    path.parent.mkdir(parents=True, exist_ok=True)
    x = .3*np.sin(2*np.pi*hz*np.arange(int(secs*sr))/sr)
    sf.write(path, x+np.random.default_rng(seed).normal(0, .05, len(x)), sr, **how)
    return path

def classes(place, *names, n=6):
    "Folders with `n` sounds each, no two alike; by default d/a and d/b."
    for i,o in enumerate(names or ('d/a', 'd/b')):
        for j in range(n): tone(place/o/f'{j}.wav', hz=100+100*i, seed=100*i+j)

def table(text, name='d/labels.csv', **how):
    "Class folders, and a table in the same folder."
    def make(place):
        classes(place)
        (place/name).write_bytes(text if isinstance(text, bytes) else text.encode(**how))
    return make

def rows(*columns, folder='', **more):
    "A table of the sounds in d/a and d/b."
    names = [f'{c}/{j}.wav' for c in 'ab' for j in range(6)]
    said = {'file':[folder+o for o in names], 'label':[o[0] for o in names], 'split':['train', 'test']*6}
    said |= {k:v*12 for k,v in more.items()}
    return '\n'.join(','.join(o) for o in [columns, *zip(*[said[o] for o in columns])])

def absolute(place):
    classes(place)
    (place/'t').mkdir()
    (place/'t/labels.csv').write_text(rows('file', 'label', folder=f'{place}/d/'))

def links(place):
    classes(place, 'there/a', 'there/b')
    (place/'d').mkdir()
    for o in 'ab': (place/'d'/o).symlink_to(place/'there'/o)

def specials(place):
    "A pipe, a socket and an endless device among sounds."
    classes(place)
    os.mkfifo(place/'d/a/pipe.wav')
    (place/'d/a/zero.wav').symlink_to('/dev/zero')
    with socket.socket(socket.AF_UNIX) as s, contextlib.chdir(place/'d/a'): s.bind('socket.wav')

def groups(place):
    "Two groups a class, in folders of their own: fewer than folds."
    classes(place, *(f'd/{c}/{p}' for c in 'ab' for p in 'pq'))

def opposite(place):
    "Two channels that cancel each other."
    classes(place)
    for f in (place/'d').rglob('*.wav'):
        x,sr = sf.read(f)
        sf.write(f, np.stack([x, -x], 1), sr)

def one_name(place):
    "A person's own classes, and one file whose name PASCAL might have given."
    classes(place)
    (place/'d/a/0.wav').rename(place/'d/a/normal__103_1305031931979_B.wav')

def no_pascal(place):
    "PASCAL's names, but no sounds."
    (place/'d/set_b').mkdir(parents=True)
    for i in range(4): (place/f'd/set_b/normal__103_130503193197{i}_B.wav').write_text('Dear diary')

def spoilt(place):
    "What is no sound, or none to judge."
    x = np.random.default_rng(0).normal(0, .1, 16_000)
    with np.errstate(invalid='ignore'):
        for name,o in dict(nan=x*np.nan, silent=0*x, short=x[:2040], one=x[:1]).items():
            sf.write(place/f'{name}.wav', o, 4000, subtype='FLOAT')
    (place/'empty.wav').touch()
    (place/'text.wav').write_text('Dear diary')
    (place/'half.wav').write_bytes((place/'nan.wav').read_bytes()[:30])
    (place/'pickle.safetensors').write_bytes(b'\x80\x04cposix\nsystem\n(S"touch owned"\ntR.')
    head = json.dumps({'w':{'dtype':'F32', 'shape':[9, 9], 'data_offsets':[0, 4]}}).encode()
    (place/'shapes.safetensors').write_bytes(struct.pack('<Q', len(head))+head+b'1234')

def wrong_shape(place):
    "A net that came with the package, one of its tensors cut."
    spoilt(place)
    home = Path(find_spec('heartbeat_nb').origin).parent
    with safe_open(home/'weights/m5.safetensors', 'np') as f:
        tensors,about = {k:f.get_tensor(k) for k in f.keys()},f.metadata()
    k = next(k for k,v in tensors.items() if v.ndim>1)
    save_file({**tensors, k:tensors[k][:1].copy()}, place/'wrong.safetensors', about)

def odd_names(place):
    "Names with line breaks, bytes that are no text, and as many letters as fit."
    classes(place)
    for o in b'new\nline.wav', b'\xff\xfe.wav', b'x'*251+b'.wav', '♥ ä.wav'.encode():
        shutil.copy(place/'d/a/0.wav', os.fsencode(place/'d/a')+b'/'+o)

def heart(place, secs=6.):
    "A tone that comes and goes as a heart might."
    x = np.sin(2*np.pi*60*np.arange(int(secs*4000))/4000)*(np.arange(int(secs*4000))%3200<400)
    sf.write(place/'heart.wav', .3*x+np.random.default_rng(0).normal(0, .01, len(x)), 4000)
    return place/'heart.wav'

def far_names(place):
    for o in 'one', 'two', 'three': tone(place/('far'*20)/o/'0.wav', 4.)

def stopped(place):
    "A run that was killed after its first checkpoint, in r."
    classes(place)
    with open(place/'said', 'w') as said:
        p = subprocess.Popen([bins/'heartbeat_train', 'd', '--epochs', '15', '--arch', 'm3', '--out', 'r'], cwd=place,
                             env=environment(place), stdout=said, stderr=said)
    end = time.time()+180
    while not (place/'r/checkpoint.safetensors').exists():
        if p.poll() is not None or time.time()>end: raise RuntimeError((place/'said').read_text()[-300:])
        time.sleep(.02)
    p.kill()
    p.wait()
    (place/'said').unlink()

def then(make, change):
    "A place, and what becomes of it."
    def both(place):
        make(place)
        change(place)
    return both

# What a case is, and what it must do
@dataclass(frozen=True)
class Case:
    name:str
    command:str # as typed, in bash
    says:str='' # a regular expression for what is said; for exit code 2 on standard error
    make:Callable[[Path], None]=classes
    rc:int|None=2 # None: 0 or 2
    quick:bool=False
    secs:int=120
    mb:int=2500
    env:tuple=()

train = 'heartbeat_train d --arch m3 --epochs 1 --out r'
as_anybody = 'setpriv --bounding-set=-dac_override,-dac_read_search ' if os.getuid()==0 else '' # root may read all
mounts = 'unshare -m bash -c'
c_locale = 'LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii'
net_whole = 'test -s r/model.safetensors -a -s r/result.json'

def each(name, command, what, quick=(), **how):
    "A case for each of several arguments: what is typed, and what is said of it."
    return [Case(f'{name} {o}', command.replace('IT', o), says, quick=o in quick, **how) for o,says in what.items()]

def tables():
    "Tables beside class folders that cannot be used: passed over, but not in silence; refused where one is asked for."
    good = rows('file', 'label')
    bad = {'in Latin-1':table(good.replace('label', 'läbel'), encoding='latin-1'),
           'in UTF-16':table(good, encoding='utf-16'), 'empty':table(''), 'of zeros':table(b'\0'*4000),
           'without labels':table(rows('file', 'split')), 'without a header':table(good.partition('\n')[2]),
           'with an open quote':table(good.replace('a/0', '"a/0', 1)),
           'of a spreadsheet':table(b'PK\3\4'+b'\0'*99, 'd/labels.xlsx')}
    for k,make in bad.items():
        name = 'labels.xlsx' if k=='of a spreadsheet' else 'labels.csv'
        yield Case(f'table {k}, beside folders', 'heartbeat_data d', name, make, 0, quick=k=='in UTF-16')
        yield Case(f'table {k}', f'heartbeat_data d/{name}', name, make)
    split = table(rows('file', 'label', 'split'))
    for o in '3', '2':
        how = dict(rc=0, env=(('PANDAS', o),))
        yield Case(f'pandas {o}, table with a split', train, 'Scores on 6', split, quick=o=='3', **how)
        yield Case(f'pandas {o}, folders train and test', train, 'Scores on 6',
                   lambda p: classes(p, 'd/train/a', 'd/train/b', 'd/test/a', 'd/test/b', n=3), **how)
    yield Case('table with absolute paths', 'heartbeat_data t/labels.csv', '12 clips', absolute, 0)
    yield Case('table of what is not there', 'heartbeat_data d/labels.csv', 'gone', table('file,label\ngone.wav,a'))
    yield Case('table with mixed folds', 'heartbeat_data d/labels.csv', 'fold',
               table(rows('file', 'label', 'fold', fold=['1']).replace(',1', ',train', 1)))

folders = [
    Case('no such folder', 'heartbeat_data nowhere', 'nowhere', quick=True),
    Case('fetch, no folder', 'heartbeat_data circor --fetch', 'circor=sounds/circor', quick=True),
    Case('fetch into a folder of other things', 'heartbeat_data circor=d --fetch', 'something else', quick=True),
    Case('fetch, a mirror that is nowhere', 'heartbeat_data circor=new --fetch --mirror no', r'\bno\b'),
    Case('fetch, nobody there', 'heartbeat_data circor=new --fetch --mirror http://127.0.0.1:9', 'does not answer'),
    Case('an empty folder', 'heartbeat_data d', r'\bd\b', lambda p: (p/'d').mkdir()),
    Case('one class', 'heartbeat_data d', 'one class', lambda p: classes(p, 'd/a')),
    Case('no class folders', 'heartbeat_data d', 'classes', lambda p: classes(p, 'd')),
    Case('one name as in PASCAL', 'heartbeat_data d', r'(?s)\ba +6\b.*\bb +6\b', one_name, 0, True),
    Case('PASCAL, nothing usable', 'heartbeat_data d', r'\bd\b', no_pascal),
    Case('linked class folders', 'heartbeat_data d', '12 clips', links, 0),
    Case('a folder linked to itself', 'heartbeat_data d', '12 clips',
         then(classes, lambda p: (p/'d/a/l').symlink_to(p/'d')), 0),
    Case('a folder that may not be read', f'{as_anybody}heartbeat_data d', 'locked',
         then(lambda p: classes(p, 'd/a', 'd/b', 'd/locked'), lambda p: (p/'d/locked').chmod(0)), 0),
    Case('pipe, socket and device among sounds', 'heartbeat_data d', '12 clips', specials, 0, True),
    Case('fewer groups than folds', train, 'fold', groups, 0),
    Case('channels that cancel each other', 'heartbeat_data d', '(?i)phase|cancel', opposite, 0, True),
    Case('shards into a folder that is not empty', 'heartbeat_data d --shards d', r'\bd\b'),
]

sounds = [
    *each('file', 'heartbeat_predict IT', {f'{o}.wav':fr'\b{o}\.wav' for o in
          ('nan', 'silent', 'short', 'one', 'empty', 'text', 'half', 'none')}, ('nan.wav', 'short.wav'), make=spoilt),
    Case('a pipe', 'heartbeat_predict d/a/pipe.wav', r'pipe\.wav', specials),
    Case('a device', 'heartbeat_predict /dev/zero', '/dev/zero', secs=60),
    Case('odd names, C locale', f'{c_locale} heartbeat_predict d/a', r'new line\.wav', odd_names, 0),
    Case('three files of one name', 'heartbeat_predict far*', r'(?s)one/0\.wav.*three/0\.wav.*two/0\.wav', far_names, 0,
         True),
    *each('net', 'heartbeat_predict nan.wav --model IT', {f'{o}.safetensors':fr'{o}\.safetensors' for o in
          ('pickle', 'shapes', 'wrong', 'none')}, ('wrong.safetensors',), make=wrong_shape),
    Case('JSON is JSON', 'heartbeat_predict heart.wav text.wav --json > said.json; test $? = 2', '',
         then(heart, spoilt), 0),
    Case('an hour', 'heartbeat_predict heart.wav', 'heart', lambda p: heart(p, 3600.), 0),
]

options = [
    *each('data', 'heartbeat_train IT', {"''":r"(?i)empty|''", 'kaggel':'kaggel', 'nope=d':'nope'}, ("''",)),
    Case('data, empty in the environment', "HEARTBEAT_DATA='' heartbeat_data", '(?i)HEARTBEAT_DATA|folder'),
    *each('train', 'heartbeat_train d IT', {f'--{k} {v}':fr'--{k}|\b{v}\.' for k,vs in {
        'secs':('nan', 'inf', '1e9', '0', 'x'), 'test-fold':('foo', '99', "''"), 'seed':(9*10**19, -1),
        'kernel-ms':('nan', '1e6'), 'processes':('2',), 'lr':('inf', 'nan', '-1'), 'epochs':('0', '1.5'),
        'bs':('0', '99999999'), 'sr':('1', 'nan'),
        }.items() for v in vs}, ('--secs nan', '--test-fold foo', '--kernel-ms 1e6')),
    *each('train', 'heartbeat_train d IT', {f'--{k} nope':'nope' for k in ('arch', 'recipe', 'weights')}),
    *each('predict', 'heartbeat_predict d/a/0.wav IT', {
        '--window nan':'window', '--window 1e9':'window', '--hop 0':'hop', '--hop nan':'hop',
        '--json --csv':'--csv', "--model ''":'(?i)model|empty'}),
    *each('serve', 'heartbeat_serve IT', {'--port 99999':'99999', '--port x':'port', '--max-mb nan':'--max-mb',
          '--timeout 0':'--timeout', '--host 1.2.3.4':'1.2.3.4'}),
]

both = 'A & p=$!; B; b=$?; wait $p; a=$?; echo codes $a $b; test $((a+b)) -lt 3'
closed = {'stdin closed':'<&-', 'stdout closed':'>&-', 'stderr closed':'2>&-', 'all closed':'<&- >&- 2>&-',
          'into head':'| head -1'}
read_only = 'mount --bind . . && mount -o remount,bind,ro .'
full = 'mount -t tmpfs -o size=16k none'
surroundings = [
    Case('two at once, one --out', both.replace('A', train).replace('B', train)+f' && {net_whole}', 'codes (0 2|2 0)',
         rc=0, quick=True),
    Case('two at once, no --out', both.replace('A', train[:-8]).replace('B', train[:-8])+
         ' && test -s heartbeat_run/result.json -a -s heartbeat_run-2/result.json', 'codes 0 0', rc=0),
    *[Case(f'training, {k}', f'{train} {v} && {net_whole}', rc=0, quick=k=='into head') for k,v in closed.items()],
    Case('data, stdout closed', 'heartbeat_data d >&-', rc=0),
    Case('answers, stdout closed', 'heartbeat_predict heart.wav >&-', '', heart, 0),
    Case('answers, stderr closed', 'heartbeat_predict heart.wav 2>&-', 'heart', heart, 0),
    Case('answers into head', 'heartbeat_predict heart.wav | head -1', 'file', heart, 0),
    Case('answers on a full device', 'heartbeat_predict heart.wav >/dev/full', '(?i)full', heart),
    Case('sound on a closed stdin', 'heartbeat_predict - <&-', 'input', quick=True),
    Case('sound on an empty stdin', 'heartbeat_predict - </dev/null', 'input'),
    Case('read-only', f"""{mounts} '{read_only} && cd "$PWD" && {train}'""", '(?i)read-only|permission', quick=True),
    Case('read-only home', f"""{mounts} '{read_only.replace('.', '"$HOME"')} && {train}'""",
         '(?i)read-only|permission|Scores', rc=None),
    Case('no permission', f'mkdir no; chmod 0 no; {as_anybody}{train[:-1]}no/r; rc=$?; rmdir no; exit $rc', r'\bno\b'),
    Case('disk full', f"mkdir r; {mounts} '{full} r && {train}'; rc=$?; rmdir r; exit $rc", '(?i)disk is full',
         quick=True),
    Case('disk full, cache', f"""{mounts} '{full} "$HOME" && {train}'""", '(?i)disk is full|Scores', rc=None),
    Case('files may not grow', f'ulimit -f 20; {train}', r'(?i)\br\b|large|full'),
    Case('no HOME', 'unset HOME; heartbeat_data d', '12 clips', rc=0, quick=True),
    Case('HOME is nowhere', 'HOME=/proc/nobody heartbeat_data d', '(?i)/proc/nobody|12 clips', rc=None),
    Case('C locale', f'{c_locale} heartbeat_data d', '16 clips', odd_names, 0),
]

same_nets = ('import sys; from safetensors.numpy import load_file; a,b = (load_file(o+"/model.safetensors") for o in '
             'sys.argv[1:]); assert a and all((a[k]==b[k]).all() for k in b)')
resume = 'heartbeat_train d --resume --out r'
again = [
    Case('kill -9 and go on, as if nothing had been', f'{resume} && heartbeat_train d --epochs 15 --arch m3 --out w && '
         f"'{sys.executable}' -c '{same_nets}' r w", 'Scores', stopped, 0, True, 240),
    Case('go on elsewhere', 'heartbeat_train e --resume --out r', 'Scores',
         then(stopped, lambda p: (p/'d').rename(p/'e')), 0, secs=240),
    Case('go on with other sounds', 'heartbeat_train e --resume --out r', '(?i)recordings|clips|data',
         then(stopped, lambda p: classes(p, 'e/a', 'e/b', n=7))),
    Case('go on, checkpoint damaged', resume, r'checkpoint',
         then(stopped, lambda p: (p/'r/checkpoint.safetensors').write_bytes(b'x'*999))),
    Case('go on, checkpoint cut', resume, r'checkpoint',
         then(stopped, lambda p: os.truncate(p/'r/checkpoint.safetensors', 5000))),
    Case('go on, no settings', resume, 'settings', then(stopped, lambda p: (p/'r/settings.json').unlink())),
    *each('go on with', f'{resume} IT', {f'--{k} {v}':f'--{k}' for k,v in dict(lr=.5, arch='m5', epochs=99).items()},
          make=stopped),
    Case('go on, nothing there', resume, r'\br\b'),
    Case('Ctrl-C', f'set -m; {train} --epochs 9999 & p=$!; until test -f r/checkpoint.safetensors; do sleep .1; done; '
         'kill -INT $p; wait $p; rc=$?; rm -r r; exit $rc', '--resume'),
]

# Python: each of these must raise BadInput with a sentence that says what
calls = {
    "predict_waves([], net)":'', "predict_waves(np.zeros(0), net)":'', "predict_waves(np.zeros(8000), net)":'',
    "predict_waves([None], net)":'', "predict_waves([np.zeros(0)], net)":'', "predict_waves(['x'], net)":'',
    "predict_waves([torch.full((8000,), torch.nan)], net)":'(?i)nan', "predict_file(None)":'',
    "predict_files([None])":'', "load_wave(None, 2000)":'', "load_model('x.safetensors')":'x.safetensors',
    "load_model(None)":'', "create_model('m5', n_out=0)":'n_out', "create_model(None)":'', "audio_index(None)":'',
    "audio_index('nowhere')":'nowhere', "check_index(index[:0])":'', "choose_sr(index[:0])":'',
    "held_out(index, 'foo')":'foo', "held_out(index, 99)":'99', "group_folds(index.label[:0], index.group[:0])":'',
    "AudioDataLoaders.from_index(index[:0], secs=1.)":'', "AudioDataLoaders.from_index(None, secs=1.)":'',
    "AudioDataLoaders.from_index(index, secs=float('nan'))":'secs',
    "AudioDataLoaders.from_index(index, bs=0, secs=1.)":'bs', "cross_validate(index[:0])":'',
    "cross_validate(index, 'nope')":'nope',
}
calling = '''
import json,sys,tempfile
from heartbeat_nb.all import *
import numpy as np,pandas as pd
index,net = audio_index('d'),Predictor('m5')
for code in json.load(open('calls.json')):
    try: said = f'nothing, and gave {type(eval(code)).__name__}'
    except BadInput as e: said = f'BadInput {e}'
    except Exception as e: said = f'{type(e).__name__} {e}'
    print('CALL', json.dumps([code, said]), flush=True)
'''

# The server: functions of its port; each on one server, in this order
def ask(port, method='GET', path='/', body=None, source='127.0.0.1', timeout=15, **headers):
    "Status and text of an answer."
    c = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout, source_address=(source, 0))
    try:
        c.request(method, path, body, {k.replace('_', '-'):v for k,v in headers.items()})
        res = c.getresponse()
        return res.status,res.read().decode()
    finally: c.close()

def upload(port, raw, **headers):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="o.wav"\r\n\r\n'+raw+b'\r\n--x--\r\n'
    return ask(port, 'POST', '/predict', body, Content_Type='multipart/form-data; boundary=x', **headers)

def refused(answer):
    "A client's mistake, in one sentence."
    status,said = answer
    assert 400<=status<500, f'{status} {said[:200]}'
    assert said.strip() and '\n' not in said.strip() and 'Traceback' not in said, said[:200]

def good(port, place):
    status,said = upload(port, heart(place).read_bytes())
    assert status==200 and json.loads(said)['label'], f'{status} {said[:200]}'

def idle(port, place):
    "Connections that say nothing, or half of it, from another address; one of a person who asks is answered."
    socks = []
    try:
        for i in range(210):
            with contextlib.suppress(OSError):
                socks.append(socket.create_connection(('127.0.0.1', port), 2, ('127.0.0.2', 0)))
                if i%2: socks[-1].sendall(b'POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le')
        good(port, place)
    finally:
        for o in socks: o.close()

def long_sound(port, place):
    "Too long, though small; and while it is looked at, the page answers."
    with sf.SoundFile(place/'long.flac', 'w', 8000, 1) as f:
        for _ in range(120): f.write(np.zeros(80_000, 'int16')+1)
    with ThreadPoolExecutor(4) as pool:
        some = [pool.submit(upload, port, (place/'long.flac').read_bytes()) for _ in range(4)]
        start = time.time()
        assert ask(port)[0]==200 and time.time()-start<5, 'the page waited for it'
        for o in some: refused(o.result())

requests = {
    'a sound':good,
    'a foreign Host':lambda port,place: refused(ask(port, Host='evil.example')),
    'a foreign Origin':
        lambda port,place: refused(upload(port, heart(place).read_bytes(), Origin='http://evil.example')),
    'no sound':lambda port,place: refused(upload(port, b'Dear diary')),
    'no field':lambda port,place: refused(ask(port, 'POST', '/predict')),
    'too large':lambda port,place: refused(upload(port, b'\0'*21_000_000)),
    'a sound that is too long':long_sound,
    '210 idle connections':idle,
}
