"""Put into every tutorial what all have in common: `python tools/course.py`.

The Colab badge, the cell that sets Colab up, and the page's minutes."""
import json,re
from configparser import ConfigParser
from pathlib import Path

root = Path(__file__).resolve().parent.parent
tutorials = root/'nbs'/'tutorials'
words,lines,most = 200,30,14 # words and lines of code read in a minute; minutes a page may take to read: under 15
know,took = 'What you will know at the end', 'Running this page took'
answer = re.compile(r'<details>\n<summary>Answer</summary>\n\n.+?\n\n</details>', re.S)

setup = """#| hide
# In Google Colab this fetches the page's files and the versions it was written with, and asks for the recordings.
# Anywhere else it does nothing.
import os,sys
if 'google.colab' in sys.modules and not os.path.exists('../results'):
    !git clone -q --depth 1 --branch {branch} {git_url}
    %pip install -q './{repo}[{extras}]'
    %cd -q {repo}/nbs/tutorials
    os.environ['HEARTBEAT_DATA'] = 'kaggle'"""

def settings():
    "What settings.ini says."
    cfg = ConfigParser()
    cfg.read(root/'settings.ini', encoding='utf-8')
    return cfg['DEFAULT']

def badge(cfg, name):
    "A link that opens a tutorial in Colab."
    colab = 'https://colab.research.google.com'
    at = f"{colab}/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/nbs/tutorials/{name}.ipynb"
    return f'[![Open in Colab]({colab}/assets/colab-badge.svg)]({at})'

def setup_cell(cfg):
    "Code that makes Colab ready, with all extras that pages use."
    ours = [k.removesuffix('_requirements') for k in cfg if k.endswith('_requirements')]
    extras = sorted(o for o in ours if o!='dev')
    return setup.format(extras=','.join(extras), **{k:cfg[k] for k in ('branch', 'git_url', 'repo')})

def source(cell): return ''.join(cell['source'])

def reading(cells):
    "Minutes it takes to read a page up to its exercises; code that is folded or hidden is left out."
    w,n = 0,0
    for c in cells:
        s,more,_ = source(c).partition('## Exercises')
        if c['cell_type']=='markdown': w += len(re.sub(rf'^({took}|\[!\[Open).*', '', s, flags=re.M).split())
        elif not re.search(r'^#\|\s*(hide|code-fold: true|echo: false)', s, re.M):
            n += sum(bool(l.strip()) and not l.startswith('#|') for l in s.splitlines())
        if more: break
    return round(w/words + n/lines)

def measured():
    "Seconds that each page took, as tools/run_nbs.py noted them."
    return json.loads((root/'nbs'/'results'/'minutes.json').read_text())

def minutes(cells, secs):
    "The sentence that says how long a page takes."
    n = round(secs/60)
    s = 'less than a minute' if not n else 'a minute' if n==1 else f'{n} minutes'
    slow = any(source(c).startswith('#| slow') for c in cells)
    but = ', without its long trainings, whose results are stored' if slow else ''
    return (f"{took} {s} on one core of a laptop-sized machine{but}; reading it takes about {reading(cells)}. "
            "It was not timed on a GPU.")

def put(cells, kind, found, text, at):
    "Make the cell that `found` knows say `text`; if there is none, put one at `at`."
    cell = next((c for c in cells if c['cell_type']==kind and found(source(c))), None)
    if not cell:
        cell = dict(cell_type=kind, id=f'course-{kind}', metadata={}, source=[])
        if kind=='code': cell.update(execution_count=None, outputs=[])
        cells.insert(at, cell)
    cell['source'] = text.splitlines(keepends=True)

def dress(cells, name):
    "Put badge, first cell and minutes where they belong."
    cfg,runs = settings(),measured()
    put(cells, 'markdown', lambda s: s.startswith('[![Open'), badge(cfg, name), 1)
    first = next(i for i,c in enumerate(cells) if c['cell_type']=='code')
    put(cells, 'code', lambda s: 'google.colab' in s, setup_cell(cfg), first)
    intro = next((c for c in cells if c['cell_type']=='markdown' and know in source(c)), None)
    if not intro or name not in runs: return
    parts = [p for p in source(intro).split('\n\n') if not p.startswith(took)]
    at = next(i for i,p in enumerate(parts) if know in p)
    intro['source'] = '\n\n'.join([*parts[:at+1], minutes(cells, runs[name]), *parts[at+1:]]).splitlines(keepends=True)

def findings(path):
    "Yield what a tutorial lacks."
    cells = json.loads(path.read_text(encoding='utf-8'))['cells']
    text = '\n\n'.join(source(c) for c in cells if c['cell_type']=='markdown')
    before = [source(c) for c in cells]
    if know not in text: yield f'does not say "{know}"'
    elif path.stem not in measured():
        yield 'has no measured minutes: run tools/run_nbs.py on it at full size, then tools/course.py'
    dress(cells, path.stem)
    if before!=[source(c) for c in cells]: yield 'badge, first cell or minutes are missing or old: run tools/course.py'
    if (n := reading(cells))>most:
        yield f'takes {n} minutes to read, at most {most}: shorten it, or fold code that the story can do without'
    n = len(answer.findall(text.partition('## Exercises')[2]))
    if n!=3: yield f'{n} exercises with a folded answer, should be 3 under "## Exercises"'

def main():
    for path in sorted(tutorials.glob('*.ipynb')):
        nb = json.loads(path.read_text(encoding='utf-8'))
        dress(nb['cells'], path.stem)
        path.write_text(json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')

if __name__=='__main__': main()
