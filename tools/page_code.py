"""Which cells of a page a call takes names from, directly or through others; for tools/results.py.

Names are looked for where Python would find them if the page ran from its top: in the last cell before that gives the
name, and in the cells between that change what is inside it, as `x.append(1)` does. Those that a function takes when it
is called are looked for from the call."""
import ast,hashlib,json,re,symtable,tokenize
from functools import cache,cached_property
from io import StringIO
from pathlib import Path

unrun = re.compile(r'^#\s*\|\s*eval:\s*false|nbdev_export\(', re.M)
slow = re.compile(r'^#\s*\|\s*slow\b', re.M)

def assigned(t): return {o.get_name() for o in t.get_symbols() if o.is_assigned() or o.is_imported()}
def free(t):
    "Globals that are looked up in functions, when these are called."
    return {o.get_name() for o in t.get_symbols() if o.is_global()}.union(*map(free, t.get_children()))

def changed(o):
    "Variables whose inside a statement changes: x in x.append(1) and x[0] = 1."
    for e in ast.walk(o) if not isinstance(o, (ast.FunctionDef, ast.ClassDef)) else ():
        calls = isinstance(e, ast.Expr) and isinstance(e.value, ast.Call)
        at = e.value.func if calls else e if isinstance(getattr(e, 'ctx', None), ast.Store) else None
        if not isinstance(at, (ast.Attribute, ast.Subscript)): continue
        while isinstance(at, (ast.Attribute, ast.Subscript)): at = at.value
        if isinstance(at, ast.Name): yield at.id

class Cell:
    "Some code: the names it gives, changes and takes, and the strings it holds."
    def __init__(self, id, src):
        self.id,self.src,self.slow = id,src,bool(slow.search(src))
        self.plain = re.sub(r'^\s*[%!].*$', '', src, flags=re.M)
        self.tree,names = ast.parse(self.plain),symtable.symtable(self.plain, id, 'exec')
        self.imports = [o for o in self.tree.body if isinstance(o, (ast.Import, ast.ImportFrom))]
        self.gives,self.changes = assigned(names),{v for o in self.tree.body for v in changed(o)}
        self.brings = {o.get_name() for o in names.get_symbols() if o.is_imported()}
        self.brings_all = any(a.name=='*' for o in self.imports for a in o.names)
        self.later,self.takes,known = set().union(*map(free, names.get_children()))-self.gives,set(),set()
        for o in self.tree.body:
            t = symtable.symtable(ast.unparse(o), id, 'exec')
            read = {s.get_name() for s in t.get_symbols() if s.is_referenced()}
            if not isinstance(o, (ast.FunctionDef, ast.ClassDef)): read = read.union(*map(free, t.get_children()))
            first = set() if isinstance(o, (ast.Assign, ast.AugAssign)) else assigned(t) # as the o of `for o in ...`
            self.takes |= read-known-first
            known |= assigned(t)

    @cached_property
    def text(self):
        "The code without comments, spaces and imports."
        lines = self.plain.splitlines()
        for o in tokenize.generate_tokens(StringIO(self.plain+'\n').readline):
            if o.type==tokenize.COMMENT: lines[o.start[0]-1] = lines[o.start[0]-1][:o.start[1]]
        taken = {i for o in self.tree.body if o not in self.imports for i in (o.lineno, o.end_lineno)}
        for o in self.imports:
            for i in {*range(o.lineno, o.end_lineno+1)}-taken: lines[i-1] = ''
        return ''.join(''.join(lines).split())

    @cached_property
    def strings(self):
        found = [o.value for o in ast.walk(self.tree) if isinstance(o, ast.Constant)]
        return {o for o in found if isinstance(o, str)}

    @cached_property
    def stems(self):
        "Patterns of what its strings can be, without folder and suffix."
        filled = [[v.value if isinstance(v, ast.Constant) else '*' for v in o.values] for o in ast.walk(self.tree)
                  if isinstance(o, ast.JoinedStr)]
        stems = {o.rpartition('/')[2].partition('.')[0] for o in {*map(''.join, filled), *self.strings} if len(o)<200}
        telling = [re.escape(o).replace(r'\*', '.*') for o in stems if len(o.replace('*', ''))>2]
        return re.compile('|'.join(telling) or r'\Z.')
    def speaks_of(self, file): return self.stems.fullmatch(Path(file).stem)

@cache
def cells_of(path):
    "The code cells of a page that are run, or the statements of a tool."
    src = path.read_text(encoding='utf-8')
    if path.suffix=='.py':
        return [Cell(str(i), ast.get_source_segment(src, o, padded=True)) for i,o in enumerate(ast.parse(src).body)]
    code = [(o['id'], ''.join(o['source'])) for o in json.loads(src)['cells'] if o['cell_type']=='code']
    return [Cell(*o) for o in code if not unrun.search(o[1])]

def outputs_from(path):
    "A digest of the code that the stored outputs of a page are of: slow cells store what was made by hand."
    code = ''.join(o.text for o in cells_of(path) if not o.slow)
    return hashlib.blake2b(code.encode(), digest_size=4).hexdigest()

def needed(cells):
    "The last of these cells, after all that it takes names from."
    last,modules = len(cells)-1,set().union(*(o.brings for o in cells))
    ask = lambda i: [*((o, i) for o in cells[i].takes), *((o, last) for o in cells[i].later)]
    keep,todo,seen = {last},ask(last),set()
    while todo:
        if (pair := todo.pop()) in seen: continue
        seen.add(pair)
        for c,i in [(cells[i], i) for i in reversed(range(pair[1]))]:
            if not (pair[0] in c.gives | (c.changes-modules) or c.brings_all): continue
            if i not in keep: todo += ask(i)
            keep.add(i)
            if pair[0] in c.gives: break
    return [cells[i] for i in sorted(keep)]
