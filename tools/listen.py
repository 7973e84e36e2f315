"""Build the page that listens into a site: `python tools/listen.py FOLDER`. Needs npm; without it, one line says so.

Text from nbs/listen.ipynb, code and look from nbs/listen/, the net and all numbers from the package, the runtime from
npm, as nbs/listen/package-lock.json has it. The page is the same whether Quarto or tools/site.py made the others."""
import hashlib,json,re,shutil,subprocess,sys,tempfile
from pathlib import Path

import numpy as np,soundfile as sf
from jinja2 import Environment,FileSystemLoader
from markdown_it import MarkdownIt

import llms
from heartbeat_nb.core import Cache,digest
from heartbeat_nb.heart.synth import synth_heartbeat
from heartbeat_nb.nets.io import default_net
from heartbeat_nb.predict.export import export_page

nbs,source = llms.nbs,llms.nbs/'listen'
scripts = 'theme page worker sound heart hear words play draw record tape decode'.split()
runtime = [f'ort{o}' for o in ('.wasm.min.mjs', '-wasm-simd-threaded.mjs', '-wasm-simd-threaded.wasm')]
axe = 'axe.min.js' # for tools/listen_test.py alone
links = {'Course':'tutorials/01_your_first_net.ipynb',
         'Words':'glossary.ipynb', 'How well it hears':'leaderboard.ipynb'}
secs,sr = 6,2000 # of the simulated hearts
hearts = [
    ('At rest', '62 beats a minute', dict(hr=62, seed=1)),
    ('After the stairs', '110 beats a minute', dict(hr=110, seed=0)),
    ('Murmur that swells', 'in the middle of systole', dict(label='murmur', murmur='diamond', hr=80, seed=0)),
    ('Murmur, even', 'through all of systole', dict(label='murmur', murmur='plateau', hr=95, seed=1)),
    ('Murmur in diastole', 'of a kind the net often misses', dict(label='murmur', murmur='diastolic', hr=72, seed=1)),
    ('A third sound', 'S3 or S4 beside S1 and S2', dict(label='extrahls', hr=75, seed=1)),
    ('A beat too early', 'an extrasystole', dict(label='extrastole', hr=70, seed=1)),
    ('No heart', 'somebody talks', dict(label='artifact', artifact='voice', seed=0))]

# The text

def section(title, body=''):
    return dict(title=title, name='-'.join(re.sub(r'[^\w\s]', '', title.lower()).split()), body=body)

def leads(href):
    "Where a link of the notebook leads on the site."
    path,_,at = href.partition('#')
    return href if ':' in href else (llms.out(path) if path.endswith('.ipynb') else path)+(f'#{at}' if at else '')

def html(text):
    "Markdown as HTML."
    body = MarkdownIt('commonmark').render(text).replace('<pre>', '<pre tabindex="0">') # it scrolls on a phone
    return re.sub(r'href="([^"]+)"', lambda m: f'href="{leads(m[1])}"', body)

def read_text():
    "Title, description and sections of the notebook."
    first,*rest = [s for kind,s in llms.cells(nbs/'listen.ipynb') if kind=='markdown']
    said = re.match(r'# (.+)\n\n> (.+)', first)
    parts = [o.split('\n', 1) for o in rest if o.startswith('## ')]
    how,then,*others = [section(title[3:], body.strip()) for title,body in parts]
    after = re.split(r'^### After \*(.+)\*\n', then.pop('body'), flags=re.M)
    then['parts'] = [('', html(after[0]))] + [(k, html(v)) for k,v in zip(after[1::2], after[2::2])]
    for o in (how, *others): o['body'] = html(o['body'])
    return dict(title=said[1], description=said[2]+'.', how=how, next=then, sections=others)

# What the package and npm give

def outline(wave):
    "A path of the first three seconds of a wave, 120 wide and 32 high."
    x = wave[:3*sr].reshape(120, -1)
    low,high = (16-15*o/abs(x).max() for o in (x.max(1), x.min(1)))
    return 'M'+'L'.join(f'{i} {a:.0f}V{b:.0f}' for i,(a,b) in enumerate(zip(low, high)))

def write_hearts(folder):
    "The simulated hearts as sounds, and what the page says of each."
    for i,(title,what,kw) in enumerate(hearts):
        wave,_ = synth_heartbeat(secs=secs, sr=sr, **kw)
        sf.write(folder/f'heart{i+1}.wav', wave, sr)
        yield dict(title=title, what=what, file=f'heart{i+1}.wav', secs=secs, path=outline(np.asarray(wave)))

def net_files():
    "The folder that holds the net and its numbers; written once for each version of both."
    code = [p.read_bytes() for p in sorted((llms.root/'heartbeat_nb').glob('*/*.py'))]
    weights = (llms.root/'heartbeat_nb/weights'/f'{default_net}.safetensors').read_bytes()
    key = digest([hashlib.sha256(o).hexdigest() for o in [weights, *code]])
    return Cache('listen').get(key, export_page, lambda p: p if (p/'heart.json').stat().st_size else None)

def npm_files():
    "The folder that holds what npm installs; fetched once for each lock file."
    def install(to):
        with tempfile.TemporaryDirectory() as d:
            for o in ('package.json', 'package-lock.json'): shutil.copy2(source/o, d)
            subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], cwd=d, check=True)
            to.mkdir()
            for o in runtime: shutil.copy2(Path(d)/'node_modules/onnxruntime-web/dist'/o, to)
            shutil.copy2(Path(d)/'node_modules/axe-core'/axe, to)
    locked = (source/'package-lock.json').read_text()
    return Cache('listen-npm').get(digest(locked), install, lambda p: p if (p/axe).stat().st_size else None)

# The page

def offline(docs):
    "The service worker: the files it keeps, and a version that changes with any of them."
    own = [f'listen/{o.name}' for o in sorted((docs/'listen').iterdir())]
    files = ['listen.html', 'listen.webmanifest', 'favicon.svg', *own]
    version = hashlib.sha256(b''.join((docs/o).read_bytes() for o in files)).hexdigest()[:12]
    code = (source/'offline.js').read_text().replace('VERSION', version).replace('FILES', json.dumps(files))
    (docs/'listen-offline.js').write_text(code)

def manifest(title, description):
    icon = dict(src='favicon.svg', sizes='any', type='image/svg+xml', purpose='any')
    return dict(name=f'{title} · heartbeat_nb', short_name=title, description=description, start_url='listen.html',
                scope='listen', display='standalone', background_color='#ffffff', theme_color='#ffffff', icons=[icon])

def write(docs):
    "Write the page that listens and all it needs."
    if not shutil.which('npm'): return print('no npm: built without the page that listens')
    (to := docs/'listen').mkdir(parents=True, exist_ok=True)
    net,own = ['heart.onnx', 'heart.json'],['listen.css', *(f'{o}.js' for o in scripts)]
    for folder,names in (npm_files(), runtime), (net_files(), net), (source, own):
        for o in names: shutil.copy2(folder/o, to)
    shutil.copy2(nbs/'favicon.svg', docs)
    text,about = read_text(),llms.site()[0]
    footer = re.search(r'center: "(.+)"', llms.read(nbs/'_quarto.yml'))[1]
    heavy = sum((to/o).stat().st_size for o in ('heart.onnx', runtime[-1]))
    shell = Environment(loader=FileSystemLoader(source)).get_template('page.html.j2')
    (docs/'listen.html').write_text(shell.render(
        **text, about=about, footer=footer, links=[(k, leads(v)) for k,v in links.items()],
        hearts=list(write_hearts(to)), told=json.loads((to/'heart.json').read_text()), megabytes=round(heavy/1e6)))
    (docs/'listen.webmanifest').write_text(json.dumps(manifest(text['title'], text['description'])))
    offline(docs)

if __name__=='__main__': write(Path(sys.argv[1]))
