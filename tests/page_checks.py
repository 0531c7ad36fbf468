"""What a page looks like to the browser that shows it: each check answers with what is wrong, so nothing is right.

Texts are told by their first forty characters.
"""

from typing import Any

from tests.browser import Shown

_TOLD = "const told = text => text.trim().replace(/\\s+/g, ' ').slice(0, 40);"

_WIDER = """() => {
  const wide = document.documentElement.scrollWidth, window_ = document.documentElement.clientWidth;
  return wide > window_ ? [`${wide} > ${window_}`] : [];
}"""

_DRAWINGS = f"""() => {{
  {_TOLD}
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {{
    if (svg.closest('[hidden]') || svg.parentElement.closest('svg') || svg.getBBox === undefined) continue;
    const frame = svg.getBoundingClientRect(), ink = svg.getBBox();
    if (!(frame.width > 0 && frame.height > 0)) found.push(`a drawing of ${{frame.width}} x ${{frame.height}}`);
    if (!(ink.width > 0 && ink.height > 0)) found.push('a drawing with nothing in it');
    for (const text of svg.querySelectorAll('text')) {{
      const box = text.getBoundingClientRect();
      if (!text.textContent.trim() || !box.width) continue;
      const aside = Math.max(frame.left - box.left, box.right - frame.right);
      const out = Math.max(aside, frame.top - box.top, box.bottom - frame.bottom);
      if (out > 1) found.push(`${{told(text.textContent)}} is ${{Math.round(out)}} px outside`);
    }}
  }}
  return found;
}}"""

_OVERLAPS = f"""() => {{
  {_TOLD}
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {{
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim() && text.getBBox().width
      && getComputedStyle(text).opacity !== '0');
    const boxes = texts.map(text => text.getBoundingClientRect());
    for (let one = 0; one < boxes.length; one++) for (let other = one + 1; other < boxes.length; other++) {{
      const [a, b] = [boxes[one], boxes[other]];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 4) found.push(`${{told(texts[one].textContent)}} / ${{told(texts[other].textContent)}}`);
    }}
  }}
  return found;
}}"""

# What lies behind a text is asked of the browser at the text's middle, and blended from the bottom up: the page, boxes,
# the shapes of a drawing. Text of no size, or moved out of sight for screen readers, is not looked at.
_CONTRAST = f"""least => {{
  {_TOLD}
  const style = document.createElement('style');
  style.textContent = '* {{ pointer-events: auto !important; transition: none !important }}';
  document.head.append(style);
  const canvas = document.createElement('canvas').getContext('2d', {{ willReadFrequently: true }});
  const rgba = colour => {{
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = 'rgba(0, 0, 0, 0)'; canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }};
  const over = (front, back) => [0, 1, 2].map(i => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
  const light = colour => {{
    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.slice(0, 3).map(c => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }};
  const painted = element => {{
    const look = getComputedStyle(element);
    if (element instanceof SVGElement && element.tagName !== 'svg') {{
      if (['text', 'tspan', 'g'].includes(element.tagName) || look.fill === 'none') return [0, 0, 0, 0];
      const colour = rgba(look.fill);
      return [...colour.slice(0, 3), colour[3] * look.fillOpacity * look.opacity];
    }}
    return rgba(look.backgroundColor);
  }};
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
    && getComputedStyle(document.documentElement).colorScheme.includes('dark');
  const canvasColour = dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {{
    const element = node.parentElement, look = getComputedStyle(element);
    if (!node.textContent.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE'].includes(element.tagName)) continue;
    if (look.visibility !== 'visible' || look.display === 'none' || look.clipPath === 'inset(50%)') continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getClientRects()[0];
    if (!box || box.width < 2 || box.height < 2) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const stack = document.elementsFromPoint(x, y);
    const at = stack.findIndex(one => one === element || one.contains(element) || element.contains(one));
    if (at < 0) continue;
    let back = canvasColour;
    for (const one of stack.slice(at).reverse()) back = over(painted(one), back);
    const isSvg = element instanceof SVGElement;
    const ink = rgba(isSvg ? look.fill : look.color);
    let opacity = isSvg ? Number(look.fillOpacity) : 1;
    for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    const front = over([...ink.slice(0, 3), ink[3] * opacity], back);
    const [low, high] = [light(front), light(back)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < least) found.push(`${{told(node.textContent)}}: ${{ratio.toFixed(2)}}`);
  }}
  style.remove();
  return found;
}}"""

_STRUCTURE = f"""() => {{
  {_TOLD}
  const found = [], all = selector => [...document.querySelectorAll(selector)];
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title.trim()) found.push('no title');
  if (all('main').length !== 1) found.push(`${{all('main').length}} main landmarks`);
  let level = 0;
  for (const heading of all('h1, h2, h3, h4, h5, h6')) {{
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`h${{next}} after h${{level}}: ${{told(heading.textContent)}}`);
    level = next;
  }}
  if (all('h1').length !== 1) found.push(`${{all('h1').length}} h1`);
  for (const cell of all('th')) if (!cell.scope) found.push(`th without scope: ${{told(cell.textContent)}}`);
  for (const table of all('table')) {{
    if (!table.caption && !table.closest('[aria-label], [role=region][aria-labelledby]'))
      found.push(`a table without a name: ${{told(table.textContent)}}`);
  }}
  for (const input of all('input, select, textarea')) {{
    const label = input.getAttribute('aria-label') || [...(input.labels ?? [])].map(one => one.textContent).join('');
    if (!label.trim()) found.push(`an ${{input.tagName.toLowerCase()}} without a label`);
  }}
  for (const button of all('button')) {{
    if (!(button.textContent.trim() || button.getAttribute('aria-label'))) found.push('a button without a name');
  }}
  for (const drawing of all('svg')) {{
    if (!drawing.closest('[role=img][aria-label], [aria-hidden=true]') && !drawing.querySelector('title'))
      found.push('a drawing without words');
  }}
  const ids = all('[id]').map(one => one.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) found.push(`id twice: ${{id}}`);
  return found;
}}"""


def too_wide(shown: Shown) -> list[str]:
    """The page and its window, where one has to be moved sideways to read it."""
    return _list(shown.run(_WIDER))


def bad_drawings(shown: Shown) -> list[str]:
    """Drawings that are not there, and texts that reach out of theirs."""
    return _list(shown.run(_DRAWINGS))


def overlapping_texts(shown: Shown) -> list[str]:
    """Texts of one drawing that are written over each other."""
    return _list(shown.run(_OVERLAPS))


def faint_texts(shown: Shown, least: float = 4.5) -> list[str]:
    """Texts that stand out too little against what is behind them, each with its ratio, anywhere on the page."""
    size = shown.page.viewport_size
    assert size is not None
    height = shown.run("() => document.documentElement.scrollHeight")
    shown.page.set_viewport_size({"width": size["width"], "height": height})
    found = _list(shown.run(_CONTRAST, least))
    shown.page.set_viewport_size(size)
    return found


def unsound_structure(shown: Shown) -> list[str]:
    """What a screen reader stumbles over: headings, landmarks, tables, fields and drawings without their names."""
    return _list(shown.run(_STRUCTURE))


def _list(found: Any) -> list[str]:
    assert isinstance(found, list)
    return found
