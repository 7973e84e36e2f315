"""Put into every tutorial what all have in common: `python tools/course.py`.

The Colab badge, the cell that sets Colab up, the page's minutes, and a last cell that runs the answers of its exercises
in tests. `python tools/course.py --report [PAGE ...]` says what can be counted of how well a page teaches, with each
fault of the pages that are named, as `01 08`; `--check [PAGE ...]` prints faults alone, and fails if there is any."""
import argparse,ast,json,os,re,sys
from configparser import ConfigParser
from pathlib import Path

root = Path(__file__).resolve().parent.parent
tutorials = root/'nbs'/'tutorials'
words,lines,most = 200,30,14 # words and lines of code read in a minute; minutes a page may take to read: under 15
know,took = 'What you will know at the end', 'Running this page took'
answer = re.compile(r'<details>\n<summary>Answer</summary>\n\n.+?\n\n</details>', re.S)
fenced = re.compile(r'^```py(?:thon)?\n(.*?)^```', re.M|re.S)

setup = """#| hide
# In Google Colab this fetches the page's files and the versions it was written with, and asks for the recordings.
# Anywhere else it does nothing.
import os,sys
if 'google.colab' in sys.modules and not os.path.exists('../results'):
    !git clone -q --depth 1 --branch {branch} {git_url}
    %pip install -q './{repo}[{extras}]'
    %cd -q {repo}/nbs/tutorials
    os.environ['HEARTBEAT_DATA'] = 'kaggle'"""

last = """#| hide
# A test runs the answers to the exercises as well. Anywhere else this does nothing.
import os,sys
if os.environ.get('IN_TEST'):
    sys.path.append('../../tools')
    import course
    course.run_answers('{name}.ipynb', globals())"""

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

def put(cells, kind, found, text, at, id):
    "Make the cell that `found` knows say `text`; if there is none, put one at `at`."
    cell = next((c for c in cells if c['cell_type']==kind and found(source(c))), None)
    if not cell:
        cell = dict(cell_type=kind, id=f'course-{id}', metadata={}, source=[])
        if kind=='code': cell.update(execution_count=None, outputs=[])
        cells.insert(at, cell)
    cell['source'] = text.splitlines(keepends=True)

def dress(cells, name):
    "Put badge, first and last cell and minutes where they belong."
    cfg,runs = settings(),measured()
    put(cells, 'markdown', lambda s: s.startswith('[![Open'), badge(cfg, name), 1, 'markdown')
    first = next(i for i,c in enumerate(cells) if c['cell_type']=='code')
    put(cells, 'code', lambda s: 'google.colab' in s, setup_cell(cfg), first, 'code')
    put(cells, 'code', lambda s: 'course.run_answers' in s, last.format(name=name), len(cells), 'answers')
    intro = next((c for c in cells if c['cell_type']=='markdown' and know in source(c)), None)
    if not intro or name not in runs: return
    parts = [p for p in source(intro).split('\n\n') if not p.startswith(took)]
    at = next(i for i,p in enumerate(parts) if know in p)
    intro['source'] = '\n\n'.join([*parts[:at+1], minutes(cells, runs[name]), *parts[at+1:]]).splitlines(keepends=True)

def findings(path):
    "Yield what a tutorial lacks."
    cells = cells_of(path)
    text = '\n\n'.join(source(c) for c in cells if c['cell_type']=='markdown')
    before = [source(c) for c in cells]
    if know not in text: yield f'does not say "{know}"'
    elif path.stem not in measured():
        yield 'has no measured minutes: run tools/run_nbs.py on it at full size, then tools/course.py'
    dress(cells, path.stem)
    if before!=[source(c) for c in cells]:
        yield 'badge, first or last cell or minutes are missing or old: run tools/course.py'
    if (n := reading(cells))>most:
        yield f'takes {n} minutes to read, at most {most}: shorten it, or fold code that the story can do without'
    n = len(answer.findall(text.partition('## Exercises')[2]))
    if n!=3: yield f'{n} exercises with a folded answer, should be 3 under "## Exercises"'

# Exercises

def answers(path):
    "The code blocks of each folded answer of a page."
    text = '\n\n'.join(source(c) for c in cells_of(path) if c['cell_type']=='markdown').partition('## Exercises')[2]
    return [fenced.findall(o) for o in answer.findall(text)]

def run_block(code, where, names):
    "Run one block as a cell is run; return the value of its last line, if it has one."
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, 'exec'), names) # noqa: S102 as a cell of the page would be
    if last: return eval(compile(ast.Expression(last.value), where, 'eval'), names) # noqa: S307

def run_answers(name, page):
    """Run the answers of a page, each in a copy of the names `page` that the page made; a page's last cell in tests.

    If the page has a function `check_answers`, it gets what each answer ends in."""
    ends = []
    for i,blocks in enumerate(answers(tutorials/name), 1):
        names,where = dict(page),f'answer {i} of {name}'
        for o in blocks:
            value = run_block(o, where, names)
            if os.environ.get('SHOW_ANSWERS'): print(f'{where}: {value}', file=sys.__stderr__)
        ends.append(value)
    if check := page.get('check_answers'): check(*ends)

# How well a page teaches, as far as it can be counted

widest = 88 # characters: the column of the site
faults = dict(terms='used before it is explained', figures='without', outputs='no sentence after it',
              lines=f'wider than {widest}', nested='comprehension in a comprehension', wording='not to be used')
fastai = set("""CategoryBlock DataBlock FuncSplitter GradientAccumulation Learner RandomSplitter SaveModelCallback
dataloaders fine_tune fit fit_one_cycle from_learner get_preds load_learner lr_find most_confused one_batch
plot_confusion_matrix plot_top_losses show_batch show_results test_dl to_fp16 unfreeze""".split())
bad_words = re.compile(r'\b(to one who|dear|the begin|otherwise than|rooms)\b', re.I)
comprehensions = ast.ListComp,ast.SetComp,ast.DictComp,ast.GeneratorExp

def cells_of(path): return json.loads(path.read_text(encoding='utf-8'))['cells']
def named(c): return f"cell {c.get('id')}"
def mark(s, name): return re.search(rf'^#\|\s*{name}\b:?(.*)', s, re.M)

def flow(cells):
    "What a reader meets after the title, in order: (`prose`, `code`, `caption`, `output` or `folded`; text; cell)."
    for c in cells[1:]:
        s = source(c)
        if c['cell_type']=='markdown': yield 'prose',s,c
        if c['cell_type']!='code' or mark(s, 'hide'): continue
        if not mark(s, 'echo: false'): yield 'code',re.sub(r'^(#\|| *[%!]).*', '', s, flags=re.M),c
        for o in c['outputs']:
            name,said,html = (''.join(o.get('data', {}).get(f'text/{k}', '')) for k in ('plain', 'markdown', 'html'))
            if 'display.Markdown' in name and not re.search(r'^\|\s*:?---', said, re.M): yield 'prose',said,c
            else: yield 'folded' if html.startswith('<details') else 'output',' '.join(o.get('data', ['text'])),c
        if m := mark(s, 'fig-cap'): yield 'caption',m[1],c

def code_of(cells):
    "All code that a reader meets, with the cell it stands in: that of answers too."
    for kind,s,c in flow(cells):
        if kind=='code': yield s,c
        if kind=='prose': yield from ((o, c) for o in fenced.findall(s))

def glossary():
    "What to look for of each word of the glossary, those of several words first."
    heads = re.findall(r'^### (.+)', '\n'.join(map(source, cells_of(root/'nbs'/'glossary.ipynb'))), re.M)
    for o in sorted({o for h in heads for o in re.split(', | and ', h)}, key=len, reverse=True):
        stem = re.escape(o.removesuffix('ing') if o=='Pooling' else o).replace(r'\ ', r'[\s-]')
        yield o,re.compile(rf'\b{stem}(?:e?s|ing)?\b', re.I)

def plain(s):
    "Prose without code, headings and targets; what links to the glossary or is stressed stands between < and >."
    s = re.sub(r'^```[^`]*?^```|^#+ .*|<[^>]*>|`[^`\n]*`|!\[.*?\]\(.*?\)', ' ', s, flags=re.M)
    s = re.sub(r'\[([^]]*)\]\([^)]*glossary\.ipynb[^)]*\)', r'<\1>', s)
    return re.sub(r'\*{1,2}([^*\n]+)\*{1,2}', r'<\1>', re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', s))

def unexplained(cells):
    "Yield words of the glossary that are used before they are linked or stressed."
    text = ''.join(f'{plain(s)}\0{named(c)}\0' for kind,s,c in flow(cells) if kind in ('prose', 'caption'))
    for word,pattern in glossary():
        m = pattern.search(text)
        if m and text.rfind('<', 0, m.start())<=text.rfind('>', 0, m.start()): yield text[m.end():].split('\0')[1],word
        text = pattern.sub(lambda m: '_'*len(m[0]), text) # `accuracy` is not looked for in `balanced accuracy`

def unsaid(cells):
    "Yield outputs that no sentence follows."
    last = None
    for kind,s,c in [*flow(cells), ('prose', '# End', None)]:
        if kind=='output' and last not in (None, c) or kind=='prose' and last and s.startswith('#'):
            yield named(last),''
        if kind in ('output', 'prose'): last = c if kind=='output' else None

def all_faults(cells):
    "Yield (kind of fault, where, what)."
    yield from (('terms', *o) for o in unexplained(cells))
    for c in {id(c):c for kind,s,c in flow(cells) if kind=='output' and 'image/' in s}.values():
        lacks = [k for k in ('fig-alt', 'fig-cap') if not mark(source(c), k)]
        if lacks: yield 'figures',named(c),' and '.join(lacks)
    yield from (('outputs', *o) for o in unsaid(cells))
    for s,c in code_of(cells):
        yield from (('lines', named(c), o.strip()[:40]) for o in s.splitlines() if len(o)>widest)
        inner = lambda o: (n for n in ast.walk(o) if n is not o and isinstance(n, comprehensions))
        for o in (o for o in ast.walk(ast.parse(s)) if isinstance(o, comprehensions)):
            if n := next(inner(o), None): yield 'nested',named(c),ast.unparse(n)
    for kind,s,c in flow(cells):
        if kind in ('prose', 'caption'): yield from (('wording', named(c), m[0]) for m in bad_words.finditer(plain(s)))

def calls(cells):
    "Names of fastai that a page calls before the reader's eyes."
    made = (n.func for s,_ in code_of(cells) for n in ast.walk(ast.parse(s)) if isinstance(n, ast.Call))
    return sorted({getattr(o, 'attr', getattr(o, 'id', '')) for o in made} & fastai)

def counted(cells):
    "What is counted of a page: a line of the table."
    code,found = [s for s,_ in code_of(cells)],[k for k,*_ in all_faults(cells)]
    lines = [[o for o in s.splitlines() if o.strip()] for s in code]
    words = sum(len(s.split()) for kind,s,_ in flow(cells) if kind=='prose')
    return dict(minutes=reading(cells), words=words, longest=max(map(len, lines), default=0),
                widest=max((len(o) for s in lines for o in s), default=0), **{k:found.count(k) for k in faults})

def tell(paths):
    "Print what is counted of each page."
    print(f"{'page':24}{' '.join(f'{o:>7}' for o in (*counted([]), 'calls of fastai'))}")
    for o in paths:
        cells = cells_of(o)
        print(f"{o.stem:24}{' '.join(f'{v:>7}' for v in counted(cells).values())} {' '.join(calls(cells))}")

def tell_faults(paths):
    "Print the faults of each page; return how many there are."
    found = [(o.stem, *f) for o in paths for f in all_faults(cells_of(o))]
    for page,kind,where,what in found: print(f'{page}, {where}: {kind}, {faults[kind]} {what}')
    return len(found)

def chosen(pages):
    "The files of pages, by their numbers."
    paths = {o.stem[:2]:o for o in sorted(tutorials.glob('*.ipynb'))}
    if other := set(pages)-set(paths): sys.exit(f"No page {', '.join(sorted(other))}: choose of {', '.join(paths)}.")
    return [paths[o] for o in pages or paths]

def dress_all():
    "Write what all pages have in common into them."
    for path in sorted(tutorials.glob('*.ipynb')):
        nb = json.loads(path.read_text(encoding='utf-8'))
        dress(nb['cells'], path.stem)
        path.write_text(json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')

def main():
    "What the options ask for."
    ask = argparse.ArgumentParser(description='Put into every tutorial what all have in common, or say how well it '
                                              'teaches as far as that can be counted')
    ask.add_argument('pages', nargs='*', help='pages to report or check, as 01 (default: all)')
    ask.add_argument('--report', action='store_true', help='what can be counted, and the faults of pages named')
    ask.add_argument('--check', action='store_true', help='the faults of pages; fail if any')
    said = ask.parse_args()
    if not said.report and not said.check: return dress_all()
    if said.report: tell(chosen(said.pages))
    found = tell_faults(chosen(said.pages)) if said.pages or said.check else 0
    if said.check: sys.exit(found>0)

if __name__=='__main__': main()
