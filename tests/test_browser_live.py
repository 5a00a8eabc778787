"""Live figures in Chromium, in a page with one of each kind (test_browser_pages moves those of the book)."""

import pytest
from test_live_gallery import MAKERS, write_gallery


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Return the address of a page with one figure of each kind."""
    return write_gallery(tmp_path_factory.mktemp("gallery")).as_uri()


@pytest.fixture
def page(tab, gallery):
    """Return a tab with the gallery; what goes wrong in it fails the test."""
    tab.goto(gallery)
    tab.wait_for_selector("#tangent .live-svg svg")
    tab.evaluate("document.fonts.ready")
    yield tab
    assert tab.problems == []


SEEN = """(figure) => {
  const canvas = figure.querySelector('canvas');
  return { picture: figure.querySelector('.live-svg').innerHTML + (canvas.hidden ? '' : canvas.toDataURL()),
    readout: figure.querySelector('.live-readout').textContent,
    label: figure.querySelector('.live-svg').getAttribute('aria-label'),
    outputs: [...figure.querySelectorAll('output')].map((o) => o.textContent),
    tracks: [...figure.querySelectorAll('input[type=range]')].map((track) =>
      [track.getBoundingClientRect().left, track.offsetWidth,
        track.getBoundingClientRect().top - figure.querySelector('.live-svg').getBoundingClientRect().bottom]
        .map(Math.round)),
    frame: Math.round(figure.querySelector('.live-svg').getBoundingClientRect().top
      - figure.getBoundingClientRect().top),
    height: figure.querySelector('.live-svg').offsetHeight };
}"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def seen(tab, name):
    tab.evaluate(NEXT_FRAME)
    return tab.locator(f"#{name}").evaluate(SEEN)


def slider(tab, name, label):
    return tab.locator(f"#{name} input[aria-label='{label}']")


def move(control, share):
    """Move a slider to a share of its range, as dragging it would."""
    control.evaluate("""(input, share) => { const [a, b] = [Number(input.min), Number(input.max)];
        input.value = a + share * (b - a); input.dispatchEvent(new Event('input', { bubbles: true })); }""", share)


# Moves each control of a figure, from the start; returns those that do not change what they should. A slider may matter
# for some options of a list only: then one of them must do.
MOVE_ALL = """async (figure) => {
  const seen = SEEN, idle = [];
  const frame = () => new Promise((done) => requestAnimationFrame(done));  // a figure draws in the frame before
  const set = (control, value) => {
    control.value = value;
    for (const event of ['input', 'change']) control.dispatchEvent(new Event(event, { bubbles: true }));
    return frame();
  };
  const values = (control) => control.options ? [...control.options].map((option) => option.value)
    : [0, 0.35, 1].map((share) => Number(control.min) + share * (control.max - control.min));
  const changed = async (control) => {
    const states = [seen(figure)];
    for (const value of values(control)) { await set(control, value); states.push(seen(figure)); }
    for (const state of states) said.add(state.label);
    const differ = (part) => new Set(states.map((state) => JSON.stringify(part(state)))).size > 1;
    return { figure: differ((s) => [s.picture, s.readout]), number: differ((s) => s.outputs),
      track: differ((s) => s.tracks), frame: differ((s) => s.frame), height: differ((s) => s.height) };
  };
  figure.scrollIntoView();
  const said = new Set([seen(figure).label]);
  const lists = [...figure.querySelectorAll('select')];
  for (const control of figure.querySelectorAll('input[type=range], select')) {
    [...figure.querySelectorAll('button')].find((button) => button.textContent.includes('Reset')).click();
    await frame();
    const first = await changed(control), slides = !control.options;
    let moved = first.figure;
    for (const list of lists)
      for (const value of moved ? [] : values(list)) {
        await set(list, value);
        moved ||= (await changed(control)).figure;
      }
    const name = figure.id + ': ' + control.getAttribute('aria-label');
    if (!moved) idle.push(name + ' changes neither picture nor readout');
    if (slides && !first.number) idle.push(name + ' shows the same number');
    if (first.track) idle.push(name + " moves a slider's track");
    if (first.frame) idle.push(name + ' moves the picture');
    const resizes = /: (stride|padding|dilation)$/.test(name);  // more or fewer windows
    if (first.height && !resizes) idle.push(name + ' changes the height of the picture');
  }
  if (said.size < 2) idle.push(figure.id + ' says nothing');
  return idle;
}""".replace("SEEN", SEEN)


def move_all(tab, name):
    """Move every control of a figure; return those that did not do what they should."""
    return tab.locator(f"#{name}").evaluate(MOVE_ALL)


def test_every_control_moves_its_figure(page):
    names = [make().name for make in MAKERS.values()]
    before = {name: seen(page, name)["picture"] for name in names}
    assert [idle for name in names for idle in move_all(page, name)] == []
    assert [name for name in names if seen(page, name)["picture"] == before[name]] == []


def test_a_dead_slider_is_seen(page):
    slider(page, "tangent", "a").evaluate("(input) => input.replaceWith(input.cloneNode())")
    assert move_all(page, "tangent") == ["tangent: a changes neither picture nor readout",
                                         "tangent: a shows the same number"]


@pytest.mark.parametrize(("wrong", "said"), [
    ("figure.querySelector('.live-legend').style.marginBottom = `${20 * track.value}px`", "moves the picture"),
    ("figure.querySelector('.live-picture').style.height = figure.querySelector('.live-svg').style.height ="
     " `${500 + 20 * track.value}px`", "changes the height of the picture"),
    ("figure.querySelector('.live-readout').style.paddingBottom = `${50 + 20 * track.value}px`",
     "moves a slider's track")])
def test_a_figure_that_grows_under_the_readers_hand_is_seen(page, wrong, said):
    page.evaluate(f"""() => {{ const figure = document.querySelector('#tangent');
        const track = figure.querySelector("input[aria-label='a']");
        track.addEventListener('input', () => {{ {wrong}; }}); }}""")
    assert f"tangent: a {said}" in move_all(page, "tangent")


# What is wrong with the texts of a figure, from its start and with its sliders at either end: outside of the picture,
# or one on another.
TEXTS = """async (figure) => {
  const wrong = [];
  [...figure.querySelectorAll('button')].find((button) => button.textContent.includes('Reset')).click();
  for (const end of ['value', 'min', 'max']) {
    for (const input of figure.querySelectorAll('input[type=range]')) {
      input.value = input[end];
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await new Promise((done) => requestAnimationFrame(done));
    const frame = figure.querySelector('.live-svg svg').getBoundingClientRect();
    const texts = [...figure.querySelectorAll('.live-svg text')].map((t) => [t.textContent, t.getBoundingClientRect()])
      .filter(([, box]) => box.width);
    const outside = texts.filter(([, { left, right, top, bottom }]) =>
      left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 3);
    const meet = ([, a], [, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.4 * Math.min(a.height, b.height);
    wrong.push(...outside, ...texts.filter((a, i) => texts.slice(0, i).some((b) => meet(a, b))));
  }
  return wrong.map(([words]) => `${figure.id}: ${words}`);
}"""


@pytest.mark.parametrize("wrong", ["transform: translateX(-90px)", "font-size: 40px"])
def test_texts_that_are_cut_off_or_meet_are_seen(page, wrong):
    figure = page.locator("#descent")
    assert figure.evaluate(TEXTS) == []
    page.add_style_tag(content=f"#descent .live-svg text {{ {wrong} }}")
    assert figure.evaluate(TEXTS) != []


# ---- for everyone

@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_findings(page, axe, theme):
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    page.evaluate(NEXT_FRAME)
    assert axe(page) == []


def test_arrow_keys_step_and_the_result_is_spoken(page):
    control = slider(page, "tangent", "a")
    control.focus()
    page.keyboard.press("ArrowRight")
    assert control.get_attribute("aria-valuetext") == "0.52"
    page.keyboard.press("End")
    assert control.get_attribute("aria-valuetext") == "2.50"
    assert control.evaluate("(input) => getComputedStyle(input).outlineStyle") == "solid"
    spoken = page.locator("#tangent .live-spoken")
    assert spoken.text_content() == ""  # not before the reader pauses
    page.wait_for_function("document.querySelector('#tangent .live-spoken').textContent.includes('5.250')")
    assert spoken.get_attribute("aria-live") == "polite"
    assert page.locator("#tangent output").first.get_attribute("aria-live") == "off"


def test_a_figure_that_fails_does_not_stop_the_others(tab, tmp_path):
    page = write_gallery(tmp_path)
    page.write_text(page.read_text(encoding="utf-8").replace('"params":[', '"params":5,"x":[', 1), encoding="utf-8")
    tab.goto(page.as_uri())
    tab.wait_for_selector("#picture .live-svg svg")
    assert [problem[:16] for problem in tab.problems] == ["console tangent:"]


def test_pictures_have_words(page):
    for make in MAKERS.values():
        fig = make()
        label = page.locator(f"#{fig.name} .live-svg").get_attribute("aria-label")
        assert label.startswith(fig.spec()["alt"])


def test_targets_are_large_enough(page):
    small = page.evaluate("""() => [...document.querySelectorAll(
        '.mathnn-live button, .mathnn-live select, .mathnn-live input, .live-handle')]
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)""")
    assert small == []


def test_without_javascript_a_picture_stays(browser, gallery):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(gallery)
    images = tab.locator(".mathnn-live > img")
    assert images.count() == len(MAKERS)
    assert all(box["height"] > 100 for box in (image.bounding_box() for image in images.all()))
    context.close()


def test_paper_shows_numbers_but_no_buttons(page):
    page.emulate_media(media="print")
    assert not page.locator("#tangent button").first.is_visible()
    assert not page.locator("#tangent input").first.is_visible()
    assert page.locator("#tangent output").first.is_visible()
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    ground = page.locator("#tangent").evaluate("(figure) => getComputedStyle(figure).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_the_readers_own_colours_are_used(page):
    page.emulate_media(forced_colors="active")
    stroke = page.locator("#tangent .live-svg path[stroke-width='2.5']").first.evaluate(
        "(path) => [getComputedStyle(path).stroke, getComputedStyle(document.body).color]")
    assert stroke[0] == stroke[1]


# ---- light and dark

def test_toggling_the_theme_redraws_lines_and_canvas(page):
    look = """() => [getComputedStyle(document.querySelector('#tangent .live-svg path[stroke-width="2.5"]')).stroke,
        document.querySelector('#plane canvas').toDataURL()]"""
    page.evaluate(NEXT_FRAME)
    light = page.evaluate(look)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    page.evaluate(NEXT_FRAME)
    dark = page.evaluate(look)
    assert all(a != b for a, b in zip(light, dark, strict=True))


# ---- dragging

def drag(tab, handle, dx, dy, button="left"):
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down(button=button)
    tab.mouse.move(x + dx / 2, y + dy / 2)
    tab.mouse.move(x + dx, y + dy)
    tab.mouse.up(button=button)
    tab.evaluate(NEXT_FRAME)


def test_points_follow_the_mouse(page):
    page.locator("#tangent").scroll_into_view_if_needed()
    handles = page.locator("#tangent .live-handle")  # a + h, a
    before = float(slider(page, "tangent", "a").input_value())
    width = page.locator("#tangent svg svg").evaluate("(frame) => Number(frame.getAttribute('width'))")
    drag(page, handles.nth(1), 60, 0)
    assert float(slider(page, "tangent", "a").input_value()) == pytest.approx(before + 60 * 6 / width, abs=0.02)
    place = handles.first.bounding_box()["x"]
    drag(page, handles.first, -50, 30)  # its x is a + h
    assert handles.first.bounding_box()["x"] == pytest.approx(place - 50, abs=2)
    assert float(slider(page, "tangent", "h").input_value()) == pytest.approx(1.2 - 50 * 6 / width, abs=0.02)


def test_a_start_in_the_plane_follows_both_ways(page):
    page.locator("#contour").scroll_into_view_if_needed()
    handle = page.locator("#contour .live-handle")
    place = handle.bounding_box()
    drag(page, handle, 80, 40)
    moved = handle.bounding_box()
    assert (moved["x"] - place["x"], moved["y"] - place["y"]) == pytest.approx((80, 40), abs=4)


def test_a_surface_turns(page):
    page.locator("#plane").scroll_into_view_if_needed()
    drag(page, page.locator("#plane .live-picture"), 50, 20)
    assert slider(page, "plane", "turn the view").input_value() == "-5"
    assert slider(page, "plane", "tilt the view").input_value() == "36"
    drag(page, page.locator("#plane .live-picture"), 50, 20, button="right")  # a menu, no drag
    assert slider(page, "plane", "turn the view").input_value() == "-5"


def test_fingers_drag_points_and_scroll_the_page(browser, gallery):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    tab.goto(gallery)
    tab.wait_for_selector("#tangent .live-svg svg")
    finger = context.new_cdp_session(tab)

    def swipe(x, y, dx, dy):
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for k in range(1, 11):
            point = {"x": x + dx * k / 10, "y": y + dy * k / 10}
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
            tab.wait_for_timeout(16)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        tab.wait_for_timeout(300)

    box = tab.locator("#tangent .live-handle").nth(1).bounding_box()
    before = float(slider(tab, "tangent", "a").input_value())
    swipe(box["x"] + 22, box["y"] + 22, 60, 0)
    assert float(slider(tab, "tangent", "a").input_value()) > before + 0.5
    assert tab.evaluate("scrollY") == 0
    picture = tab.locator("#tangent .live-picture").bounding_box()
    swipe(picture["x"] + 60, picture["y"] + picture["height"] - 20, 0, -150)
    assert tab.evaluate("scrollY") > 50
    context.close()


# ---- states

def test_a_link_opens_the_page_with_its_state(page, gallery):
    page.evaluate("""() => Object.defineProperty(navigator, 'clipboard',
        { value: { writeText: (text) => { window.copied = text; } } })""")
    move(slider(page, "tangent", "a"), 0.25)
    move(slider(page, "tangent", "h"), 0.5)
    page.locator("#picture input[type=number]").first.fill("2")
    page.locator("#picture input[type=number]").first.blur()
    links, states = [], {}
    move(slider(page, "row", "padding"), 1)
    page.evaluate(NEXT_FRAME)
    move(slider(page, "row", "step"), 1)
    for name in ("tangent", "picture", "row"):
        page.locator(f"#{name} button", has_text="Copy link").click()
        page.wait_for_function("window.copied !== undefined")
        links.append(page.evaluate("() => { const link = window.copied; delete window.copied; return link; }"))
        states[name] = seen(page, name)
    assert links[0] == f"{gallery}#tangent:a=-1.24,h=1.01"
    assert links[2] == f"{gallery}#row:padding=2,step=7"
    for name, link in zip(states, links, strict=True):
        page.goto("about:blank")
        page.goto(link)
        page.wait_for_selector(f"#{name} .live-svg svg")
        assert seen(page, name) == states[name]
        assert page.locator(f"#{name}").evaluate("(f) => f.getBoundingClientRect().top < innerHeight")
    page.locator("#picture button", has_text="Reset").click()
    assert seen(page, "picture")["label"].startswith("A kernel over a picture")
    assert page.locator("#picture select").first.input_value() == "blur"


def test_a_changed_address_changes_the_state_and_nonsense_does_not(page):
    start = seen(page, "tangent")
    page.evaluate("() => { location.hash = '#tangent:a=2,h=0.4'; }")
    page.wait_for_timeout(100)
    assert seen(page, "tangent")["outputs"] == ["2.00", "0.40"]
    for nonsense in ("#tangent:a=oops,h=NaN,q=1", "#tangent:", "#nobody:a=1", "#a.b:c", "#tangent:a=%E0%A4%A"):
        page.evaluate("(hash) => { location.hash = hash; }", nonsense)
        page.wait_for_timeout(50)
    page.evaluate("() => { location.hash = '#tangent:a=99'; }")
    page.wait_for_timeout(100)
    assert seen(page, "tangent")["outputs"] == ["2.50", "1.20"]
    page.locator("#tangent button", has_text="Reset").click()
    assert seen(page, "tangent") == start


def test_who_comes_back_finds_controls_and_figures_at_their_start(page, gallery, tmp_path):
    start = [seen(page, name) for name in ("picture", "descent")]
    page.locator("#picture select").first.select_option("edges")
    page.locator("#picture select").nth(1).select_option("plus one half")
    move(slider(page, "picture", "row"), 1)
    move(slider(page, "descent", "n"), 1)
    (tmp_path / "other.html").write_text("<title>Another page</title>")
    page.goto((tmp_path / "other.html").as_uri())
    page.go_back()
    page.wait_for_selector("#tangent .live-svg svg")
    page.evaluate("document.fonts.ready")
    for before, name in zip(start, ("picture", "descent"), strict=True):
        now = seen(page, name)
        assert {what: (before[what], now[what]) for what in now if before[what] != now[what]} == {}
    controls = page.locator("#picture :is(select, input[type=number], input[type=range])").all()
    assert [control.input_value() for control in controls] == ["blur", "cut to 0…1", "12", "12"] + ["0.1111"] * 9
    assert slider(page, "descent", "n").input_value() == "12"


def test_linked_sliders_move_together(page):
    move(slider(page, "tangent", "a"), 0.9)
    assert slider(page, "chain", "a").input_value() == "2"
    move(slider(page, "chain", "a"), 0.5)
    assert slider(page, "tangent", "a").input_value() == "0"


def test_undefined_values_are_said_and_break_nothing(page):
    shown = [seen(page, "undefined")["readout"]]
    for share in (0, 0.5, 0.77, 1):
        move(slider(page, "undefined", "b"), share)
        shown.append(seen(page, "undefined")["readout"])
    assert "undefined" in shown[0]  # 1/b at 0
    assert "undefined" not in shown[1]
    assert shown[4].count("undefined") == 1  # ln(1 - 2)


def test_a_greater_stride_leaves_fewer_windows(page):
    step = slider(page, "row", "step")
    assert step.get_attribute("max") == "3"
    move(step, 1)
    move(slider(page, "row", "stride"), 1)
    assert seen(page, "row")["readout"].startswith("Output 2 of 2")
    assert step.get_attribute("max") == "2"
    assert step.input_value() == "2"


def test_kernels_can_be_chosen_and_edited(page):
    choice, entries = page.locator("#picture select").first, page.locator("#picture input[type=number]")
    choice.select_option("edges")
    assert [entry.input_value() for entry in entries.all()] == ["0", "-1", "0", "-1", "4", "-1", "0", "-1", "0"]
    entries.nth(4).fill("5")
    entries.nth(4).blur()
    assert choice.input_value() == "sharpen"  # it is one of the named ones
    entries.nth(4).fill("6.5")
    entries.nth(4).blur()
    assert choice.input_value() == "your own"
    assert "Sum of the kernel: 2.5." in seen(page, "picture")["readout"]
    entries.nth(4).fill("")
    entries.nth(4).blur()
    assert entries.nth(4).input_value() == "6.5"


# ---- motion

def test_play_steps_and_stops(browser, gallery):
    tab = browser.new_page(reduced_motion="no-preference")
    tab.goto(gallery)
    play = tab.locator("#descent button[aria-label=Play]")
    play.click()
    assert tab.locator("#descent button[aria-label=Pause]").count() == 1
    tab.wait_for_function("Number(document.querySelector('#descent input[aria-label=n]').value) >= 14")
    tab.locator("#descent button[aria-label=Pause]").click()
    steps = slider(tab, "descent", "n")
    value = int(steps.input_value())
    tab.wait_for_timeout(700)
    assert int(steps.input_value()) == value
    for name, reached in (("Next", value + 1), ("Previous", value), ("First", 0)):
        tab.locator(f"#descent button[aria-label='{name} step']").click()
        assert int(steps.input_value()) == reached
    steps.press("End")
    end = int(steps.input_value())
    play.click()  # from the end it starts again
    tab.wait_for_function(f"0 < document.querySelector('#descent input[aria-label=n]').value && "
                          f"document.querySelector('#descent input[aria-label=n]').value < {end}")
    tab.close()


def test_nothing_plays_for_who_prefers_reduced_motion(page):
    assert page.locator("button[aria-label=Play]").count() == 0
    assert page.locator("#descent button[aria-label='Next step']").count() == 1
