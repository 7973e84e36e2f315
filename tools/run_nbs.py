"""Run notebooks in place and store what they show.

`python tools/run_nbs.py [NOTEBOOK ...] [--tiny] [--timeout SECONDS] [--compare]`

With `--compare` nothing is stored: it fails if a notebook would show something else than it does. Pictures are not
compared. Numbers may differ by a thousandth of themselves, or by what a cell says: `#| tolerance: 0.05`, and
`#| tolerance: any` where it shows seconds."""
import json,math,os,re,sys,tempfile,time
from pathlib import Path

import nbformat
from execnb.nbio import dict2nb,write_nb
from fastcore.script import Param,call_parse
from filelock import FileLock
from nbclient import NotebookClient
from nbdev.clean import clean_nb
from page_code import outputs_from

root = Path(__file__).resolve().parent.parent
not_run = re.compile(r'^#\s*\|\s*(slow|cuda|eval:\s*false)\b|nbdev_export\(', re.M|re.I)

def default_nbs():
    "All notebooks of the project, those in hidden and generated folders left out."
    nbs = (root/'nbs').rglob('*.ipynb')
    return sorted(o for o in nbs if not any(p[0] in '._' for p in o.relative_to(root/'nbs').parts))

def kernel_env(tiny):
    "The size to run at, this checkout's package, and no players: recordings must not travel inside a notebook."
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get('PYTHONPATH')])])
    env = {**os.environ, 'HEARTBEAT_NB_SCALE':'tiny' if tiny else 'full', 'HEARTBEAT_PLAY_REAL':'0', 'PYTHONPATH':path}
    for o in 'IN_TEST','MPLBACKEND': env.pop(o, None) # a test's, and pictures that go nowhere
    return env

def places():
    "Folders of this machine and what a reader sees in their stead, inner folders first."
    names = {sys.prefix:'$VIRTUAL_ENV', str(root):'.', str(Path.home()):'~'}
    for v in ('HEARTBEAT_DATA', 'HEARTBEAT_SETS', 'HEARTBEAT_CACHE'):
        if path := os.environ.get(v): names |= dict.fromkeys((str(Path(path)), str(Path(path).resolve())), f'${v}')
    pattern = lambda k: re.compile(rf'(?<!\w){re.escape(k)}(?![\w.-])')
    return [(pattern(k), names[k]) for k in sorted(names, key=len, reverse=True) if len(k)>1]

def hide_places(o, names):
    "`o`, which may be nested as JSON is, with the folders of this machine replaced in every string."
    if isinstance(o, dict):
        return {k:v if k.startswith('image/') and 'svg' not in k else hide_places(v, names) for k,v in o.items()}
    if isinstance(o, list): return [hide_places(v, names) for v in o]
    if isinstance(o, str):
        for pat,name in names: o = pat.sub(name, o)
    return o

def tidy_text(name, text):
    "A terminal overwrites what stands before a `\\r`; on stderr only progress bars do that, and their lines go."
    lines = text.replace('\r\n', '\n').split('\n')
    if name=='stderr': return '\n'.join(o for o in lines if '\r' not in o)
    return '\n'.join(o.rstrip('\r').rpartition('\r')[2] for o in lines)

def is_progress(data):
    "Is this display a finished progress bar: a widget's shell, or HTML with nothing to see in it?"
    if 'application/vnd.jupyter.widget-view+json' in data:
        return bool(re.search(r'Progress|%\|', data.get('text/plain', '')))
    html = data.get('text/html', data.get('text/markdown'))
    if html is None or set(data)-{'text/html', 'text/markdown', 'text/plain'}: return False
    bar = r'<style>.*?</style>|<progress.*?</progress>[^<]*|</?(div|p)\b[^>]*>'
    return not re.sub(bar, '', html, flags=re.S).strip()

def tidy_outputs(outputs):
    "Join text that came in pieces and drop what progress bars left."
    res = []
    for o in outputs:
        if o.output_type=='stream' and res and res[-1].get('name')==o.name: res[-1].text += o.text
        elif not is_progress(o.get('data', {})): res.append(o)
    for o in res:
        if o.output_type=='stream': o.text = tidy_text(o.name, o.text)
        data = o.get('data', {})
        # a widget's view is of no use without its live state; its text stays
        data.pop('application/vnd.jupyter.widget-view+json', None)
        # fastcore's HTML shows itself also as a listing of its tags, which some viewers prefer
        if 'text/html' in data and data.get('text/markdown', '').startswith('```html'): del data['text/markdown']
    return [o for o in res if o.output_type!='stream' or o.text.strip()]

number = re.compile(r'(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?')

def differs(cell, new):
    "Where new outputs of a cell are not as the stored ones, in words; '' if they are."
    def text(outputs):
        each = [o.get('data') or {'text':o.get('text', '')} for o in outputs]
        said = '\n'.join(str(v) for o in each for k,v in sorted(o.items()) if not k.startswith('image/'))
        return re.sub(r'base64,[\w+/=\s]+|0x[0-9a-f]{6,}', '', said)
    said = re.search(r'^#\|\s*tolerance:\s*(\S+)', cell.source, re.M)
    tol = .001 if not said else math.inf if said[1]=='any' else float(said[1])
    a,b = map(text, (cell.outputs, new))
    x,y = map(number.findall, (a, b))
    if number.sub('', a)!=number.sub('', b) or len(x)!=len(y): return 'other words'
    off = [(u, v) for u,v in zip(x, y) if not math.isclose(float(u), float(v), rel_tol=tol, abs_tol=tol*1e-3)]
    return f'{off[0][1]} where {off[0][0]} is stored' if off and tol<math.inf else ''

def run_nb(path, tiny, timeout, compare=False):
    """Execute one notebook in a fresh kernel; write it back only if every cell ran, and not to compare.

    Returns the failure in words, or None."""
    nb,at = nbformat.read(path, as_version=4),[0]
    for c in nb.cells:
        if c.cell_type=='code' and not_run.search(c.source): c.metadata['tags'] = ['skip-execution']
    client = NotebookClient(nb, timeout=timeout, kernel_name='python3', record_timing=False, store_widget_state=False,
                            # the kernel's warnings are about sockets; a cell's errors come back anyway
                            extra_arguments=['--IPKernelApp.log_level=50'],
                            on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index))
    try: client.execute(cwd=str(path.parent), env=kernel_env(tiny))
    except Exception as e: # noqa: BLE001 whatever went wrong is told
        cell = nb.cells[at[0]]
        first = next((l for l in cell.source.splitlines() if l.strip() and not l.startswith('#|')), '')
        trace = re.sub(r'\x1b\[[\d;]*m', '', getattr(e, 'traceback', '')).strip().splitlines()
        said = f'{e.ename}: {e.evalue}' if hasattr(e, 'ename') else f'{type(e).__name__}: {e}'
        return '\n'.join([f'cell {at[0]} ({cell.get("id")}) `{first.strip()}`: {said}', *trace[-20:]])
    names,stored,other = places(),nbformat.read(path, as_version=4).cells,[]
    for c,old in zip(nb.cells, stored):
        # what a skipped cell stores was made by hand and stays
        if c.cell_type=='code' and 'tags' not in c.metadata:
            c.outputs = nbformat.from_dict(hide_places(tidy_outputs(c.outputs), names))
            if compare and (why := differs(old, c.outputs)): other.append(f'cell {c.id} shows {why}')
    if compare: return '; '.join(other) or None
    nb = dict2nb(json.loads(nbformat.writes(nb)))
    clean_nb(nb)
    tmp = path.with_name(f'.{path.name}.tmp')
    try: write_nb(nb, tmp); os.replace(tmp, path)
    finally: tmp.unlink(missing_ok=True)

def busy():
    "Seconds that processors worked for the kernels that have ended; other work on the machine does not change it."
    return os.times().children_user+os.times().children_system

def note(name, key, value):
    "Write a value into a table of nbs/results that grows by itself."
    file = root/'nbs'/'results'/name
    with FileLock(Path(tempfile.gettempdir())/f'{file.stem}.lock'): # several may run at once
        said = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(dict(sorted({**said, key:value}.items())), indent=1)+'\n')

@call_parse
def main(
    nbs:Param('Notebooks to run (default: all)', str, nargs='*', opt=False)=None,
    tiny:bool=False, # Run at tiny size rather than full
    timeout:int=7200, # Seconds one cell may take
    compare:bool=False, # Store nothing, and fail if a notebook would show something else
):
    "Run notebooks in place and store their outputs; one that fails stays as it was"
    failed = 0
    for path in [Path(o).resolve() for o in nbs or default_nbs()]:
        start,worked,shown = time.time(),busy(),os.path.relpath(path)
        problem = run_nb(path, tiny, timeout, compare)
        failed += problem is not None
        if problem is None and not (tiny or compare) and path.is_relative_to(root/'nbs'):
            # tools/check_nbs.py asks whether the code is still this, tools/course.py writes the seconds into the page
            note('stored.json', path.relative_to(root/'nbs').as_posix(), outputs_from(path))
            if path.parent.name=='tutorials': note('minutes.json', path.stem, round(busy()-worked))
        took = f'{shown}  {time.time()-start:.0f} s'
        if problem is None: print(f'ok   {took}  {path.stat().st_size/1e3:.0f} KB', flush=True)
        else: print(f'FAIL {took}  {problem}', flush=True)
    sys.exit(failed>0)
