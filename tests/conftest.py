"""Shared fixtures: the built site, and a Chromium to open it with."""

import os
import shutil

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


def pytest_terminal_summary(terminalreporter):
    """Show what tests have to tell: the output of other processes is not seen."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for _, text in (told for told in report.user_properties if told[0] == "told"):
                terminalreporter.write_line(text)
