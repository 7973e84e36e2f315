"Write what `heartbeat_nb.all` brings into nbs/01_all.ipynb, after nbdev_export: `python tools/all_names.py`."
import ast,json
from textwrap import fill

from check_house import Module,floors,lib,root

path = root/'nbs'/'01_all.ipynb'
library = [o for floor in floors[:-2] for o in floor] # all but widgets and commands

def modules():
    "The modules of the library, floor by floor."
    found = [Module(o) for o in sorted(lib.rglob('*.py')) if o.stem[0]!='_']
    return sorted((o for o in found if o.folder in library), key=lambda o: (library.index(o.folder), o.name))

def source(cell): return ''.join(cell['source'])

def main():
    nb,mods = json.loads(path.read_text(encoding='utf-8')),modules()
    theirs = next(source(c) for c in nb['cells'] if source(c).startswith('theirs = '))
    names = sorted({o for m in mods for o in m.public}-set(ast.parse(theirs).body[0].value.func.value.value.split()))
    listed = fill(', '.join(map(repr, names)), 116, initial_indent='    ', subsequent_indent='    ')
    imports = '\n'.join(f'from {o.name} import *' for o in mods)
    new = {'from heartbeat_nb.core':imports, '__all__ = [\n':f'__all__ = [\n{listed}]'}
    for c in nb['cells']:
        for start,text in new.items():
            if source(c).startswith(f'#| export\n{start}'): c['source'] = f'#| export\n{text}'.splitlines(keepends=True)
    path.write_text(json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')

if __name__=='__main__': main()
