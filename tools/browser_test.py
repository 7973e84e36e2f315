"""Use the widgets as a person does, in JupyterLab and a Chromium without a window: one line a check.

`python tools/browser_test.py [--shots FOLDER]`"""
import contextlib,json,os,re,secrets,shutil,socket,subprocess,sys,tempfile,time,traceback,urllib.request
from pathlib import Path

from fastcore.script import call_parse

root = Path(__file__).resolve().parent.parent
cells = ['''
import tempfile
import numpy as np,torch
from pathlib import Path
from heartbeat_nb.core import set_seed,unlabelled
from heartbeat_nb.ui.explorers import ErrorBrowser,FilterExplorer,PredictionExplorer
from heartbeat_nb.ui.label import ClipLabeller
from heartbeat_nb.nets.models import create_model
from heartbeat_nb.data.pascal import pascal_index
from heartbeat_nb.heart.dataset import synth_dataset
from heartbeat_nb.score.result import CrossValidation,Fold
from heartbeat_nb.ui.widgets import ClipBrowser,SynthStudio
set_seed(0)
index = pascal_index(synth_dataset(Path(tempfile.mkdtemp())/'data', n=60, n_workers=1))
net = create_model('m3', n_out=5)
net.info = dict(classes=['normal', 'murmur', 'extrahls', 'extrastole', 'artifact'], sr=2000, secs=1.)
clips = index[index.label.isin(net.info['classes'])]
probs = torch.rand(len(clips), 5, generator=torch.manual_seed(1)).softmax(1).numpy()
y = np.array([net.info['classes'].index(o) for o in clips.label])
fold = Fold(list(clips.clip_id), y, probs, list(clips.group))
''', 'ClipBrowser(index)', 'SynthStudio()', 'PredictionExplorer(net)', 'FilterExplorer(net)',
    "ErrorBrowser(CrossValidation([fold], net.info['classes']), index)",
    "ClipLabeller(clips.assign(label=unlabelled), net, ['normal', 'murmur', 'other'])"]

def notebook(path):
    "Write the notebook that the test opens."
    cell = dict(cell_type='code', metadata={}, execution_count=None, outputs=[])
    code = [dict(cell, id=f'c{i}', source=o.strip()) for i,o in enumerate(cells)]
    kernel = dict(display_name='Python 3', language='python', name='python3')
    path.write_text(json.dumps(dict(cells=code, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)))

def chromium():
    "The browser of this machine, or None."
    return next((o for o in map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome')) if o), None)

@contextlib.contextmanager
def jupyter(folder):
    "JupyterLab on a free port of this machine; gives its address and token."
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    token,quiet = secrets.token_hex(16),folder/'.config/lab/user-settings/@jupyterlab/apputils-extension'
    quiet.mkdir(parents=True)
    (quiet/'notification.jupyterlab-settings').write_text('{"fetchNews": "false"}')
    env = {**os.environ, 'JUPYTER_TOKEN':token, 'PYTHONPATH':str(root), 'OMP_NUM_THREADS':'1',
           'JUPYTER_CONFIG_DIR':str(folder/'.config'), 'JUPYTER_DATA_DIR':str(folder/'.data')}
    env.pop('IN_TEST', None)
    what = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1',
            f'--ServerApp.port={port}', '--ServerApp.port_retries=0', f'--ServerApp.root_dir={folder}',
            '--LabApp.expose_app_in_browser=True', '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate']
    with open(folder/'lab.log', 'w') as log: p = subprocess.Popen(what, env=env, stdout=log, stderr=log)
    try: yield f'http://127.0.0.1:{port}',token
    finally:
        p.terminate()
        try: p.wait(10)
        except subprocess.TimeoutExpired: p.kill()

def ask(url, token, body=None):
    "A request to the server, again until it answers."
    headers = {'Authorization':f'token {token}', 'Content-Type':'application/json'}
    for _ in range(400):
        try:
            req = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
            return json.load(urllib.request.urlopen(req, timeout=60))
        except OSError: time.sleep(.2)
    raise SystemExit('JupyterLab did not start.')

class Page:
    "The notebook in a browser, with what a person does to it."
    def __init__(self, page, shots): self.page,self.shots,self.console = page,shots,[]
    def widget(self, n): return self.page.locator('.heartbeat').nth(n)
    def control(self, n, label): return self.widget(n).get_by_label(label, exact=True).first
    def picture(self, n): return self.widget(n).locator('img').get_attribute('src')
    def sound(self, n): return self.widget(n).locator('audio').get_attribute('src')
    def status(self, n): return self.widget(n).get_by_role('status').inner_text()
    def until(self, f, what, secs=20):
        "Wait for something to be so."
        end = time.time()+secs
        while time.time()<end:
            with contextlib.suppress(Exception):
                if f(): return
            self.page.wait_for_timeout(50)
        raise AssertionError(f'{what}: not within {secs} s')
    @contextlib.contextmanager
    def changes(self, n, what):
        "What is done inside must give another picture, and what comes with it: player, status, names."
        before = self.picture(n)
        yield
        self.until(lambda: self.picture(n) not in (None, before), what)
        self.until(lambda: self.rests(n), f'{what}, to its end')
    def rests(self, n, ms=400):
        "Is everything in a widget as it was a moment ago?"
        before = self.widget(n).inner_html()
        self.page.wait_for_timeout(ms)
        return self.widget(n).inner_html()==before
    def shot(self, n, name):
        if self.shots: self.widget(n).screenshot(path=self.shots/f'{name}.png')
    def axe(self, n):
        "What axe-core finds wrong in a widget."
        found = self.page.evaluate("n => axe.run(document.querySelectorAll('.heartbeat')[n])", n)
        assert len(found['passes'])>5, 'axe-core looked at nothing'
        return [f"{v['id']}: {v['help']} {o['html'][:160]}" for v in found['violations'] for o in v['nodes']]

names = ['ClipBrowser', 'SynthStudio', 'PredictionExplorer', 'FilterExplorer', 'ErrorBrowser', 'ClipLabeller']

def check_browser(p, folder):
    clip = lambda: p.control(0, 'Clip').evaluate('o => o.selectedOptions[0].text')
    count = lambda: p.control(0, 'Clip').locator('option').count()
    everything = count()
    with p.changes(0, 'a label chosen'): p.control(0, 'Label').select_option('murmur')
    assert 0<count()<everything, 'the list did not get shorter'
    assert 'murmur__' in clip() or 'murmur_noisymurmur' in clip(), clip()
    first = clip()
    p.control(0, 'Clip').focus()
    with p.changes(0, 'arrow down'): p.page.keyboard.press('ArrowDown')
    second = clip()
    assert second!=first, 'the arrow did not go to the next clip'
    with p.changes(0, 'the key p'): p.page.keyboard.press('p')
    assert clip()==first
    with p.changes(0, 'the key n'): p.page.keyboard.press('n')
    assert clip()==second and p.sound(0).startswith('data:audio/wav')
    p.control(0, 'Label it').select_option('normal')
    p.until(lambda: p.status(0).startswith('1 marked'), 'a label mended')
    p.control(0, 'Leave this clip out').focus()
    p.page.keyboard.press('Space')
    p.control(0, 'Save list as').fill(str(folder/'marks.csv'))
    p.control(0, 'Save list as').press('Tab')
    p.page.keyboard.press('Enter')
    p.until(lambda: p.status(0).startswith('Saved 1'), 'the list saved')
    lines = (folder/'marks.csv').read_text().splitlines()
    assert lines[0]=='clip_id,label,new_label,flagged', lines
    assert lines[1].endswith(',murmur,normal,True') and lines[1].startswith(second.split()[0]), lines
    p.control(0, 'Group').fill('nobody')
    p.control(0, 'Group').press('Enter')
    p.until(lambda: 'Widen the filters' in p.status(0), 'no clip left')
    p.control(0, 'Group').fill('')
    p.control(0, 'Group').press('Enter')
    p.until(lambda: p.status(0)=='' and clip(), 'clips again')

def check_studio(p, folder):
    w = p.widget(1)
    assert 'hr=72' in w.locator('pre').inner_text()
    slider,sound = w.get_by_role('slider', name='Beats a minute'),p.sound(1)
    slider.scroll_into_view_if_needed()
    at = slider.bounding_box()
    with p.changes(1, 'a slider dragged'):
        p.page.mouse.move(at['x']+at['width']/2, at['y']+at['height']/2)
        p.page.mouse.down()
        p.page.mouse.move(at['x']+at['width']/2+40, at['y']+at['height']/2, steps=5)
        p.page.mouse.up()
    hr = int(re.search(r'hr=(\d+)', w.locator('pre').inner_text())[1])
    assert hr>80 and slider.get_attribute('aria-valuetext')==str(hr), hr
    assert p.sound(1)!=sound
    slider.focus()
    with p.changes(1, 'a slider by keyboard'): p.page.keyboard.press('ArrowRight')
    assert f'hr={hr+1}' in w.locator('pre').inner_text()
    with p.changes(1, 'another class'): p.control(1, 'Class').select_option('extrahls')
    p.until(lambda: p.control(1, 'Murmur').is_disabled(), 'a control switched off')
    p.until(lambda: p.control(1, 'Extra sound').is_enabled(), 'a control switched on')
    with p.changes(1, 'a number typed'):
        p.control(1, 'Person').fill('7')
        p.control(1, 'Person').press('Enter')
    assert 'seed=7' in w.locator('pre').inner_text()

def check_prediction(p, folder):
    assert 'Choose a sound file' in p.status(2)
    file = next(o for o in Path(tempfile.gettempdir()).glob('*/data/set_b/murmur__*.wav') if o.stat().st_size>40_000)
    def upload(file):
        button = p.widget(2).get_by_role('button', name=re.compile('Choose a sound file'))
        with p.page.expect_file_chooser() as chosen: button.click()
        chosen.value.set_files(file)
    upload(file)
    p.until(lambda: p.picture(2) and p.sound(2), 'an answer')
    assert p.status(2)=='' and 'heard as' in p.widget(2).locator('audio').get_attribute('aria-label')
    (folder/'notes.txt').write_text('Dear diary')
    upload(folder/'notes.txt')
    p.until(lambda: 'not a sound' in p.status(2), 'what is no sound is told')
    upload(file)
    p.until(lambda: p.picture(2), 'an answer again')

def check_filters(p, folder):
    with p.changes(3, 'a filter by keyboard'):
        p.widget(3).get_by_role('slider', name='Filter').focus()
        p.page.keyboard.press('ArrowRight')
    p.until(lambda: p.widget(3).locator('.widget-readout').inner_text()=='1', 'the number of the filter')
    with p.changes(3, 'another layer'): p.control(3, 'Layer').select_option(index=1)
    assert 'person' in p.widget(3).locator('audio').get_attribute('aria-label')

def check_errors(p, folder):
    cell = lambda true,answered: p.widget(4).locator(f'button[title$=" of {true} answered {answered}"]')
    options = lambda: p.control(4, 'Clip').locator('option').all_inner_texts()
    shown = lambda what: what in p.widget(4).locator('audio').get_attribute('aria-label')
    listed = lambda *of: len(options())==int(cell(*of).inner_text())
    cell('normal', 'murmur').click()
    p.until(lambda: shown('normal answered murmur') and listed('normal', 'murmur'), 'the clips of the cell')
    probs = [float(re.search(r'p\(normal\)\s=\s(.*)', o)[1]) for o in options()]
    assert probs==sorted(probs), options()
    cell('normal', 'normal').focus()
    p.page.keyboard.press('Enter')
    p.until(lambda: shown('normal answered normal') and listed('normal', 'normal'), 'a cell by keyboard')
    with p.changes(4, 'the next clip'): p.widget(4).get_by_role('button', name='Next').click()

def check_labeller(p, folder):
    w = p.widget(5)
    name = lambda: w.locator('audio').get_attribute('aria-label')
    told = lambda n: p.until(lambda: p.status(5).startswith(f'{n} of '), f'{n} labelled')
    told(0)
    first = name()
    with p.changes(5, 'a button'): w.get_by_role('button', name='1 normal').click()
    told(1)
    assert name()!=first and p.page.evaluate('document.activeElement.innerText')=='1 normal'
    with p.changes(5, 'the key 2'): p.page.keyboard.press('2')
    told(2)
    assert 'sure of the others' in p.status(5) and w.locator('audio').get_attribute('autoplay') is not None
    third = name()
    w.locator('audio').focus() # the player goes with its clip, and the focus must not go with it to the notebook
    with p.changes(5, 'the key 3 on the player'): p.page.keyboard.press('3')
    told(3)
    with p.changes(5, 'the key u'): p.page.keyboard.press('u')
    told(2)
    assert name()==third
    with p.changes(5, 'the key n'): p.page.keyboard.press('n')
    assert name()!=third
    p.page.keyboard.press('9')
    p.control(5, 'Save labels as').fill(str(folder/'labels1.csv'))
    p.control(5, 'Save labels as').press('1')
    p.control(5, 'Save labels as').press('Tab')
    p.page.wait_for_timeout(500) # a button's click overtakes what a busy text field has still to send
    p.page.keyboard.press('Enter')
    p.until(lambda: p.status(5).startswith('Saved 2 labels'), 'the labels saved')
    lines = (folder/'labels1.csv1').read_text().splitlines()
    assert [o.split(',')[2] for o in lines]==['new_label', 'normal', 'murmur'] and lines[1].startswith(first), lines

def check_page(p, folder):
    "Names, contrast, width and console of all."
    import axe_playwright_python
    p.page.evaluate((Path(axe_playwright_python.__file__).parent/'axe.min.js').read_text())
    wrong = [f'{name}: {o}' for n,name in enumerate(names) for o in p.axe(n)]
    for width in 1280,390:
        p.page.set_viewport_size(dict(width=width, height=1400))
        p.page.wait_for_timeout(500)
        for n,name in enumerate(names):
            box = p.widget(n).evaluate('o => [o.scrollWidth, o.clientWidth]')
            if box[0]>box[1]+1: wrong.append(f'{name}: {box[0]} pixels wide in {box[1]}, on a page of {width}')
            p.widget(n).scroll_into_view_if_needed()
            p.shot(n, f'{name}-{width}')
    assert not wrong, '\n'.join(wrong)
    assert len(p.page.locator('.jp-Cell').all())==len(cells), 'a key went to the notebook and changed its cells'
    assert not p.console, '\n'.join(p.console)

def open_page(browser, url, token, shots):
    "Open the notebook, run it, and wait for its widgets."
    page = browser.new_page(viewport=dict(width=1280, height=900))
    p = Page(page, shots)
    page.goto(f'{url}/doc/tree/widgets.ipynb?token={token}', timeout=60_000)
    session = 'window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session'
    page.wait_for_function(f"{session}?.kernel?.connectionStatus=='connected'", timeout=60_000)
    page.on('console', lambda m: p.console.append(m.text) if m.type=='error' else None)
    page.on('pageerror', lambda e: p.console.append(str(e)))
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    errors = page.locator('.jp-RenderedText[data-mime-type*=error]')
    p.until(lambda: page.locator('.heartbeat').count()==len(names) or errors.count(), 'all widgets', 240)
    if said := errors.all_inner_texts(): raise SystemExit('\n'.join(said))
    return p

@call_parse
def main(
    shots:str='', # Folder for pictures of each widget, 1280 and 390 pixels wide
):
    "Click, drag and type in the widgets, and look at what the page then shows"
    if not (found := chromium()): return print('skip widgets in a browser: no chromium is installed')
    from playwright.sync_api import sync_playwright
    if shots:
        shots = Path(shots)
        shots.mkdir(parents=True, exist_ok=True)
    failed,start = 0,time.time()
    each = [check_browser, check_studio, check_prediction, check_filters, check_errors, check_labeller, check_page]
    checks = dict(zip([*names, 'names, contrast, width, console'], each))
    with (tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp, jupyter(Path(tmp)) as (url,token),
          sync_playwright() as pw):
        folder = Path(tmp)
        notebook(folder/'widgets.ipynb')
        browser = pw.chromium.launch(executable_path=found, args=['--no-sandbox'])
        session = dict(path='widgets.ipynb', name='widgets.ipynb', type='notebook', kernel=dict(name='python3'))
        ask(f'{url}/api/sessions', token, session) # the kernel starts while the page loads
        p = open_page(browser, url, token, shots)
        print(f'     opened ({time.time()-start:.0f} s)', flush=True)
        for name,f in checks.items():
            begun = time.time()
            try: f(p, folder)
            except Exception as e: # noqa: BLE001 whatever went wrong is what the line tells
                failed += 1
                print(f'FAIL {name} ({time.time()-begun:.0f} s): {e}\n{traceback.format_exc(limit=-2)}', flush=True)
            else: print(f'ok   {name} ({time.time()-begun:.0f} s)', flush=True)
        browser.close()
    print(f'{len(names)+1-failed} passed, {failed} failed')
    sys.exit(failed>0)
