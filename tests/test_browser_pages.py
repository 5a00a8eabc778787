"""Every built page, opened in Chromium from a file: alive, accessible in light and dark, no wider than a phone."""

import re

import pytest
from built import SITE, site_pages
from test_browser_live import MOVE_ALL, NEXT_FRAME, TEXTS

# words of TeX in what a reader sees or hears, outside of code and of the formulas' own annotations
RAW_TEX = r"""() => {
  const main = document.querySelector('main') ?? document.body;
  const isRaw = (text) => /\\[a-zA-Z(\[]|[_^]\{|\$/.test(text);
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (isRaw(data) && !parent.closest('pre, code, dt.sig, script, style, annotation')) found.push(data.trim());
  }
  for (const element of main.querySelectorAll('[alt], [title], [aria-label]')) {
    found.push(...[element.alt, element.title, element.ariaLabel].filter(isRaw));
  }
  return found.concat([...main.querySelectorAll('.temml-error, merror')].map(e => e.textContent))
    .map(text => text.slice(0, 80));
}"""
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide <= 0 ? [] : [...document.querySelectorAll('main *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.right > document.documentElement.clientWidth + 1 && getComputedStyle(e).position !== 'fixed';
  }).slice(0, 5).map(e => e.tagName + '.' + e.className).concat('page is wider by ' + wide);
}"""
ALL_DRAWN = """() => [...document.querySelectorAll('.mathnn-live')].every(f => f.querySelector('.live-svg svg'))"""
RESET = """() => document.querySelectorAll('.mathnn-live').forEach(figure =>
  [...figure.querySelectorAll('button')].find(button => button.textContent.includes('Reset')).click())"""
UNFOLD = """() => {
  for (const code of document.querySelectorAll('details')) code.open = true;
  for (const solution of document.querySelectorAll('.toggle-hidden')) solution.querySelector('button').click();
}"""
# axe needs most of its time for words of code, for the parts of formulas, which have no roles and must have the colour
# of the text round them, and for the contrast of words. So one word stands for all of its kind in a piece of code, one
# piece for each formula, and one text for all that look alike: same colour, size and weight on the same grounds. What
# is placed freely may lie on anything: there every element counts. (axe's own way to leave out the parts of formulas
# compares each element with each formula: half of its time on a long page.)
ONE_OF_EACH_WORD = """() => {
  for (const code of document.querySelectorAll('pre, code, dt.sig')) {
    const kinds = new Set();
    for (const word of code.querySelectorAll('span:not(:has(*))')) {
      const kind = word.parentElement.className + word.outerHTML.split('>')[0];
      if (kinds.has(kind)) word.replaceWith(word.textContent);
      kinds.add(kind);
    }
    code.normalize();
  }
}"""
ONE_PIECE = """() => {
  for (const math of document.querySelectorAll('math')) {
    math.textContent = math.textContent;
    math.ariaHidden = true;
  }
}"""
ONE_OF_EACH_LOOK = """() => {
  const looks = new Set();
  let placed = 0;
  const visit = (element, ground) => {
    const style = getComputedStyle(element);
    const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter].join();
    if (own !== 'rgba(0, 0, 0, 0),none,1,none') ground += own + ';';
    if (!['static', 'relative'].includes(style.position)) ground += placed++ + ';';
    const look = [ground, style.color, style.fontSize, style.fontWeight, style.textShadow].join();
    const words = element.matches('input, select, textarea') ||
      [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    element.toggleAttribute('data-look', words && !looks.has(look));
    if (words) looks.add(look);
    for (const child of element.children) visit(child, ground);
  };
  visit(document.documentElement, '');
  axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-look]' }] });
}"""
# axe's rules that look at colours: as the dark page differs in nothing else, the others are for the light one only
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
OWN_COLOUR = """() => [...document.querySelectorAll('main math')].filter(math =>
  [math, ...math.querySelectorAll('mi, mn, mo, mtext')].some(part =>
    getComputedStyle(part).color !== getComputedStyle(math.parentElement).color)).map(math => math.textContent)"""

# What is not as it was when this was asked last: seen or not, its place, its size.
MOVED = """() => {
  const before = window.places;
  const elements = [...document.querySelectorAll('body *')];
  window.places = elements.map(element => {
    const box = element.getBoundingClientRect();
    return [element.checkVisibility({ visibilityProperty: true }), box.x, box.y, box.width, box.height].join();
  });
  const moved = before ? elements.filter((_, i) => window.places[i] !== before[i]) : [];
  return moved.slice(0, 5).map(element => element.outerHTML.slice(0, 80));
}"""


def open_still(tab, path):
    """Open a page in which colours and sidebars change at once."""
    tab.goto(path.as_uri(), wait_until="load")
    tab.add_style_tag(content="* { transition: none !important }")


def show_in(tab, scheme):
    """Let the page take its light or dark colours."""
    tab.emulate_media(color_scheme=scheme)
    tab.wait_for_function(f"document.documentElement.dataset.theme == '{scheme}'")


def findings(tab, axe, path):
    """Open a page, on a phone first; return what is wrong with it, all its parts unfolded, and with its figures."""
    tab.set_viewport_size({"width": 390, "height": 844})
    open_still(tab, path)
    tab.wait_for_function(ALL_DRAWN)
    tab.evaluate(UNFOLD)
    figures = tab.locator(".mathnn-live").all()
    found = {"raw TeX": tab.evaluate(RAW_TEX), "too wide for a phone": tab.evaluate(TOO_WIDE),
             "texts cut off or on another": [text for figure in figures for text in figure.evaluate(TEXTS)]}
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.evaluate(NEXT_FRAME)
    found["controls that do nothing"] = [idle for figure in figures for idle in figure.evaluate(MOVE_ALL)]
    tab.evaluate(RESET)
    tab.evaluate(NEXT_FRAME)
    tab.evaluate(MOVED)
    for scheme in ("light", "dark"):
        show_in(tab, scheme)
        found[f"formulas with colours of their own in {scheme}"] = tab.evaluate(OWN_COLOUR)
    found["more than colours differs in dark"] = tab.evaluate(MOVED)
    tab.evaluate(ONE_OF_EACH_WORD)
    tab.evaluate(ONE_PIECE)
    found["axe in dark"] = axe(tab, ONE_OF_EACH_LOOK, rules=COLOUR_RULES)
    show_in(tab, "light")
    found["axe in light"] = axe(tab, ONE_OF_EACH_LOOK)
    return {what: problems for what, problems in found.items() if problems} | dict.fromkeys(tab.problems)


@pytest.mark.parametrize("path", site_pages(), ids=lambda p: str(p.relative_to(SITE)))
def test_page_is_alive_and_accessible_and_fits_a_phone(tab, axe, path):
    assert findings(tab, axe, path) == {}


def test_the_book_has_live_figures(site):
    assert sum(path.read_text(encoding="utf-8").count("data-spec=") for path in site_pages()) > 50


SWITCHING = """<!doctype html><html lang="en"><head><title>A page with two schemes</title><style>
  :root {{ background: white; color: black }} [data-theme=dark] {{ background: black; color: white }}
</style><script>
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.onchange = () => {{ document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; }};
  dark.onchange();
</script></head><body><main><h1>A page</h1>{}</main></body></html>"""


def test_what_is_wrong_with_a_page_is_seen(tab, axe, tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text(SWITCHING.format(r"""<p>Left as it was: \alpha</p><p style="width: 500px">wide</p>
        <p>also <span title="x_{i}">here</span></p>
        <p><math><mi style="color: grey">x</mi><mo>=</mo><mn>1</mn></math></p>
        <p style="color: #666">too dark in the dark</p>
        <details><summary>Some code</summary><p style="color: #ccc">too light in the light</p></details>
        <style>.toggle-hidden p { visibility: hidden }</style>
        <div class="toggle-hidden"><button onclick="this.parentNode.className = ''">A solution</button>
        <p style="color: #ddd">lighter still</p></div>
        <pre><style>.k { color: #888 }</style>x <span class="k">in</span> y <span class="k">is</span> z</pre>
        <pre><span class="n">in</span> <span class="n" style="color: #999">another</span></pre>
        <style>[data-theme=dark] .shy { visibility: hidden }</style><p><span class="shy">not in the dark</span></p>
        <div class="mathnn-live" id="dead"><button>Reset</button><canvas hidden></canvas><p class="live-readout">1</p>
          <label>a <input type="range" aria-label="a" min="0" max="1"></label> <output>0</output>
          <div class="live-svg" role="img" aria-label="dead"><svg><text x="-20" y="50">cut off</text></svg></div></div>
        <script src="https://elsewhere.invalid/x.js"></script><script>throw new Error("lost")</script>"""))
    found = findings(tab, axe, page)
    assert [problem[:38] for problem in found.pop("axe in light")] == [
        'color-contrast: <p style="color: #ccc"', 'color-contrast: <p style="color: #ddd"',
        'color-contrast: <span class="k" data-l', 'color-contrast: <span class="n" style=']
    assert [problem[:38] for problem in found.pop("axe in dark")] == ['color-contrast: <p style="color: #666"']
    assert found.pop("too wide for a phone")[-1].startswith("page is wider by")
    other = {what: problems for what, problems in found.items() if problems}
    assert other == {"raw TeX": ["Left as it was: \\alpha", "x_{i}"],
                     "texts cut off or on another": ["dead: cut off"] * 3,
                     "controls that do nothing": ["dead: a changes neither picture nor readout",
                                                  "dead: a shows the same number", "dead says nothing"],
                     "formulas with colours of their own in light": ["x=1"],
                     "more than colours differs in dark": ['<span class="shy">not in the dark</span>'],
                     "formulas with colours of their own in dark": ["x=1"]}
    outside = ["asks https://elsewhere.invalid/x.js", "failed https://elsewhere.invalid/x.js", "script error lost"]
    assert set(outside) <= found.keys()


def test_one_text_stands_only_for_those_that_look_alike(tab, axe, tmp_path):
    page = tmp_path / "alike.html"
    page.write_text(SWITCHING.format("""<p style="color: #767676">read with ease in the light</p>
        <p style="background: #bbb; color: #767676">but not <em style="position: absolute">here</em></p>
        <p style="opacity: 0.5; color: #767676">nor here</p><p style="color: #ccc">nor here</p>
        <p style="color: #ccc">and this looks the same</p>"""))
    light = findings(tab, axe, page)["axe in light"]
    assert [re.search(r'style="(.*?)"', problem)[1] for problem in light] == [
        "background: #bbb; color: #767676", "position: absolute", "opacity: 0.5; color: #767676", "color: #ccc"]


def test_a_link_must_have_words_beside_its_formula(tab, axe, tmp_path):
    page = tmp_path / "link.html"
    page.write_text(SWITCHING.format('<p><a href="#"><math><mi>x</mi></math></a></p>'))
    assert [problem[:9] for problem in findings(tab, axe, page)["axe in light"]] == ["link-name"]


def test_a_dark_page_prints_dark_on_white(tab, site):
    open_still(tab, site / "book" / "intro.html")
    show_in(tab, "dark")
    tab.evaluate("""() => {
      window.colour = () => getComputedStyle(document.querySelector('main p')).color;
      window.colours = [];
      for (const event of ['beforeprint', 'afterprint']) addEventListener(event, () => window.colours.push(colour()));
    }""")
    dark = tab.evaluate("colour()")
    tab.pdf()
    on_paper, afterwards = tab.evaluate("colours")
    show_in(tab, "light")
    assert on_paper == tab.evaluate("colour()") != dark == afterwards


NOT_DRAWN = """async () => {
  await document.fonts.ready;
  const loaded = [...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family);
  return [...document.querySelectorAll('[class*="fa-"]')].filter((icon) => {
    const { content, fontFamily } = getComputedStyle(icon, '::before');
    return content === 'none' || !loaded.some((family) => fontFamily.includes(family.replaceAll('"', '')));
  }).map((icon) => icon.className);
}"""


def test_the_icons_are_drawn_by_a_font(tab, site):
    open_still(tab, site / "notebooks" / "01_derivatives.html")
    assert tab.locator('[class*="fa-"]').count() > 10
    assert tab.evaluate(NOT_DRAWN) == []
    tab.add_style_tag(content=".fa-bars { font-family: serif }")
    tab.evaluate("document.querySelector('.fa-download').className = 'fas fa-no-such-icon'")
    assert sorted(tab.evaluate(NOT_DRAWN)) == ["fa-solid fa-bars", "fas fa-no-such-icon"]
