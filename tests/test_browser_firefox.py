"""A smoke run in Firefox, by the WebDriver BiDi protocol that it speaks itself: every page opens, its figures move."""

import http.server
import itertools
import json
import os
import re
import shutil
import subprocess
import threading
import time

import pytest
import websocket
from built import SITE, site_pages

FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
FLAGS = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile"]

# Logged of a page that is painted while it is read and holds half a fraction by then; LOOK counts the parts in the end.
HALF_READ = "Invalid markup: Incorrect number of children"

# Moves each slider of the page to its other end; returns what is wrong with the page.
LOOK = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await frame();
  const found = [];
  for (const formula of document.querySelectorAll('main math'))
    if (!formula.closest('details') && formula.getClientRects().length && formula.getBoundingClientRect().width === 0)
      found.push('a formula without width: ' + formula.textContent.slice(0, 60));
  for (const [count, tags] of [[2, 'mfrac, mroot, msup, msub, mover, munder'], [3, 'msubsup, munderover']])
    for (const part of document.querySelectorAll(tags))
      if (part.children.length !== count) found.push(`not ${count} parts: ${part.outerHTML.slice(0, 80)}`);
  for (const figure of document.querySelectorAll('.mathnn-live')) {
    figure.scrollIntoView();
    await frame();
    const look = () => figure.querySelector('.live-svg').innerHTML + figure.querySelector('.live-readout').innerHTML
      + figure.querySelector('canvas').toDataURL();
    const start = look();
    if (!figure.querySelector('.live-svg svg')) found.push(figure.id + ' is not drawn');
    for (const input of figure.querySelectorAll('input[type=range]')) {
      input.value = input.valueAsNumber < Number(input.max) ? input.max : input.min;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await frame();
    if (figure.querySelector('input[type=range]') && look() === start) found.push(figure.id + ' does not move');
  }
  return JSON.stringify(found);
}"""


class Firefox:
    """A headless Firefox with one tab."""

    def __init__(self, profile):
        self.process = subprocess.Popen([FIREFOX, *FLAGS, profile], stderr=subprocess.PIPE, text=True)
        line = next(line for line in self.process.stderr if "BiDi listening" in line)
        address = re.search(r"ws://\S+", line)[0]
        self.socket = websocket.create_connection(f"{address}/session", timeout=60, suppress_origin=True)
        self.numbers, self.errors = itertools.count(), []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **params):
        """Send a command and wait for its answer; errors that the pages log meanwhile are kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            text = message["params"]["text"] if message["type"] == "event" else ""
            if text and message["params"]["level"] == "error" and not text.startswith(HALF_READ):
                self.errors.append(text)
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, address):
        """Open a page; return the errors so far and what is wrong with it."""
        self.errors.clear()
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")
        answer = self.call("script.callFunction", functionDeclaration=LOOK, awaitPromise=True,
                           target={"context": self.tab})
        assert answer["type"] == "success", answer
        return [*self.errors, *json.loads(answer["result"]["value"])]

    def close(self):
        """End it."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    """Return a Firefox; without one the smoke run is skipped, but never in CI."""
    if FIREFOX is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Firefox: its smoke run cannot run")
        pytest.skip("no Firefox found: its smoke run is skipped")
    firefox = Firefox(str(tmp_path_factory.mktemp("profile")))
    yield firefox
    firefox.close()


@pytest.mark.parametrize("path", site_pages(), ids=lambda p: str(p.relative_to(SITE)))
def test_page_works_in_firefox(firefox, path):
    assert firefox.open(path.as_uri()) == []


def test_what_is_broken_is_seen_in_firefox(firefox, tmp_path):
    page = tmp_path / "broken.html"
    page.write_text("""<main><div class="mathnn-live" id="dead"><div class="live-svg"></div><canvas></canvas>
        <div class="live-readout"></div><input type="range"></div></main>
        <script>throw new Error("lost")</script>""", encoding="utf-8")
    assert firefox.open(page.as_uri()) == ["Error: lost", "dead is not drawn", "dead does not move"]


def test_a_formula_counts_when_all_of_it_is_there(firefox, tmp_path):
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            for part in ("<main><p>words</p><math><mfrac><mn>1</mn>", "<mn>2</mn></mfrac></math></main>"):
                self.wfile.write(part.encode() + b" " * 100_000)
                self.wfile.flush()
                time.sleep(1)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert firefox.open(f"http://127.0.0.1:{server.server_port}/") == []
        server.shutdown()
    page = tmp_path / "half.html"
    page.write_text("<main><math><mfrac><mn>1</mn></mfrac><msubsup><mi>x</mi><mn>1</mn></msubsup></math></main>")
    assert firefox.open(page.as_uri()) == ["not 2 parts: <mfrac><mn>1</mn></mfrac>",
                                           "not 3 parts: <msubsup><mi>x</mi><mn>1</mn></msubsup>"]
