"""Shared fixtures: the built site, and a Chromium to open it with."""

import json
import os
import shutil
from importlib.resources import files

import pytest
from built import SITE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def site():
    """Return the folder of the built book."""
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first")
    return SITE


@pytest.fixture(scope="session")
def browser():
    """Return a headless Chromium; without one the browser checks are skipped, but never in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: the browser checks cannot run")
        pytest.skip("no Chromium found: the browser checks are skipped")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def one_tab(browser):
    """Return the tab that all tests share: to open one takes as long as to load a page."""
    tab = browser.new_page()
    tab.problems = []
    tab.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:", "about:"))
           else tab.problems.append(f"asks {r.url}"))
    tab.on("requestfailed", lambda r: tab.problems.append(f"failed {r.url}"))
    tab.on("pageerror", lambda e: tab.problems.append(f"script error {e}"))
    tab.on("console", lambda m: tab.problems.append(f"console {m.text}") if m.type == "error" else None)
    return tab


@pytest.fixture
def tab(one_tab):
    """Return an empty tab whose ``problems`` tell what goes wrong in it."""
    one_tab.goto("about:blank")
    one_tab.problems.clear()
    one_tab.set_viewport_size({"width": 1280, "height": 900})
    one_tab.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce", forced_colors="none")
    return one_tab


@pytest.fixture(scope="session")
def axe():
    """Return a function that tells what axe-core finds against WCAG 2.2 AA in a tab as it stands.

    It first runs a script in the page that may configure axe; all rules are tried, or those that are named.
    """
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    common = {"preload": False, "selectors": False, "resultTypes": ["violations"]}

    def findings(tab, prepare="() => {}", rules=()):
        if not tab.evaluate("'axe' in window"):
            tab.evaluate(script)
        tab.evaluate(prepare)
        options = {**common, "runOnly": {"type": "rule", "values": rules} if rules else tags}
        found = tab.evaluate(f"async () => (await axe.run({json.dumps(options)})).violations")
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return findings


def pytest_terminal_summary(terminalreporter):
    """Show what tests have to tell: the output of other processes is not seen."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for _, text in (told for told in report.user_properties if told[0] == "told"):
                terminalreporter.write_line(text)
