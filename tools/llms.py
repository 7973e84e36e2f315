"""Write llms.txt and llms-ctx.txt, which tell coding assistants what there is: `python tools/llms.py FOLDER`.

llms.txt (https://llmstxt.org) lists the pages, in the order of the sidebar, with what each says it is about.
llms-ctx.txt has all that is public, as its source has it, without what it does, and the pages to begin with."""
import ast,json,re,sys
from pathlib import Path

import yaml

from check_house import Module,is_function,lib,root

nbs = root/'nbs'
most = 200_000 # bytes that an assistant should read for one package
begin_with = ['index.ipynb', 'elsewhere/*.ipynb', 'train/00_recipes.ipynb']
hidden = re.compile(r'#\|\s*(hide|echo: false|default_exp)')
side_dishes = 'explain','ui','cli','Results' # sections that can be left out; of their modules, names alone
seldom = ('score/hearts', 'score/marks', 'score/rocket', 'predict/heart', 'predict/across', 'data/twins', 'data/checks',
          'nets/fast', 'data/fetch', 'score/physionet', 'predict/outside', 'score/challenge',
          'score/jobs', 'data/shards') # so too

def read(path): return path.read_text(encoding='utf-8')
def cells(path): return [(c['cell_type'], ''.join(c['source'])) for c in json.loads(read(path))['cells']]

def site():
    "What nbdev and Quarto know of the site, and the sections of its sidebar."
    about = yaml.safe_load(read(nbs/'nbdev.yml'))['website']
    return about,leaves(yaml.safe_load(read(nbs/'sidebar.yml'))['website']['sidebar']['contents'])

def leaves(sections):
    "Sections that hold pages, whatever they stand in."
    nested = [o.get('contents', []) for o in sections]
    return [p for o,n in zip(sections, nested) for p in ([o] if all('href' in k for k in n) else leaves(n))]

def out(href): # data/07b_blocks.ipynb -> data/blocks.html, as nbdev calls it
    "The file that a page becomes."
    path = Path(href)
    return path.with_name(re.sub(r'^\d+[a-zA-Z0-9]*_', '', path.stem.lower())+'.html').as_posix()

def note(href):
    "What a page says it is about."
    if not href.endswith('.ipynb'): return ''
    said = re.search(r'^> (.+)', cells(nbs/href)[0][1], re.M)
    return f': {said[1]}' if said else ''

def llms():
    "The text of llms.txt."
    about,sections = site()
    base,intro = about['site-url'],next(s for k,s in cells(nbs/'index.ipynb')[1:] if k=='markdown')
    def lines(s): return [f"- [{o['text']}]({base}/{out(o['href'])}){note(o['href'])}" for o in s['contents']]
    parts = [f"# {about['title']}\n\n> {about['description']}\n\n{intro}"]
    parts += [f"## {s['section']}\n\n"+'\n'.join(lines(s)) for s in sections if s['section'] not in side_dishes]
    rest = [l for s in sections if s['section'] in side_dishes for l in lines(s)]
    whole = f'- [All that is public, and the pages to begin with]({base}/llms-ctx.txt)'
    return '\n\n'.join([*parts, '## Optional\n\n'+'\n'.join([whole, *rest])])+'\n'

# What is public

def head(o, lines):
    "A function up to its docstring; a class up to its first method, and the heads of those that are public."
    if isinstance(o, ast.Assign): return lines[o.lineno-1:min(o.end_lineno, o.lineno+5)]
    if is_function(o):
        said = ast.get_docstring(o) is not None
        return lines[o.lineno-1:o.body[0].end_lineno if said else max(o.body[0].lineno-1, o.lineno)]
    methods = [m for m in o.body if is_function(m)]
    first = min((m.lineno-1-len(m.decorator_list) for m in methods), default=o.end_lineno)
    public = [m for m in methods if m.name=='__init__' or m.name[0]!='_']
    return lines[o.lineno-1:first]+[l for m in public for l in head(m, lines)]

def names(o):
    "What a statement makes."
    if isinstance(o, ast.Assign): return [getattr(t, 'id', '') for t in o.targets]
    return [getattr(o, 'name', '')]

def api(m):
    "What a module has that is public."
    if m.folder in side_dishes or any(m.path.match(f'{o}.py') for o in seldom):
        return f'from {m.name} import '+','.join(m.public)
    found = [l for o in m.tree.body if {*names(o)} & {*m.public} for l in head(o, m.lines)]
    return f'from {m.name} import ...\n\n'+'\n'.join(l for l in found if l.strip())

def modules(): return [m for m in map(Module, sorted(lib.rglob('*.py'))) if m.folder!='all' and m.public]

def page(path):
    "A page without what its cells show, and without cells that readers do not see."
    shown = []
    for kind,src in cells(path):
        marks,code = re.match(r'((?:#\|.*\n?)*)(.*)', src, re.S).groups()
        if kind=='markdown': shown.append(src)
        elif code and not hidden.search(marks): shown.append(f'```python\n{code}\n```')
    return '\n\n'.join(shown)

def context():
    "The text of llms-ctx.txt."
    about,_ = site()
    doc = lambda title,text: f'<doc title="{title}">\n{text.strip()}\n</doc>'
    pages = [doc(out(o.relative_to(nbs)), page(o)) for pattern in begin_with for o in sorted(nbs.glob(pattern))]
    api_docs = [doc(m.name, api(m)) for m in modules()]
    return '\n'.join([f'<project title="{about["title"]}" summary="{about["description"]}">',
                      '<docs>', *pages, '</docs>', '<api>', *api_docs, '</api>', '</project>', ''])

def write(folder):
    "Write both files."
    for name,text in {'llms.txt':llms(), 'llms-ctx.txt':context()}.items():
        (folder/name).write_text(text, encoding='utf-8')

def findings(folder):
    "What is wrong with both files in a site."
    text,ctx = (read(folder/o) if (folder/o).is_file() else '' for o in ('llms.txt', 'llms-ctx.txt'))
    links = re.findall(r'^- \[[^\]]+\]\(([^)]+)\)', text, re.M)
    if not links or not re.match(r'# .+\n\n> .+\n', text): yield 'llms.txt: no title, summary and links'
    base = site()[0]['site-url']+'/'
    yield from (f'llms.txt: no such page: {o}' for o in links if not (folder/o.removeprefix(base)).is_file())
    for m in modules():
        lost = [o for o in m.public if not re.search(rf'\b{o}\b', ctx)]
        if lost: yield f'llms-ctx.txt: nothing of {m.name} says {", ".join(lost)}'
    if (n := len(ctx.encode()))>most: yield f'llms-ctx.txt: {n} bytes, at most {most}'

if __name__=='__main__': write(Path(sys.argv[1]))
