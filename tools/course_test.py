"""Does tools/course.py see each fault, and only where there is one? `python tools/course_test.py`: one line a check."""
import json,sys,tempfile
from pathlib import Path

import course

def md(s): return dict(cell_type='markdown', id='md', metadata={}, source=s)
def code(s, *kinds): # `kinds`: of what it shows
    out = [dict(output_type='display_data', metadata={}, data=dict.fromkeys(kinds, '<p>'))] if kinds else []
    return dict(cell_type='code', id='code', metadata={}, source=s, outputs=out, execution_count=None)

head,said = md('# Batch and fold\n\n> A clip'),md('So it is.')
drawn = '#| fig-alt: A\n#| fig-cap: B\ndraw()'
folded = code('table()', 'text/html')
folded['outputs'][0]['data']['text/html'] = '<details><summary>All</summary></details>'
def spoken(s):
    c = code('#| echo: false\nMarkdown(s)', 'text/markdown')
    c['outputs'][0]['data'] = {'text/markdown':s, 'text/plain':'<IPython.core.display.Markdown object>'}
    return c
link = '[clips](../glossary.ipynb#clip)'

fine = { # each may stand after the title without a fault
    'linked first':[md(f'Two {link} and a clip.')],
    'stressed first':[md('A *clip* is a file; clips are many.')],
    'in code, a heading, an address':[md('## Clip\n\n`clip`, [here](clip.ipynb), <a id="clip">.\n\n```py\nclip\n```')],
    'a word within another':[md('Clipped, folded, enfold.')],
    'the longer word is linked':[md('The [balanced accuracy](../glossary.ipynb#balanced-accuracy).')],
    'a figure with both, a sentence after it':[code(drawn, 'image/png'), said],
    'a sentence that code wrote':[code(drawn, 'image/png'), spoken('So.')],
    'a table folded under a figure':[code(drawn, 'image/png'), folded, said],
    'code without output between':[code('f()', 'text/plain'), code('x = 1'), said],
    'what is hidden':[code(f"#| hide\n{'x'*99}", 'image/png')],
    'a comprehension after another':[code('[o for o in a] + [o for o in b]')]}

wrong = { # exactly one fault, of this kind
    'a word before its link':('terms', [md(f'A clip. Two {link}.')]),
    'a word in a caption':('terms', [code('#| fig-alt: A\n#| fig-cap: A clip\ndraw()', 'image/png'), said]),
    'a word that code wrote':('terms', [spoken('A clip.')]),
    'a word in an answer':('terms', [md('<details>\n<summary>Answer</summary>\n\nA clip.\n\n</details>')]),
    'no caption':('figures', [code('#| fig-alt: A\ndraw()', 'image/png'), said]),
    'no alt text':('figures', [code('#| fig-cap: A\ndraw()', 'image/png'), said]),
    'an output before another':('outputs', [code('f()', 'text/plain'), code('g()', 'text/plain'), said]),
    'a table that code wrote':('outputs', [spoken('| a |\n|---|\n| b |'), md('## Next')]),
    'an output before a heading':('outputs', [code('f()', 'text/plain'), md('## Next\n\nThis.')]),
    'an output at the end':('outputs', [code('f()', 'text/html')]),
    'a wide line':('lines', [code('x'*89)]),
    'a wide line in an answer':('lines', [md(f"```py\n{'x'*89}\n```")]),
    'a comprehension in another':('nested', [code('[[i for i in o] for o in a]')]),
    'a generator in another':('nested', [code('{sum(i for i in o) for o in a}')]),
    'a word we do not use':('wording', [md('From the begin on.')])}

def faults(cells): return [k for k,*_ in course.all_faults([head, *cells])]

answers = """## Exercises

**1.** One.

<details>
<summary>Answer</summary>

```py
x = x+1
seen.append(x)
```

More:

```py
seen.append(x+1)
x
```

```py
y = x
```

</details>

**2.** Two.

<details>
<summary>Answer</summary>

```py
seen.append(x)
```

</details>"""

def ran(text):
    "Run the answers of a page that knows `x` and `seen`; what they saw, and the page's own `x` afterwards."
    with tempfile.TemporaryDirectory() as d:
        path = Path(d)/'page.ipynb'
        path.write_text(json.dumps(dict(cells=[head, md(text)])))
        page = dict(x=1, seen=[])
        try: course.run_answers(path, page)
        except ZeroDivisionError: return 'failed'
        return page['seen'],page['x']

def not_there():
    try: course.chosen(['01', '99'])
    except SystemExit as e: return '99' in str(e)

def checks():
    "Yield (what is checked, whether it holds)."
    for k,o in fine.items(): yield f'no fault: {k}',not faults(o)
    for k,(kind,o) in wrong.items(): yield f'one of {kind}: {k}',faults(o)==[kind]
    yield 'each answer has a copy of the page',ran(answers)==([2, 3, 1], 1)
    yield 'an answer that fails is noticed',ran(answers.replace('x+1\n', '1/0\n'))=='failed'
    yield 'so is its last line',ran(answers.replace('\nx\n', '\n1/0\n'))=='failed'
    cells = [head, said, code('learn.lr_find()'), code('#| hide\nlearn.fit()')]
    yield 'calls that are shown',course.calls(cells)==['lr_find']
    yield 'a page that is not there',not_there()
    yield 'words',course.counted(cells)['words']==3

if __name__=='__main__':
    found = dict(checks())
    for k,ok in found.items(): print(f"{'ok  ' if ok else 'FAIL'} {k}")
    print(f'{len(found)} checks, {list(found.values()).count(False)} failed')
    sys.exit(not all(found.values()))
