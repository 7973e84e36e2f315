"""What writes each file in nbs/results, and is it still true? `python tools/results.py list | run | check`.

nbs/results/manifest.csv is the table, a row a call. `files` names what it writes, with braces as a shell has them, or
says in parentheses why that is nothing. `by` is `PAGE#CELL`, a `#| slow` cell; `PAGE: CODE`, a call at the end of a
page; `tools/NAME.py ...`, a command; or `unexplained: WHY`. `needs` lists `recordings` (of HEARTBEAT_DATA), sets (by
their folders in HEARTBEAT_SETS), `gpu`, `amx`, `bf16` or `no_bf16` (a processor with AMX, with bfloat16, or without),
`idle` if it measures speed and nothing may run beside it, and `log` for files that grow by themselves and are never
stale. `minutes` were measured; `made` says what
the files were made from:

    code      the cell, and all cells of its page that it takes names from, directly or through others;
              comments, spaces and imports do not count
    recipes   those that this code names
    data      the frozen tables of the recordings and sets that it needs
    numerics  the number in heartbeat_nb.train.identity, raised whenever the package begins to give other numbers

A file is stale if one of these is not what it was, or is not known. What a page takes from the package is known by its
name and by that number, as in identities: a faster function makes nothing stale. Where a file holds an identity, its
numerics count too, and folds without one are stale, since no call would go on with them. If a call reads other files
of the table, what is in them does not count.

`list` says of every file whether it is fresh, stale (and why), missing or unexplained. `run NAME ...` makes some again,
by file, page or call, `run --stale` all that are not fresh: in the background, two calls at once, those of a page in
their order, and alone what wants to be alone. Old files are put aside beside the log. What failed or was stopped goes
on where it was when it is run again. `check` trains nothing; it fails, with a line a finding, on a file that is not
fresh (but for those that wait for a machine that few have: it counts them), in no row, or read by nothing; on a slow
cell in no row; on a row that does not fit its call; and on a page that only reads results and would show others than it
does."""
import builtins,csv,gzip,itertools,json,os,re,shutil,subprocess,sys,time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from fastcore.script import Param,call_parse
from filelock import FileLock,Timeout
from page_code import Cell,cells_of,needed

from heartbeat_nb.core import BadInput,cache_dir,digest,plain_errors,write_atomic
from heartbeat_nb.train.identity import numerics
from heartbeat_nb.train.recipes import recipes

root = Path(__file__).resolve().parent.parent
nbs,results,table = root/'nbs', root/'nbs'/'results', root/'nbs'/'results'/'manifest.csv'
columns,parts = ('files', 'by', 'needs', 'minutes', 'made'), ('code', 'recipes', 'data', 'numerics')
readers = 'results.ipynb','leaderboard.ipynb' # pages that only read files, and show the same everywhere

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
        if not self.page: return self.by
        if not (results/file).is_file(): return 'missing'
        if 'log' in self.needs: return 'fresh'
        if not self.made: return 'stale: made from something unknown'
        why = [k for k,a,b in zip(parts, self.stamp.split(':'), self.made.split(':')) if a!=b]
        held = json.loads((results/file).read_text(encoding='utf-8')) if file.endswith('.json') else {}
        if {'folds', 'classes'} <= held.keys() and not held.get('identity'): why.append('no identity')
        elif (held.get('identity') or {}).get('numerics', numerics)!=numerics: why.append('numerics of its identity')
        return f"stale: {', '.join(why)}" if why else 'fresh'
    def fresh(self): return all(self.state(o)=='fresh' for o in self.files)
    @property
    def waits(self): return not {'gpu', 'amx', 'bf16', 'no_bf16'}.isdisjoint(self.needs)

    def lacks(self):
        "What it needs that is not there."
        at = lambda v: Path(os.environ.get(v) or os.devnull)
        flags = cpu.read_text() if (cpu := Path('/proc/cpuinfo')).is_file() else ''
        there = dict(idle=True, log=True, gpu=shutil.which('nvidia-smi'), amx='amx_bf16' in flags,
                     bf16='bf16' in flags, no_bf16='bf16' not in flags)
        there['recordings'] = at('HEARTBEAT_DATA').is_dir() or str(at('HEARTBEAT_DATA'))=='kaggle'
        kept = lambda o: (at('HEARTBEAT_SETS')/o.partition('-')[0]).is_dir() # a set's table may have more in its name
        return [o for o in self.needs if not (there[o] if o in there else kept(o))]

def read_table():
    with table.open(encoding='utf-8', newline='') as f: return [Row(**o) for o in csv.DictReader(f)]
def write_table(rows):
    with write_atomic(table) as p, p.open('w', encoding='utf-8', newline='') as f:
        out = csv.DictWriter(f, columns, lineterminator='\n')
        out.writeheader()
        out.writerows(o.as_dict() for o in rows)

# Making files again

def home():
    "The folder of logs and locks."
    (path := cache_dir()/'results').mkdir(exist_ok=True)
    return path
def box_of(row):
    "A folder for the log of a call and its old files."
    box = home()/f"{re.sub('[^a-z0-9]+', '-', row.by.lower())[:60]}-{digest(row.by)[:6]}"
    box.mkdir(exist_ok=True)
    return box

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
            for o in row.files:
                if (results/o).exists(): shutil.move(results/o, box/o)
            mark.write_text(stamp)
        if row.page.suffix=='.py':
            if subprocess.run([sys.executable, *os.path.expandvars(by).split()], cwd=root).returncode: sys.exit(1)
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
        log,start,line = box_of(row)/'log',time.time(),[sys.executable, __file__, 'make', row.by]
        print(f'...  {row.said[:60]}  (log: {log})', flush=True)
        env = ({} if 'idle' in row.needs else dict(OMP_NUM_THREADS='1')) | kernel_env(False) | dict(MPLBACKEND='agg')
        with log.open('w') as f:
            bad = subprocess.run(line, env=env, stdin=subprocess.DEVNULL, stdout=f, stderr=f).returncode
        why = (log.read_text().strip().splitlines() or [f'exit code {bad}'])[-1:] if bad else []
        print(f"{'FAIL' if bad else 'ok  '} {row.said[:60]}  {(time.time()-start)/60:.1f} min", *why, flush=True)
        return not bad
    pages = [list(g) for _,g in itertools.groupby(sorted(rows, key=lambda o: str(o.page)), lambda o: o.page)]
    with ThreadPoolExecutor(2) as pool: done = list(pool.map(lambda g: [one(o) for o in g], pages))
    return all(itertools.chain(*done))

def in_background(rows):
    "Run the same command, to stay, in a process of its own."
    line = [sys.executable, __file__, 'run', *(o.by for o in rows), '--wait'] # argparse wants names first
    with (log := home()/'log').open('a') as f:
        subprocess.Popen(line, stdout=f, stderr=f, stdin=subprocess.DEVNULL, start_new_session=True)
    print(f'They run in the background, and {log} says how they fare.')

def choose(rows, names, every, most):
    "The calls to make: some by name, or those that are not fresh, or all; after those of their pages they go on from."
    stems = {o:{o.by, o.by.partition('#')[0], *o.files, *(Path(f).stem for f in o.files)} for o in rows}
    due = lambda o: o.page and 'log' not in o.needs and (every or not o.fresh())
    asked = [o for o in rows if (stems[o] & {*names} if names else due(o))]
    if unknown := [n for n in names if not any(n in o for o in stems.values())]:
        raise BadInput(f"Nothing in {table.name} is called '{unknown[0]}'. "
                       'Give a file of nbs/results, a page, or PAGE#CELL.')
    for o in asked:
        if not o.page: raise BadInput(f'{o.said} cannot be made. It is {o.by}.')
        if names and (gone := ', '.join(o.lacks())):
            raise BadInput(f'{o.by} needs {gone}, which is not here. '
                           'Recordings are looked for in HEARTBEAT_DATA, sets in HEARTBEAT_SETS.')
    able = [o for o in asked if o.files and not o.lacks() and (not most or float(o.minutes or 'inf')<=most)]
    first = {(o.page, c.id) for o in able for c in o.code if c.slow}
    todo = [o for o in rows if o in able or o.files and (o.page, o.cell) in first and not o.fresh()]
    print(f'{len(todo)} calls to make; {len(asked)-len(able)} left out, which write nothing here, take longer, or need '
          'what is not there')
    return todo

# Findings

def findings(rows):
    "Yield what is wrong."
    said,called = [f for o in rows for f in o.files],set()
    yield from (f'{o}: in no row' for o in sorted({p.name for p in results.iterdir()}-{table.name, *said}))
    yield from (f'{o}: in several rows' for o in sorted({o for o in said if said.count(o)>1}))
    paths = {*nbs.rglob('*.ipynb'), *(root/'tools').glob('*.py')}-{Path(__file__).resolve()}
    every = {o:cells_of(o) for o in sorted(paths) if not any(p[0] in '._' for p in o.relative_to(root).parts)}
    readable = [o for cells in every.values() for o in cells if not o.slow]
    for row in rows:
        if row.cell and row.cell not in [o.id for o in every.get(row.page, ()) if o.slow]:
            yield f'{row.by}: no such slow cell'
            continue
        code = row.code if row.page else []
        called |= {(row.page, o.id) for o in code}
        known = {*dir(builtins), '__file__'}.union(*(o.gives for o in code))
        lost = set().union(*(o.takes | o.later for o in code))-known if not any(o.brings_all for o in code) else ()
        yield from (f'{row.by}: {o} comes from nowhere' for o in sorted(lost))
        for f in row.files:
            if (state := row.state(f))!='fresh' and not row.waits: yield f'{f}: {state}'
            if code and not any(o.speaks_of(f) for o in code): yield f'{f}: {row.by} does not speak of it'
            if not any(o.speaks_of(f) for o in readable if o not in code): yield f'{f}: nothing reads it'
    yield from (f'{p.relative_to(nbs)}#{o.id}: a slow cell in no row' for p,cells in every.items() for o in cells
                if o.slow and (p, o.id) not in called)

@call_parse
def main(
    command:Param('What to do', str, choices=['list', 'run', 'check', 'make']), # make: what `run` calls itself with
    names:Param('For run: files, pages or calls', str, nargs='*', opt=False)=(),
    stale:bool=False, # For run: all that are not fresh
    all:bool=False, # For run: all, fresh or not
    most:float=0., # For run: only what was measured to take at most so many minutes
    wait:bool=False, # For run: stay until all is made, and fail if anything failed
):
    "Show, make again or check the files in nbs/results"
    with plain_errors():
        rows = read_table()
        if command=='make': make(names[0])
        if command=='list':
            told = [(o.state(f), f, o.by, f'{o.minutes} min' if o.minutes else '') for o in rows for f in o.files]
            for o in told: print('  '.join(o).strip())
            kinds = 'fresh','stale','missing','unexplained'
            print(', '.join(f'{sum(o[0].startswith(k) for o in told)} {k}' for k in kinds))
        if command=='run':
            if not (names or stale or all): raise BadInput('Name files to make, or say --stale, or --all.')
            todo = choose(rows, names, all, most)
            if wait: sys.exit(not run(todo))
            if todo: in_background(todo)
        if command=='check':
            from run_nbs import run_nb
            shows = [f'{o}: {why}' for o in readers if (why := run_nb(nbs/o, False, 600, True))]
            found = [*findings(rows), *shows]
            for o in found: print(o)
            waiting = sum(o.state(f)!='fresh' for o in rows if o.waits for f in o.files)
            print(f'{len(rows)} calls, {sum(len(o.files) for o in rows)} files, {len(found)} findings; '
                  f'{waiting} files wait for a machine that few have')
            sys.exit(bool(found))
