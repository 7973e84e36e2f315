"""Write README.md from nbs/index.ipynb and what its cells show: `python tools/readme.py`.

So does nbdev_readme where Quarto is installed."""
import base64,re
from pathlib import Path

from nbdev.process import NBProcessor

root = Path(__file__).resolve().parent.parent
pictures = root/'index_files'

def from_root(text): return re.sub(r'\]\((?!https?:)([^)#]+\.ipynb)', r'](nbs/\1', text) # links of a notebook in nbs

def shown(cell, n):
    "What one cell's outputs look like in Markdown; pictures go to files."
    res = []
    for i,o in enumerate(cell.outputs):
        data = o.get('data', {})
        if 'image/png' in data:
            file = pictures/f'{n}-{i}.png'
            file.write_bytes(base64.b64decode(data['image/png']))
            alt = cell.directives_.get('fig-alt:', [])
            res.append(f"![{' '.join(alt)}]({file.relative_to(root)})")
        elif 'text/markdown' in data: res.append(from_root(''.join(data['text/markdown'])))
        elif text := ''.join(o.get('text', data.get('text/plain', ''))):
            res.append('\n'.join('    '+l for l in text.splitlines()))
    return res

def main():
    nb = NBProcessor(root/'nbs'/'index.ipynb', process=True).nb
    for o in pictures.glob('*.png'): o.unlink()
    pictures.mkdir(exist_ok=True)
    parts = ['<!-- Written by tools/readme.py from nbs/index.ipynb: edit that. -->']
    for n,c in enumerate(nb.cells):
        if c.cell_type=='markdown': parts.append(from_root(c.source)); continue
        marks = c.directives_
        if 'hide' in marks: continue
        code = re.sub(r'^#\|.*\n', '', c.source, flags=re.M).strip()
        if marks.get('echo:')!=['false']: parts.append(f'```python\n{code}\n```')
        parts += shown(c, n)
    (root/'README.md').write_text('\n\n'.join(p.strip() for p in parts if p.strip())+'\n')

if __name__=='__main__': main()
