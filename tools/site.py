"""Render the site as Quarto would where it is not installed, and look at every page: `python tools/site.py [--check]`.

The notebooks are those that nbdev processes for Quarto; the pages in `_docs/` need no server and fetch nothing from
elsewhere."""
import base64,io,json,os,re,shutil,sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote,urlsplit

import nbformat,yaml
from bs4 import BeautifulSoup
from fastcore.basics import AttrDict
from fastcore.script import call_parse
from jinja2 import Environment,FileSystemLoader
from latex2mathml.converter import convert as mathml
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from nbconvert import HTMLExporter
from nbdev.serve import proc_nbs
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

import listen,llms

root = Path(__file__).resolve().parent.parent
nbs,proc,docs,files = root/'nbs', root/'_proc', root/'_docs', root/'tools'/'site_files'
most = 1_500_000 # bytes of a page
headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
linked_name = re.compile(r'\[(`[^`]+`)\]\(https?://[^)]+\)')

# What the site is: the same files that Quarto reads

def front_matter(o):
    "A YAML header as a dict; empty where `o` is none."
    m = re.match(r'---\s*\n(.*?\n)---\s*$', o.strip()+'\n', re.S)
    return yaml.safe_load(m[1]) if m else {}

def read_page(href, text):
    "One page of the sidebar: its source, what it will be called, its cells and its header."
    src = proc/href
    if src.suffix=='.ipynb':
        nb = nbformat.v4.reads(read(src))
        about = front_matter(nb.cells[0].source) if nb.cells else {}
    else: nb,about = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(included(src))]),{}
    out = Path(href).with_name(about.get('output-file', Path(href).stem+'.html')).as_posix()
    said = about.get('description', '')
    return AttrDict(href=href, text=text, nb=nb, out=out, title=about.get('title'), description=said)

def read(path): return path.read_text(encoding='utf-8')

def included(src):
    "A text file with the files that its `include` lines name."
    return re.sub(r'\{\{<\s*include\s+(\S+)\s*>\}\}', lambda m: read(src.parent/m[1]), read(src))

def read_site():
    "Settings of the site and the sections of its sidebar."
    parts = [yaml.safe_load(read(nbs/o))['website'] for o in ('_quarto.yml', 'nbdev.yml', 'sidebar.yml')]
    site = {k:v for o in parts for k,v in o.items()}
    sections = llms.leaves(site['sidebar']['contents'])
    for s in sections: s['pages'] = [read_page(**o) for o in s['contents']]
    return site,sections

# One notebook

def tex(s, about): return mathml(s, display='block' if about['display_mode'] else 'inline')

def colored(code, lang, _):
    "Code as coloured HTML; empty, for the default, where the language is not known."
    try: return highlight(code, get_lexer_by_name(lang), HtmlFormatter(nowrap=True)) if lang else ''
    except ClassNotFound: return ''

def markdown():
    "What Quarto's Markdown has and our notebooks use."
    md = MarkdownIt('commonmark', dict(html=True, highlight=colored)).enable(['table', 'strikethrough'])
    md = md.use(dollarmath_plugin, renderer=tex, double_inline=True).use(attrs_plugin).use(footnote_plugin)
    return md.use(container_plugin, 'callout', validate=lambda s,*_: s.strip().startswith('{'), marker=':')

def read_mark(line):
    "One `#| name: value` as a dict; None where it is not YAML."
    try: res = yaml.safe_load(line[2:])
    except yaml.YAMLError: return
    return res if isinstance(res, dict) else None

def split_marks(source):
    "The `#| name: value` lines of a cell as a dict, and its code."
    lines = source.splitlines()
    n = next((i for i,l in enumerate(lines) if not l.startswith('#|')), len(lines))
    said = [read_mark(l) or dict([l[2:].strip().split(': ', 1)]) for l in lines[:n] if ':' in l]
    marks = {k:v for o in said for k,v in o.items()}
    return marks, '\n'.join(lines[n:]).strip()

def about_cell(cell):
    "Read and take off the `#|` lines of a cell, as Quarto does."
    marks,cell.source = split_marks(cell.source)
    fold = {None:None, False:None, True:'hide', 'show':'show'}[marks.get('code-fold')]
    cell.metadata.about = dict(fold=fold, summary=marks.get('code-summary', 'Code'), alt=marks.get('fig-alt', ''),
                               caption=marks.get('fig-cap', ''), asis=marks.get('output')=='asis')
    if marks.get('echo') is False or not cell.source: cell.metadata['transient'] = dict(remove_source=True)
    if marks.get('output') is False: cell.outputs = []
    if marks.get('warning') is False: cell.outputs = [o for o in cell.outputs if o.get('name')!='stderr']
    return marks.get('include', True)

def unlink_code(o):
    "nbdev links names in the code of a signature too, where a link cannot be."
    return re.sub(r'^```.*?^```', lambda m: linked_name.sub(r'\1', m[0]), o, flags=re.M|re.S)

def render_cells(nb, exporter):
    "The cells of one notebook as HTML."
    nb.cells = [c for c in nb.cells if c.cell_type!='code' or about_cell(c)]
    for o in (o for c in nb.cells for o in c.get('outputs', [])):
        if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = unlink_code(o.data['text/markdown'])
    return exporter.from_notebook_node(nb)[0]

# One page

def name_headings(soup):
    "Give headings the names that pandoc would; a symbol stands one level below the text around it."
    used,level = Counter(),1
    for h in soup.find_all(headings):
        if h.find_parent(class_='symbol'): h.name = f'h{min(int(h.name[1]), level+1)}'
        else: level = int(h.name[1])
        name = re.sub(r'^[^a-z]+', '', '-'.join(re.sub(r'[^\w\s.-]', '', h.get_text().lower()).split())) or 'section'
        h['id'] = h.get('id') or name+(f'-{used[name]}' if used[name] else '')
        used[name] += 1

def resolve(href, page, pages, site):
    "Where a link of a notebook leads on the site; files it names are copied."
    base = site['site-url'].rstrip('/')+'/'
    if href.startswith(base): href,at = href[len(base):] or 'index.html', ''
    else: at = os.path.dirname(page.href)
    u = urlsplit(href)
    if u.scheme or u.netloc or not u.path: return href
    path = os.path.normpath(os.path.join(at, unquote(u.path)))
    target = next((o.out for o in pages if o.href==path), path)
    if target==path and (nbs/path).is_file() and not (docs/path).exists():
        (docs/path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(nbs/path, docs/path)
    there = os.path.relpath(target, os.path.dirname(page.out) or '.').replace(os.sep, '/')
    return f'{there}#{u.fragment}' if u.fragment else there

def finish(html, page, pages, site):
    "The text of a page: links resolved, headings named, tables that scroll, nothing fetched from elsewhere."
    soup = BeautifulSoup(html, 'html.parser')
    for o in soup.find_all(['style', 'script']): o.decompose()
    for o in soup.find_all('img', src=re.compile('^https?:')): o.replace_with(o.get('alt') or '')
    for tag,attr in ('a', 'href'), ('img', 'src'):
        for o in soup.find_all(tag, {attr:True}):
            if not o[attr].startswith('data:'): o[attr] = resolve(o[attr], page, pages, site)
    for o in soup.find_all('table'):
        del o['border']
        for th in o.find_all('th'):
            if not th.get_text(strip=True): th.name = 'td' # above an index, where nothing is named
        o.wrap(soup.new_tag('div', attrs={'class':'table'}))
    for o in soup.find_all('img'): add_size(o, page)
    for o in soup.select('pre > code'): o.parent['class'] = 'highlight'
    for o in soup.find_all('audio'): o['preload'] = 'metadata'
    name_headings(soup)
    return soup

def add_size(img, page):
    "Say how large a picture is, so that nothing moves when it comes."
    if img.has_attr('width') and img.has_attr('height'): return
    head,_,data = img['src'].partition('base64,')
    if head.startswith('data:') and 'svg' not in head: raw = base64.b64decode(data)
    elif not head.startswith('data:') and (file := docs/os.path.dirname(page.out)/unquote(head)).suffix!='.svg':
        raw = file.read_bytes()
    else: return
    with Image.open(io.BytesIO(raw)) as o: img['width'],img['height'] = o.size

def toc_and_search(soup, page):
    "Headings for the margin, and what search shall find, section by section."
    # a section and the symbol it is named after: once
    toc = {h.get_text():(int(h.name[1]), h['id'], h.get_text()) for h in reversed(soup.find_all(['h2', 'h3']))}
    found = [dict(title=page.title, heading=page.title, url=page.out, text='')]
    left_out = {id(s) for o in soup.select('.outputs, math, h1') for s in o.find_all(string=True)}
    heads = {id(s):h for h in soup.find_all(headings[1:]) for s in h.find_all(string=True)}
    for s in soup.find_all(string=True):
        if id(s) in left_out: continue
        h = heads.get(id(s))
        if h is None: found[-1]['text'] += s
        elif not found[-1]['url'].endswith(f"#{h['id']}"):
            found.append(dict(title=page.title, heading=h.get_text(), url=f"{page.out}#{h['id']}", text=''))
    for o in found: o['text'] = ' '.join(o['text'].split())[:3000]
    return list(toc.values())[::-1],found

def anchors(soup):
    "A link to itself behind each heading."
    for h in soup.find_all(headings[1:]):
        h.append(soup.new_tag('a', attrs={'class':'anchor', 'href':f"#{h['id']}", 'aria-label':'Link to this section'}))

def plain(md, o): return BeautifulSoup(md.renderInline(o), 'html.parser').get_text()

# The site

def build():
    "Write all pages."
    proc_nbs()
    site,sections = read_site()
    pages = [o for s in sections for o in s['pages']]
    shutil.rmtree(docs, ignore_errors=True)
    docs.mkdir()
    md = markdown()
    exporter = HTMLExporter(template_name='notebook', extra_template_basedirs=[str(files)],
                            filters=dict(markdown2html=md.render))
    shell = Environment(loader=FileSystemLoader(files), autoescape=True).get_template('page.html.j2')
    index = []
    for i,page in enumerate(pages):
        lead = f'<p class="lead">{md.renderInline(page.description)}</p>' if page.description else ''
        head = f'<h1>{md.renderInline(page.title)}</h1>{lead}' if page.title else ''
        soup = finish(head+render_cells(page.nb, exporter), page, pages, site)
        page.title,page.description = page.title or soup.h1.get_text(),plain(md, page.description)
        toc,found = toc_and_search(soup, page)
        index += found
        anchors(soup)
        (docs/page.out).parent.mkdir(parents=True, exist_ok=True)
        (docs/page.out).write_text(shell.render(
            page=page, site=site, body=Markup(soup), sort=Markup(read(nbs/'sort.html')), toc=toc,
            up='../'*page.out.count('/'), before=pages[i-1] if i else None,
            after=pages[i+1] if i+1<len(pages) else None), encoding='utf-8')
    found = json.dumps(index, ensure_ascii=False).replace('</', '<\\/')
    (docs/'search.js').write_text(f'window.searchIndex = {found}\n', encoding='utf-8')
    write_files(site)

def write_files(site):
    "Style, script and pictures that all pages share."
    shutil.copy2(files/'site.js', docs)
    for o in site['favicon'],site['image']: shutil.copy2(nbs/o, docs/o)
    light = HtmlFormatter(style='xcode').get_style_defs('.highlight')
    dark = HtmlFormatter(style='lightbulb').get_style_defs('[data-theme=dark] .highlight')
    llms.write(docs)
    listen.write(docs)
    (docs/'site.css').write_text('\n'.join([light, dark, read(files/'site.css')]), encoding='utf-8')

# What a reader would stumble over

raw = {
    'a directive':re.compile(r'^\s*#\s?\|', re.M),
    'a shortcode or fence of Quarto':re.compile(r'\{\{<|^:::', re.M),
    'Markdown that was not rendered':re.compile(r'\]\((?:https?:|[\w./#-]+\))|^\s*\|? ?:?---+:? ?\|', re.M),
    'TeX that was not rendered':re.compile(r'\$\$|\\(?:frac|sqrt|sum|cdot|mathrm)\b'),
    'a cross reference of Quarto':re.compile(r'(?<!\w)@(?:fig|tbl|sec|eq)-\w'),
    'an error':re.compile(r'^Traceback \(most recent call last\)', re.M)}

def broken_links(path, soup, names):
    "Links, pictures and scripts that lead nowhere, or elsewhere."
    for o in soup.find_all(['a', 'img', 'script', 'link', 'audio', 'source', 'iframe']):
        at = o.get('href', o.get('src'))
        if at is None or at.startswith('data:'): continue
        u = urlsplit(at)
        if u.scheme or u.netloc:
            if o.name!='a': yield f'fetches {at}'
            continue
        target = (path.parent/unquote(u.path)).resolve() if u.path else path
        if not target.is_file(): yield f'no such file: {at}'
        elif u.fragment and unquote(u.fragment) not in names.get(target, ()): yield f'no such place: {at}'

def bad_headings(soup):
    "Headings that skip a level, and pages that do not begin with their only h1."
    levels = [(int(h.name[1]), h.get_text()) for h in soup.main.find_all(headings)]
    if not levels or levels[0][0]!=1: yield 'does not begin with a heading of level 1'
    for (before,_),(level,text) in zip(levels, levels[1:]):
        if level>before+1 or level==1: yield f'heading of level {level} after one of level {before}: {text}'

def bad_media(soup):
    "Pictures without words, and sounds that are none."
    for o in soup.main.find_all('img'):
        if not o.get('alt', '').strip():
            near = o.find_previous(headings)
            yield f"a picture without alt text under '{near.get_text() if near else ''}'"
    for o in soup.find_all('audio'):
        kind,_,data = (o.find('source') or o).get('src', '').partition(',')
        if kind=='data:audio/wav;base64' and not base64.b64decode(data).startswith(b'RIFF'):
            yield 'a player without sound'

def raw_text(soup):
    "Marks of authors and programs that a reader should not see."
    for o in soup.find_all('pre', class_='error'): yield f'an error: {o.get_text()}'
    for o in soup.find_all('div', class_=['outputs', 'symbol']):
        if not o.get_text(strip=True) and not o.find(['img', 'audio', 'svg']):
            yield f'an output that shows nothing, after {o.find_previous(string=True).strip()[-40:]!r}'
    for o in soup.main.find_all(['style', 'script', 'math', 'annotation']): o.decompose()
    code = {id(o) for o in soup.main.find_all(['pre', 'code'])}
    for s in soup.main.find_all(string=True):
        in_code = any(id(o) in code for o in s.parents)
        for what,pat in raw.items():
            m = pat.search(s)
            if m and not (in_code and what not in ('a directive', 'an error')):
                yield f'{what}: {s[max(m.start()-30, 0):m.end()+50].strip()!r}'

def not_yaml(path):
    "Lines of a notebook that Quarto could not read."
    for c in json.loads(read(path))['cells']:
        for l in ''.join(c['source']).splitlines():
            if not l.startswith('#|'): break
            if ':' in l and not read_mark(l): yield f'not YAML, put the value in quotes: {l[:90]}'

def findings():
    "Yield what is wrong with the pages in `_docs/`."
    soups = {o.resolve():BeautifulSoup(read(o), 'html.parser') for o in sorted(docs.rglob('*.html'))}
    if not soups: yield 'no pages: run tools/site.py without --check'
    names = {k:{o['id'] for o in v.find_all(id=True)} for k,v in soups.items()}
    for path,soup in soups.items():
        twice = [k for k,n in Counter(o['id'] for o in soup.find_all(id=True)).items() if n>1]
        found = [*broken_links(path, soup, names), *bad_headings(soup), *bad_media(soup), *raw_text(soup)]
        if (n := path.stat().st_size)>most: found.append(f'{n} bytes, at most {most}')
        for o in [*(f'two places called {k}' for k in twice), *found]:
            yield f'{path.relative_to(docs)}: {o}'
    yield from llms.findings(docs)
    listed = {o['href'] for s in llms.site()[1] for o in s['contents']}
    for o in sorted(nbs.rglob('*.ipynb')):
        rel = o.relative_to(nbs)
        if any(p[0] in '._' for p in rel.parts): continue
        if rel.as_posix() not in listed: yield f'{rel}: not in nbs/sidebar.yml'
        for f in not_yaml(o): yield f'{rel}: {f}'

@call_parse
def main(
    check:bool=False, # Look at the pages that are there; render nothing
):
    "Render the notebooks to `_docs/` and fail if a page has something a reader would stumble over"
    if not check: build()
    found = list(findings())
    for f in found: print(f)
    print(f"{len(list(docs.rglob('*.html')))} pages, {len(found)} findings")
    sys.exit(bool(found))
