"""Measure the book: how long a build and the tests take, what the pages weigh, when the heaviest one is first painted.

    python tools/bench_book.py

The build is made twice in a folder of its own, strict, cold and then warm (one chapter changed). Sizes are kilobytes of
1000 bytes, as stored. "First paint" is Chromium's first contentful paint of a page opened from a file, median of 9; the
formulas are in the page, and "with fonts" is when the fonts that it uses are there too.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from built import ROOT
from playwright.sync_api import sync_playwright

from conftest import CHROMIUM, FLAGS

FONTS_AT = "document.fonts.addEventListener('loadingdone', () => { window.fontsAt = performance.now(); })"
PAINTED = "window.fontsAt && performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def run(*command):
    """Run a command of the environment; return the seconds it took, and stop if it failed."""
    start = time.perf_counter()
    done = subprocess.run([Path(sys.executable).parent / command[0], *command[1:]], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"})
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


def first_paints(page):
    """Return the medians of the first paint and of the fonts' arrival, in seconds."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        times = []
        for _ in range(9):
            tab = chromium.new_page(viewport={"width": 1280, "height": 900})
            tab.add_init_script(FONTS_AT)
            tab.goto(page.as_uri(), wait_until="load")
            paint = tab.wait_for_function(PAINTED).json_value()
            times.append([paint, max(paint, tab.evaluate("window.fontsAt"))])
            tab.close()
        chromium.close()
    return [statistics.median(column) / 1000 for column in zip(*times, strict=True)]


def main():
    """Print a line for each measure."""
    with tempfile.TemporaryDirectory() as folder:
        build = ("jupyter-book", "build", ".", "-W", "-n", "--keep-going", "--path-output", folder)
        print(f"strict build, cold               {run(*build):7.1f} s")
        chapter = max(ROOT.glob("notebooks/*.ipynb"), key=lambda path: path.stat().st_size)
        chapter.touch()
        print(f"strict build, one chapter changed{run(*build):7.1f} s   (target 20)")
        site = Path(folder, "_build", "html")
        pages = sorted(site.glob("notebooks/*.html"), key=lambda path: path.stat().st_size)
        print(f"heaviest chapter, {pages[-1].stem:<15}{pages[-1].stat().st_size / 1000:7.0f} kB  (target 400)")
        whole = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        print(f"all of the site                  {whole / 1e6:7.1f} MB")
        if CHROMIUM is None:
            print("no Chromium found: first paint not measured")
        else:
            paint, fonts = first_paints(pages[-1])
            print(f"its first paint                  {paint:7.2f} s   (target 0.6), with fonts {fonts:.2f} s")
    tests = run("pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    print(f"tests, on two processes          {tests / 60:7.1f} min (target 6)")


if __name__ == "__main__":
    main()
