"""What writes each file in nbs/results, and is it still true? `python tools/results.py list | run | check`.

nbs/results/manifest.csv is the table, a row a call. `files` names what it writes, with braces as a shell has them, or says
in parentheses why that is nothing. `by` is `PAGE#CELL`, a `#| slow` cell; `PAGE: CODE`, a call at the end of a page;
`tools/NAME.py ...`, a command; or `unexplained: WHY`. `needs` lists `recordings` (the folder in HEARTBEAT_DATA), sets (by
their folders in HEARTBEAT_SETS), `gpu`, `idle` if it measures speed and nothing may run beside it, and `log` for files
that grow by themselves and are never stale. `minutes` were measured; `made` says what the files were made from:

    code      the cell, and all cells of its page that it takes names from, directly or through others;
              comments, spaces and imports do not count
    recipes   those that this code names
    data      the frozen tables of the sets that it needs, and of the recordings
    numerics  the number in heartbeat_nb.train.identity, raised whenever the package begins to give other numbers

A file is stale if one of these is not what it was, or not known. What a page takes from the package is known by its name
and by that number, as in identities: a faster function makes nothing stale. Where a file holds an identity, its numerics
count too, and folds without one are stale, since no call would go on with them. Files that a call reads are not followed.

`list` says of every file whether it is fresh, stale (and why), missing or unexplained. `run NAME ...` makes files again, by
file, page or call, `run --stale` all that are not fresh, after what they take names from: in the background, two at once, one page's in order,
old files put aside first. What failed or was stopped goes on where it was when it is run again. `check` trains nothing
and fails, with a line a finding, on a file that is not fresh, in no row, or read by nothing; on a slow cell in no row; on
a row whose call does not fit it; and on a page that only reads results and would show others."""
import ast,csv,gzip,itertools,json,os,re,shutil,subprocess,sys,symtable,time,tokenize
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache,cached_property
from io import StringIO
from pathlib import Path

from fastcore.script import Param,call_parse
from filelock import FileLock,Timeout

from heartbeat_nb.core import BadInput,cache_dir,digest,plain_errors,write_atomic
from heartbeat_nb.train.identity import numerics
from heartbeat_nb.train.recipes import recipes

root = Path(__file__).resolve().parent.parent
nbs,results,table = root/'nbs', root/'nbs'/'results', root/'nbs'/'results'/'manifest.csv'
columns,parts = ('files', 'by', 'needs', 'minutes', 'made'), ('code', 'recipes', 'data', 'numerics')
readers = 'results.ipynb','leaderboard.ipynb' # pages that only read files, and show the same everywhere
unrun = re.compile(r'^#\s*\|\s*eval:\s*false|nbdev_export\(', re.M)
slow = re.compile(r'^#\s*\|\s*(slow|cuda)\b', re.M)

# Code: the cells of a page or the statements of a tool, and which of them a call takes names from

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
        for o in self.imports: lines[o.lineno-1:o.end_lineno] = ['']*(o.end_lineno-o.lineno+1)
        return ''.join(''.join(lines).split())

    @cached_property
    def strings(self): return {o.value for o in ast.walk(self.tree) if isinstance(o, ast.Constant) and isinstance(o.value, str)}

    @cached_property
    def stems(self):
        "Patterns of what its strings can be, without folder and suffix."
        filled = [[v.value if isinstance(v, ast.Constant) else '*' for v in o.values] for o in ast.walk(self.tree)
                  if isinstance(o, ast.JoinedStr)]
        stems = {o.rpartition('/')[2].partition('.')[0] for o in {*map(''.join, filled), *self.strings} if len(o)<200}
        return re.compile('|'.join(re.escape(o).replace(r'\*', '.*') for o in stems if len(o.replace('*', ''))>2) or r'\Z.')
    def speaks_of(self, file): return self.stems.fullmatch(Path(file).stem)

@cache
def cells_of(path):
    "The code cells of a page that are run, or the statements of a tool."
    src = path.read_text(encoding='utf-8')
    if path.suffix=='.py':
        return [Cell(str(i), ast.get_source_segment(src, o, padded=True)) for i,o in enumerate(ast.parse(src).body)]
    code = [(o['id'], ''.join(o['source'])) for o in json.loads(src)['cells'] if o['cell_type']=='code']
    return [Cell(*o) for o in code if not unrun.search(o[1])]

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

# The table

def frozen(name):
    "The head of a frozen table, with its digest; '' if the set has none."
    path = root/'heartbeat_nb'/'bench'/f"{'pascal' if name=='recordings' else name}.csv.gz"
    return gzip.decompress(path.read_bytes()).partition(b'\n')[0].decode() if path.is_file() else ''

class Row:
    "A call, and the files that it writes."
    def __init__(self, files, by, needs, minutes, made):
        self.said,self.by,self.needs,self.minutes,self.made = files,by,needs.split(),minutes,made
        split = [re.split(r'{(.*?)}', o) for o in files.split()] if files[:1]!='(' else []
        self.files = [''.join(o) for s in split for o in itertools.product(*(v.split(',') for v in s))]
        at = re.match(r'([\w./-]+\.ipynb)(?:#(\S+)|: (.+))$|(tools/\w+\.py)(?: --(?:parts )?(\w+))?', by)
        page,self.cell,self.call,tool,part = at.groups() if at else [None]*5
        self.page = nbs/page if page else root/tool if tool else None
        self.call = self.call or part or 'main' # of a tool: what its first option names, or main
    def as_dict(self): return dict(zip(columns, (self.said, self.by, ' '.join(self.needs), self.minutes, self.made)))

    @cached_property
    def code(self):
        "All cells that the call is made of, itself the last."
        cells = cells_of(self.page)
        if self.cell: return needed(cells[:[o.id for o in cells].index(self.cell)+1])
        return needed([*cells, Cell('call', self.call)])

    @property
    def stamp(self):
        "What the files would be made from today."
        said,data = set().union(*(o.strings for o in self.code)),sorted({frozen(o) for o in self.needs}-{''})
        used = [[k, sorted((a, str(b)) for a,b in asdict(v).items())] for k,v in sorted(recipes.items()) if k in said]
        short = lambda o: digest(o)[:8] if o else ''
        return ':'.join([short(''.join(o.text for o in self.code)), short(used), short(data), str(numerics)])

    def state(self, file):
        "fresh, stale: WHY, missing or unexplained."
        if not self.page: return 'unexplained'
        if not (results/file).is_file(): return 'missing'
        if 'log' in self.needs: return 'fresh'
        if not self.made: return 'stale: made from something unknown'
        why = [k for k,a,b in zip(parts, self.stamp.split(':'), self.made.split(':')) if a!=b]
        held = json.loads((results/file).read_text(encoding='utf-8')) if file.endswith('.json') else {}
        if {'folds', 'classes'} <= held.keys() and not held.get('identity'): why.append('no identity')
        elif (held.get('identity') or {}).get('numerics', numerics)!=numerics: why.append('numerics of its identity')
        return f"stale: {', '.join(why)}" if why else 'fresh'
    def fresh(self): return all(self.state(o)=='fresh' for o in self.files)

    def lacks(self):
        "What it needs that is not there."
        at = lambda v: Path(os.environ.get(v) or os.devnull)
        there = dict(idle=True, log=True, gpu=shutil.which('nvidia-smi'), recordings=at('HEARTBEAT_DATA').is_dir())
        return [o for o in self.needs if not (there[o] if o in there else (at('HEARTBEAT_SETS')/o).is_dir())]

def read_table():
    with table.open(encoding='utf-8', newline='') as f: return [Row(**o) for o in csv.DictReader(f)]
def write_table(rows):
    with write_atomic(table) as p, p.open('w', encoding='utf-8', newline='') as f:
        out = csv.DictWriter(f, columns, lineterminator='\n')
        out.writeheader()
        out.writerows(o.as_dict() for o in rows)

# Making files again

def home(): return cache_dir()/'results'
def box_of(row): return home()/f"{re.sub('[^a-z0-9]+', '-', row.by.lower())[:60]}-{digest(row.by)[:6]}"

def take_turn(row, held):
    "Wait until the call may run: after others of its page, as one of two, or alone."
    held.enter_context(FileLock(home()/f'{row.page.stem}.lock'))
    places = [FileLock(home()/f'place-{i}.lock') for i in (0, 1)]
    if 'idle' in row.needs: return [held.enter_context(o) for o in places]
    for o in itertools.cycle(places):
        try: return held.enter_context(o.acquire(timeout=1))
        except Timeout: pass

def make(by):
    "Make the files of one call here and now, and note what they are made from."
    row, = (o for o in read_table() if o.by==by)
    box,stamp,mark = box_of(row),row.stamp,box_of(row)/'under_way'
    with ExitStack() as held:
        take_turn(row, held)
        start,goes_on = time.time(),mark.is_file() and mark.read_text()==stamp
        if not goes_on:
            for o in row.files: (results/o).exists() and shutil.move(results/o, box/o)
            mark.write_text(stamp)
        if row.page.suffix=='.py': subprocess.run([sys.executable, *os.path.expandvars(by).split()], cwd=root, check=True)
        else:
            from IPython.core.interactiveshell import InteractiveShell
            os.chdir(row.page.parent)
            shell = InteractiveShell.instance(colors='nocolor')
            if not all(shell.run_cell(o.src).success for o in row.code): sys.exit(1)
        if gone := [o for o in row.files if not (results/o).is_file()]: sys.exit(f"It did not write {', '.join(gone)}.")
        held.enter_context(FileLock(home()/'table.lock'))
        rows = read_table()
        row, = (o for o in rows if o.by==by)
        row.made,row.minutes = stamp,row.minutes if goes_on else f'{(time.time()-start)/60:.1f}'
        write_table(rows)
        mark.unlink()

def run(rows):
    "Make the files of calls, two at once; True if all went well."
    from run_nbs import kernel_env
    def one(row):
        log,start = box_of(row)/'log',time.time()
        log.parent.mkdir(parents=True, exist_ok=True)
        print(f'...  {row.by}  (log: {log})', flush=True)
        env = ({} if 'idle' in row.needs else dict(OMP_NUM_THREADS='1')) | kernel_env(False) | dict(MPLBACKEND='agg')
        with log.open('w') as f:
            bad = subprocess.run([sys.executable, __file__, 'make', row.by], env=env, stdin=subprocess.DEVNULL, stdout=f,
                                 stderr=f).returncode
        why = log.read_text().strip().splitlines()[-1:] if bad else []
        print(f"{'FAIL' if bad else 'ok  '} {row.by}  {(time.time()-start)/60:.1f} min", *why, flush=True)
        return not bad
    pages = [list(g) for _,g in itertools.groupby(sorted(rows, key=lambda o: str(o.page)), lambda o: o.page)]
    with ThreadPoolExecutor(2) as pool: return all(list(pool.map(lambda g: all([one(o) for o in g]), pages)))

def choose(rows, names, most):
    "The calls to make: some by name, or all that are not fresh; after those of their pages that they go on from."
    stems = {o:{o.by, o.by.partition('#')[0], *o.files, *(Path(f).stem for f in o.files)} for o in rows}
    asked = [o for o in rows if (stems[o] & {*names} if names else o.page and not o.fresh())]
    if unknown := [n for n in names if not any(n in o for o in stems.values())]:
        raise BadInput(f"Nothing in {table.name} is called '{unknown[0]}'. Give a file of nbs/results, a page, or PAGE#CELL.")
    for o in asked:
        if not o.page: raise BadInput(f'{o.said} cannot be made, it is {o.by}.')
        if names and o.lacks():
            raise BadInput(f"{o.by} needs {', '.join(o.lacks())}: set HEARTBEAT_DATA and HEARTBEAT_SETS to folders with them.")
    able = [o for o in asked if o.files and not o.lacks() and (not most or float(o.minutes or 'inf')<=most)]
    print(f'{len(able)} calls to make, {len(asked)-len(able)} left out: they need what is not there, or take longer')
    first = {(o.page, c.id) for o in able for c in o.code if c.slow}
    return [o for o in rows if o in able or o.files and (o.page, o.cell) in first and not o.fresh()]

# Findings

def findings(rows):
    "Yield what is wrong."
    said,called = [f for o in rows for f in o.files],set()
    yield from (f'{o}: in no row' for o in sorted({p.name for p in results.iterdir()}-{table.name, *said}))
    yield from (f'{o}: in several rows' for o in sorted({o for o in said if said.count(o)>1}))
    paths = [*nbs.rglob('*.ipynb'), *(root/'tools').glob('*.py')]
    every = {o:cells_of(o) for o in paths if not any(p[0] in '._' for p in o.relative_to(root).parts) and o!=Path(__file__).resolve()}
    readable = [o for p,cells in every.items() if p.name!='results.ipynb' for o in cells if not o.slow]
    for row in rows:
        if row.cell and row.cell not in [o.id for o in every.get(row.page, ()) if o.slow]:
            yield f'{row.by}: no such slow cell'
            continue
        code = row.code if row.page else []
        called |= {(row.page, o.id) for o in code}
        for f in row.files:
            if (state := row.state(f))!='fresh': yield f'{f}: {state}'
            if code and not any(o.speaks_of(f) for o in code): yield f'{f}: {row.by} does not speak of it'
            if not any(o.speaks_of(f) for o in readable if o not in code): yield f'{f}: nothing reads it'
    yield from (f'{p.relative_to(nbs)}#{o.id}: a slow cell in no row' for p,cells in every.items() for o in cells
                if o.slow and (p, o.id) not in called)

@call_parse
def main(
    command:Param('What to do', str, choices=['list', 'run', 'check', 'make']), # make: what `run` calls itself with
    names:Param('For run: files, pages or calls', str, nargs='*', opt=False)=None,
    stale:bool=False, # For run: all that are not fresh
    most:float=0., # For run: with --stale, only what was measured to take at most so many minutes
    wait:bool=False, # For run: stay until all is made, and fail if anything failed
):
    "Show, make again or check the files in nbs/results"
    with plain_errors():
        rows,home_log = read_table(),home()/'log'
        if command=='make': make(names[0])
        if command=='list':
            told = [(o.state(f), f, o.by, f'{o.minutes} min' if o.minutes else '') for o in rows for f in o.files]
            for o in told: print('  '.join(o).strip())
            print(', '.join(f"{sum(o[0].startswith(k) for o in told)} {k}" for k in ('fresh', 'stale', 'missing', 'unexplained')))
        if command=='run':
            if not names and not stale: raise BadInput('Say which files to make: by name, or all that are not fresh with --stale.')
            todo = choose(rows, names, most)
            home().mkdir(exist_ok=True)
            if wait: sys.exit(not run(todo))
            line = [sys.executable, __file__, 'run', *(o.by for o in todo), '--wait']
            if todo:
                with home_log.open('a') as f: subprocess.Popen(line, stdout=f, stderr=f, stdin=subprocess.DEVNULL, start_new_session=True)
                print(f'They run in the background, and {home_log} says how they fare.')
        if command=='check':
            from run_nbs import run_nb
            shows = [f'{o}: {why}' for o in readers if (why := run_nb(nbs/o, False, 600, True))]
            for o in (found := [*findings(rows), *shows]): print(o)
            print(f'{len(rows)} calls, {sum(len(o.files) for o in rows)} files, {len(found)} findings')
            sys.exit(bool(found))
