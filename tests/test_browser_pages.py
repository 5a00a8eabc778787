"""Every built page, opened in Chromium from a file: clean, accessible in light and dark, no wider than a phone."""

import json
from importlib.resources import files

import pytest
from built import SITE, site_pages

# words of TeX in what a reader sees, outside of code and of the formulas' own annotations
RAW_TEX = r"""() => {
  const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (parent.closest('pre, code, dt.sig, script, style, annotation, .mathnn-live script')) continue;
    if (/\\[a-zA-Z(\[]|\$[^$]*\$/.test(data)) found.push(data.trim().slice(0, 80));
  }
  return found.concat([...document.querySelectorAll('.temml-error, merror')].map(e => e.textContent.slice(0, 80)));
}"""
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide <= 0 ? [] : [...document.querySelectorAll('main *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.right > document.documentElement.clientWidth + 1 && getComputedStyle(e).position !== 'fixed';
  }).slice(0, 5).map(e => e.tagName + '.' + e.className).concat('page is wider by ' + wide);
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The inside of a formula has no roles, and axe needs half its time for it; what it must be is as the text round it.
OWN_COLOUR = """() => [...document.querySelectorAll('main math')].filter(math =>
  [math, ...math.querySelectorAll('mi, mn, mo, mtext')].some(part =>
    getComputedStyle(part).color !== getComputedStyle(math.parentElement).color)).map(math => math.textContent)"""


@pytest.fixture(scope="module")
def axe():
    """Return the script of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def tab(browser):
    """Return an empty tab whose ``problems`` tell what goes wrong in it."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light",
                           reduced_motion="reduce")
    tab.problems = []
    tab.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:"))
           else tab.problems.append(f"asks {r.url}"))
    tab.on("requestfailed", lambda r: tab.problems.append(f"failed {r.url}"))
    tab.on("pageerror", lambda e: tab.problems.append(f"script error {e}"))
    tab.on("console", lambda m: tab.problems.append(f"console {m.text}") if m.type == "error" else None)
    yield tab
    tab.close()


def axe_findings(tab, rules=TAGS):
    """Return what axe-core finds against WCAG 2.2 AA in the page as it stands."""
    options = json.dumps({"runOnly": rules, "preload": False, "resultTypes": ["violations"]})
    found = tab.evaluate(f"async () => (await axe.run({{exclude: [['math > *']]}}, {options})).violations")
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("path", site_pages(), ids=lambda p: str(p.relative_to(SITE)))
def test_page_is_clean_accessible_and_fits_a_phone(tab, axe, path):
    tab.goto(path.as_uri(), wait_until="load")
    tab.wait_for_timeout(300)  # figures draw themselves once they know their width
    found = {"raw TeX": tab.evaluate(RAW_TEX)}
    tab.evaluate(axe)
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function(f"document.documentElement.dataset.theme == '{scheme}'")
        tab.wait_for_timeout(300)  # colours change gradually
        found[f"axe in {scheme}"] = axe_findings(tab, TAGS if scheme == "light" else ["color-contrast"])
        found[f"formulas with colours of their own in {scheme}"] = tab.evaluate(OWN_COLOUR)
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.wait_for_timeout(200)
    found["too wide for a phone"] = tab.evaluate(TOO_WIDE)
    assert {what: list_ for what, list_ in found.items() if list_} | dict.fromkeys(tab.problems) == {}
