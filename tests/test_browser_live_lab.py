"""Live figures as widgets, in a real JupyterLab in Chromium."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

CELLS = ["""
import ipywidgets, sympy as sp
from mathnn.live import ImageFilter, Plot, Slider, interact
x, a, b = sp.symbols("x a b")
fig = Plot("wave", "A wave", x, (-3, 3), (-2, 2), description="A sine.",
           sliders={a: Slider(0, 3, 1), b: Slider(-2, 2, 0)})
fig.curve(sp.sin(a * x) + b).point((0, b), drag=b).readout("slope at 0: $<<s:3>>$", s=a)
fig
""", """
seen = []
fig.observe(lambda change: seen.append(change["new"]), "a")
fig["a"] = 2
print("a is", fig["a"], "seen", seen)
""", """
outside = ipywidgets.FloatSlider(min=-2, max=2, description="outside")
ipywidgets.jslink((outside, "value"), (fig.widget, "b"))
outside
""", """
picture = ImageFilter("picture", "Filter", [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
                      {"one": [[0, 0, 0], [0, 1, 0], [0, 0, 0]]}, description="A cross.")
picture
""", """
interact(lambda steps: print("after", steps, "steps"), steps=(0, 10))
"""]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start a JupyterLab of its own on a free port; return its address."""
    folder = tmp_path_factory.mktemp("lab")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [new_code_cell(cell.strip()) for cell in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), notebooks / "live.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    env = {**os.environ, **home, "IPYTHONDIR": str(folder / "ipython"), "MATHNN_STATIC": "0"}
    settings = {"ip": "127.0.0.1", "port": port, "open_browser": False, "root_dir": str(notebooks), "port_retries": 0}
    options = [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, "--IdentityProvider.token=", "--allow-root",
         "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail("JupyterLab did not start within a minute")
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """Open the notebook and run all its cells."""
    tab = browser.new_page(viewport={"width": 1300, "height": 4000})
    tab.goto(f"{lab}/lab/tree/live.ipynb?reset")
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    tab.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext.session?.kernel?.status === 'idle'",
                          timeout=60_000)
    tab.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    tab.wait_for_selector("text=after 5 steps", timeout=90_000)
    tab.wait_for_selector(".mathnn-live .live-svg svg")
    yield tab
    tab.close()


STATE = """() => { const figure = document.querySelector('.mathnn-live');
    return [...figure.querySelectorAll('output')].map((o) => o.textContent).concat(
      figure.querySelector('.live-readout').textContent.trim()); }"""


def python(tab, code):
    """Run a line of Python in the notebook's kernel and return what it prints."""
    return tab.evaluate("""async (code) => {
        const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
        const future = kernel.requestExecute({ code });
        let printed = '';
        future.onIOPub = (message) => { if (message.header.msg_type === 'stream') printed += message.content.text; };
        await future.done;
        return printed.trim(); }""", code)


def wait_for_python(tab, code, expected):
    """Run a line of Python until it prints what is expected: a widget's change arrives some messages later."""
    for _ in range(50):
        printed = python(tab, code)
        if printed == expected:
            return
        tab.wait_for_timeout(200)
    pytest.fail(f"Python should print {expected!r} within 10 seconds and prints {printed!r}.")


def test_python_moves_the_figure(notebook):
    assert notebook.locator("text=a is 2.0 seen [2.0]").count() == 1
    notebook.wait_for_function(f"({STATE})()[0] === '2.00'")
    assert notebook.evaluate(STATE) == ["2.00", "0.00", "slope at 0: 2.000"]


def test_the_figure_tells_python(notebook):
    control = notebook.locator(".mathnn-live input[type=range]").first
    control.focus()
    notebook.keyboard.press("Home")
    notebook.wait_for_function(f"({STATE})()[0] === '0.00'")
    wait_for_python(notebook, "print(fig['a'], seen[-1])", "0.0 0.0")


def test_an_ordinary_slider_moves_the_figure_and_back(notebook):
    notebook.evaluate("""() => { const shown = document.querySelectorAll('.mathnn-live output')[1];
        window.shown = [];
        new MutationObserver(() => window.shown.push(Number(shown.textContent)))
          .observe(shown, { childList: true, characterData: true, subtree: true }); }""")
    outside = notebook.locator(".widget-slider .noUi-handle").first
    outside.focus()
    for _ in range(5):
        notebook.keyboard.press("ArrowRight")
    notebook.wait_for_function(f"({STATE})()[1] === '0.50'")
    wait_for_python(notebook, "print(round(outside.value, 9), fig['b'])", "0.5 0.5")
    shown = notebook.evaluate("window.shown")
    assert shown == sorted(shown)  # no late answer of Python sends it back
    handle = notebook.locator(".mathnn-live .live-handle").first.bounding_box()
    x, y = handle["x"] + 22, handle["y"] + 22
    notebook.mouse.move(x, y)
    notebook.mouse.down()
    notebook.mouse.move(x, y - 40)
    notebook.mouse.up()
    moved = float(notebook.evaluate(STATE)[1])
    assert moved > 0.6
    wait_for_python(notebook, f"print(abs(outside.value - {moved}) <= 0.051)", "True")


def test_a_figure_has_the_colours_of_the_theme(notebook):
    ground = "() => getComputedStyle(document.querySelector('.mathnn-live')).backgroundColor"
    light = notebook.evaluate(ground)
    change = "(theme) => { window.jupyterapp.commands.execute('apputils:change-theme', { theme }); }"
    notebook.evaluate(change, "JupyterLab Dark")
    notebook.wait_for_function("document.body.dataset.jpThemeLight === 'false'", timeout=20_000)
    assert notebook.evaluate(ground) != light
    notebook.evaluate(change, "JupyterLab Light")


def test_a_kernel_is_edited_from_both_sides(notebook):
    assert python(notebook, "picture['entries'] = [1] * 9; print(picture['kernel'])") in ("one", "your own")
    notebook.wait_for_function(
        "() => document.querySelectorAll('.mathnn-live')[1].textContent.includes('Sum of the kernel: 9')")
    entry = notebook.locator(".mathnn-live input[type=number]").first
    entry.fill("3")
    entry.blur()
    wait_for_python(notebook, "print(picture['entries'][0], picture['kernel'])", "3.0 your own")


def test_there_is_no_link_to_copy(notebook):
    assert notebook.locator(".mathnn-live button", has_text="Reset").count() == 2
    assert notebook.locator(".mathnn-live button", has_text="Copy link").count() == 0
