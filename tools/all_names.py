"Write what `heartbeat_nb.all` imports and exports into nbs/01_all.ipynb: `python tools/all_names.py`, after nbdev_export."
import ast,json
from pathlib import Path
from textwrap import fill

from check_house import Module,floors,lib,root

path = root/'nbs'/'01_all.ipynb'
library = [o for floor in floors[:-2] for o in floor] # all but commands and widgets

def modules():
    "The modules of the library, floor by floor."
    found = [Module(o) for o in sorted(lib.rglob('*.py')) if o.stem[0]!='_']
    return sorted((o for o in found if o.folder in library), key=lambda o: (library.index(o.folder), o.name))

def names(mods):
    "What they make public, without type variables."
    types = {ast.unparse(t) for m in mods for o in m.tree.body if isinstance(o, ast.Assign) and 'TypeVar(' in ast.unparse(o)
             for t in (o.targets[0].elts if isinstance(o.targets[0], ast.Tuple) else o.targets)}
    return sorted({o for m in mods for o in m.public}-types, key=lambda o: (o.lower(), o))

def left_out(nb):
    "The names of fastai that the notebook says we leave to fastai."
    cell = next(''.join(c['source']) for c in nb['cells'] if ''.join(c['source']).startswith('#| export\n_theirs'))
    return set(ast.literal_eval(cell.partition('=')[2].strip()))

def main():
    nb,mods = json.loads(path.read_text(encoding='utf-8')),modules()
    imports = '\n'.join(f"from {o.name} import *" for o in mods)
    listed = fill(', '.join(repr(o) for o in names(mods) if o not in left_out(nb)), 118, initial_indent=' '*4,
                  subsequent_indent=' '*4, break_long_words=False)
    new = {'#| export\nfrom heartbeat_nb':f'#| export\n{imports}', '#| export\n_all_':f'#| export\n_all_ = [\n{listed}]'}
    for c in nb['cells']:
        for start,text in new.items():
            if ''.join(c['source']).startswith(start): c['source'] = text.splitlines(keepends=True)
    path.write_text(json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')

if __name__=='__main__': main()
