"""Look at every page of the site in a Chromium without a window: `python tools/pages_test.py`, one line a finding.

No error in the console, nothing wider than a phone, nothing that moves while it loads, no request elsewhere, a page of
at most 1.5 MB, and what axe says of names, roles and contrast, in light and dark."""
import sys
from pathlib import Path

from fastcore.script import call_parse

from browser_test import chromium
from listen_test import serve

most = 1_500_000 # bytes of a page with all that it loads
moved = """window.moved = 0; new PerformanceObserver(o => { for (const e of o.getEntries()) window.moved += e.value })
    .observe({type: 'layout-shift', buffered: true})"""
no_size = "[...document.images].filter(o => !o.hasAttribute('width') || !o.hasAttribute('height')).map(o => o.alt)"
sizes = "performance.getEntriesByType('resource').reduce((n, o) => n + o.encodedBodySize, 0)"
axe = """axe.run({preload: false}).then(
    o => o.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 120)} (${v.nodes.length})`))"""

class Look:
    "One tab, and what it complains about."
    def __init__(self, browser, scheme, width):
        self.name,self.said = f'{scheme} {width}',[]
        how = dict(color_scheme=scheme, viewport=dict(width=width, height=900), reduced_motion='reduce')
        self.page = browser.new_page(**how)
        self.page.add_init_script(moved)
        self.page.on('console', lambda m: self.said.append(m.text) if m.type in ('error', 'warning') else None)
        self.page.on('pageerror', lambda e: self.said.append(str(e)))
        self.page.on('request', self.asked)
    def asked(self, o):
        if not o.url.startswith((self.base, 'data:', 'blob:')): self.said.append(f'fetches {o.url}')
    def __call__(self, docs, base, path, axe_code):
        "Findings of one page."
        self.base,self.said[:] = base,[]
        self.page.goto(base+path, wait_until='load')
        self.page.evaluate('scrollTo(0, document.body.scrollHeight)')
        self.page.wait_for_timeout(100)
        yield from self.said
        if (by := self.page.evaluate('window.moved'))>.02: yield f'moves by {by:.3f} while it loads'
        if (wide := self.page.evaluate('document.documentElement.scrollWidth'))>self.page.viewport_size['width']:
            yield f'{wide} pixels wide'
        yield from (f'a picture without size: {o}' for o in self.page.evaluate(no_size))
        if (n := self.page.evaluate(sizes)+(docs/path).stat().st_size)>most and path!='listen.html': yield f'{n} bytes'
        self.page.evaluate(axe_code)
        yield from self.page.evaluate(axe)

@call_parse
def main(
    folder:str='_docs', # The site
    verbose:bool=False, # Name pages that are fine too
    pages:str='', # Parts of the names of pages, with commas between; '': all
):
    "Open every page as a visitor would, and say what is wrong with it"
    import axe_playwright_python
    from playwright.sync_api import sync_playwright
    if not (found := chromium()): return print('skip the pages in a browser: no chromium is installed')
    axe_code = (Path(axe_playwright_python.__file__).parent/'axe.min.js').read_text()
    docs = Path(folder)
    there = sorted(p.relative_to(docs).as_posix() for p in docs.rglob('*.html'))
    paths = [o for o in there if any(k in o for k in pages.split(','))]
    bad = 0
    with serve(docs) as (url,_,_),sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=found, args=['--no-sandbox'])
        looks = [Look(browser, *o) for o in (('light', 1200), ('dark', 360))]
        for path in paths:
            wrong = [f'{l.name}: {o}' for l in looks for o in l(docs, url.removesuffix('listen.html'), path, axe_code)]
            bad += bool(wrong)
            if not wrong and verbose: print(f'ok {path}', flush=True)
            for o in dict.fromkeys(wrong): print(f'{path}: {o}', flush=True)
        browser.close()
    print(f'{len(paths)} pages, {bad} with findings')
    sys.exit(bad>0)
