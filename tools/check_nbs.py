"""Look at what the notebooks store: `python tools/check_nbs.py [NOTEBOOK ...]`.

One line a finding, exit 1 if there is any."""
import ast,json,re,sys
from functools import cache
from pathlib import Path

from fastcore.script import Param,call_parse

import course
from page_code import outputs_from

root = Path(__file__).resolve().parent.parent
max_nb,max_output = 1_500_000,200_000 # bytes: pages must stay quick to load and diffs readable
unshown = re.compile(r'^#\s*\|\s*(hide|export|exports|exporti|default_exp|slow|cuda|eval:\s*false)\b', re.M|re.I)
machine_path = re.compile(r'(?<![\w.~$])/(?:home|root|work|Users)/[^\s\'"<>)]*')
base64 = re.compile(r'base64,[A-Za-z0-9+/=\s]+')

@cache
def stored(): return json.loads((root/'nbs'/'results'/'stored.json').read_text(encoding='utf-8'))

def text(o): return ''.join(o) if isinstance(o, list) else o

def ends_in_value(src):
    "Does the last line of this cell give a value to look at?"
    src = re.sub(r'^\s*[%!].*$', '', src, flags=re.M)
    try: body = ast.parse(src).body
    except SyntaxError: return False
    if not body or not isinstance(body[-1], ast.Expr) or src.rstrip().endswith(';'): return False
    last = body[-1].value
    return not (isinstance(last, ast.Call) and ast.unparse(last.func).split('.')[-1].startswith('test_'))

def output_texts(o):
    "All that can be read in one output; pictures and sounds left out."
    if 'text' in o: yield text(o['text'])
    for k,v in o.get('data', {}).items():
        if not k.startswith('image/') or 'svg' in k:
            yield base64.sub('', text(v) if isinstance(v, (str,list)) else json.dumps(v))

def findings(path):
    "Yield what is wrong with one notebook."
    if path.stat().st_size>max_nb: yield f'{path.stat().st_size/1e6:.1f} MB, at most {max_nb/1e6} MB'
    if path.parent.name=='tutorials': yield from course.findings(path)
    if path.is_relative_to(root/'nbs') and stored().get(path.relative_to(root/'nbs').as_posix())!=outputs_from(path):
        yield 'its code is not what its outputs were stored from: run tools/run_nbs.py on it'
    cells = json.loads(path.read_text(encoding='utf-8'))['cells']
    if re.sub(r'^(# |> ).*', '', text(cells[0]['source']), flags=re.M).strip():
        yield 'has more than a title and a description in its first cell: pages show no more than these'
    code = [(i,c,text(c['source'])) for i,c in enumerate(cells) if c['cell_type']=='code']
    shows = [c for _,c,src in code if not unshown.search(src) and ends_in_value(src)]
    if shows and not any(c['outputs'] for c in shows): yield 'never run: no output is stored'
    for i,c,_ in code:
        for o in c['outputs']:
            where = f"cell {i} ({c.get('id')})"
            if o['output_type']=='error': yield f"{where}: stored error {o['ename']}: {o['evalue']}"
            size = len(json.dumps(o, ensure_ascii=False).encode())
            if size>max_output: yield f'{where}: an output of {size/1e3:.0f} KB, at most {max_output/1e3:.0f} KB'
            for m in {m[0] for t in output_texts(o) for m in machine_path.finditer(t)}:
                yield f'{where}: path of a machine: {m}'

@call_parse
def main(
    nbs:Param('Notebooks to check (default: all)', str, nargs='*', opt=False)=None,
):
    "Fail if a notebook was not run since its code changed, or stores an error, a path of a machine, or too much"
    hidden = lambda o: any(p[0] in '._' for p in o.relative_to(root).parts)
    if not nbs: nbs = [o for o in (root/'nbs').rglob('*.ipynb') if not hidden(o)]
    found = [f'{o}: {f}' for o in sorted(map(Path, nbs)) for f in findings(o)]
    for f in found: print(f.replace(f'{root}/', ''))
    print(f'{len(nbs)} notebooks, {len(found)} findings')
    sys.exit(bool(found))
