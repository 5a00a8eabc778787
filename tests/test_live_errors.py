"""What a live figure refuses when it is written, each with the name of what is wrong."""

import numpy as np
import pytest
import sympy as sp
from test_live_gallery import MAKERS
from traitlets import TraitError

from mathnn.live import Bars, Choice, ImageFilter, Plot, Slider, Surface, Windows
from mathnn.live.engine import call

x, y, a, b, n, k = sp.symbols("x y a b n k")
SAY = {"description": "A figure."}


def plot(**sliders):
    return Plot("f", "F", x, (-1, 1), (-1, 1), sliders={name: Slider(*ends) for name, ends in sliders.items()}, **SAY)


def surface(z, zlim=(0, 1), **sliders):
    sliders = {name: Slider(*ends) for name, ends in sliders.items()}
    return Surface("s", "S", z, (x, y), (0, 1), (0, 1), zlim, sliders=sliders, **SAY)


def picture(image, show="cut to 0…1", **kernels):
    return ImageFilter("i", "I", image, kernels or {"k": [[1]]}, show=show, **SAY)


REFUSED = {
    "undeclared symbol": (lambda: plot().curve(a * x), "expression: a in a.x is neither a slider nor a variable"),
    "undeclared in a readout": (lambda: plot().readout("<<q>>"), "expression: q is neither"),
    "undeclared in a sentence": (lambda: plot().say("at <<q>>"), "expression: q is neither"),
    "another graph's variable": (lambda: plot().panel(y, (0, 1), (0, 1)).curve(x), "expression: x is neither"),
    "a string": (lambda: plot().curve("x**2"), "expression: expected a SymPy expression or a number, got 'x..2'"),
    "a constant that is infinite": (lambda: plot().curve(sp.oo), "expression: expected a finite real number, got oo"),
    "a constant that is complex": (lambda: plot().curve(sp.I), "expression: expected a finite real number"),
    "a NaN": (lambda: plot().point((float("nan"), 0)), "expression: expected a finite real number, got nan"),
    "a function JavaScript lacks": (lambda: plot().curve(sp.zeta(x)), r"expression: zeta\(x\).* in JavaScript"),
    "a start below the range": (lambda: Slider(0, 1, -0.1), "start: expected a number from 0 to 1, got -0.1"),
    "an empty range": (lambda: Slider(1, 1, 1), "min: expected a number below max = 1, got 1"),
    "a range turned round": (lambda: Slider(2, 1, 1.5), "min: expected a number below max = 1, got 2"),
    "a range with NaN": (lambda: Slider(0, float("nan"), 0), "max: expected a finite number, got nan"),
    "a step of 0": (lambda: Slider(0, 1, 0, 0), "step: expected a number from 1e-09 to max - min = 1, got 0"),
    "a step that is too short": (lambda: Slider(0, 1, 0, 1e-13), "step: expected a number from 1e-09 .* got 1e-13"),
    "a step that is too long": (lambda: Slider(0, 1, 0, 2), "step: expected .* to max - min = 1, got 2"),
    "a start between steps": (lambda: Slider(0, 0.9, 0.5, 0.3),
                              "start: expected a number that steps of 0.3 from min = 0 reach, got 0.5"),
    "a maximum between steps": (lambda: Slider(0, 1, 0.3, 0.3), "max: expected .* steps of 0.3 from .* reach, got 1"),
    "a maximum half a step on": (lambda: Slider(0, 1, 0, 0.4), "max: expected .* steps of 0.4 from .* reach, got 1"),
    "negative digits": (lambda: Slider(0, 1, 0, digits=-1), "digits: expected an integer of at least 0, got -1"),
    "many digits": (lambda: Slider(0, 1, 0, digits=21), "digits: expected at most 20, got 21"),
    "options that are numbers": (lambda: Choice([1, 2, 3]), r"options: expected different strings, got \[1, 2, 3\]"),
    "an option twice": (lambda: Choice(["a", "a"]), "options: expected different strings"),
    "a choice of one": (lambda: Choice(["left"]), r"options: expected at least two, got \['left'\]"),
    "an unknown start": (lambda: Choice(["l", "r"], start="m"), "start: expected one of 'l', 'r', got 'm'"),
    "a name that is no slug": (lambda: Plot("A b", "F", x, (0, 1), (0, 1), **SAY), "name: expected small letters"),
    "no description": (lambda: Plot("f", "F", x, (0, 1), (0, 1), description=" "), "description: expected a sentence"),
    "a reserved slider": (lambda: plot(layout=(0, 1, 0)), "sliders: the name 'layout' is taken"),
    "a slider twice": (lambda: plot(**{"a_1": (0, 1, 0), "a 1": (0, 1, 0)}), "sliders: the name 'a 1' is taken"),
    "a slider as variable": (lambda: plot(x=(0, 1, 0)), "x: x is a slider of this figure"),
    "limits turned round": (lambda: Plot("f", "F", x, (1, 0), (0, 1), **SAY), "xlim: expected the lower limit first"),
    "an unknown colour": (lambda: plot().curve(x, color="red"), "color: expected one of c1, .* got 'red'"),
    "a drag of no slider": (lambda: plot().point((0, 0), drag=a), r"drag: expected a slider of this .* \(\), got a"),
    "a drag without effect": (lambda: plot(a=(0, 1, 0)).point((0, 1), drag=a), r"drag: the point \(0, 1\) does not"),
    "data with NaN": (lambda: plot().scatter([1, np.nan], [1, 2]), "xs: expected finite numbers, got nan"),
    "data with imaginary parts": (lambda: plot().scatter([1j, 2], [1, 2]), "xs: expected real numbers"),
    "a tuple as expression": (lambda: plot().curve(sp.Tuple(x, 1)), r"expression: expected a number .* got \(x, 1\)"),
    "a truth as expression": (lambda: plot().curve(x > 0), "expression: expected a number as its value, got x > 0"),
    "a number beyond 10^308": (lambda: plot().curve(sp.Float("1e400") * x), r"expression: 10+ \(a Float\) cannot be"),
    "a sum up to its own index": (lambda: plot(k=(0, 9, 1)).curve(sp.Sum(k**2, (k, 1, k))), "Sum.* cannot be"),
    "no slider": (lambda: Plot("f", "F", x, (-1, 1), (-1, 1), sliders={a: (0, 1, 0.5)}, **SAY),
                  r"sliders: expected a Slider or a Choice for a, got \(0, 1, 0.5\)"),
    "a slider that begins with a digit": (lambda: plot(**{"1a": (0, 1, 0)}), "sliders: .* with a letter, got '1a'"),
    "a domain with one end": (lambda: plot().curve(x, domain=(0,)), r"domain: expected two ends, got \(0,\)"),
    "an unknown anchor": (lambda: plot().text((0, 0), "t", anchor="left"), "anchor: expected one of 'start', .*left"),
    "a negative height": (lambda: Plot("f", "F", x, (-1, 1), (-1, 1), height=-50, **SAY),
                          "height: expected a number above 0, got -50"),
    "an aspect of 0": (lambda: plot().panel(y, (0, 1), (0, 1), aspect=0), "aspect: expected a number above 0, got 0"),
    "limits that rounding joins": (lambda: plot().panel(y, (1e15, 1e15 + 1), (0, 1)), "xlim: .* by more than rounding"),
    "a drag of two, one without effect": (lambda: plot(a=(0, 1, 0), b=(0, 1, 0)).point((a, 1), drag=(a, b)),
                                          r"drag: the point \(a, 1\) does not depend on \(a, b\)"),
    "another figure's iteration": (lambda: plot().orbit(plot().iterate(x, 1, x, 3), on=x), "path: .* of this figure"),
    "contours over one variable": (lambda: plot().contour(x + y, (x, x)), "variables: x stands twice, or is a slider"),
    "contours over a slider": (lambda: plot(a=(0, 1, 0)).contour(x + a, (x, a)), "variables: a stands twice, or is"),
    "levels that are NaN": (lambda: plot().contour(x + y, (x, y), levels=[np.nan]), "levels: expected finite numbers"),
    "many levels": (lambda: plot().contour(x + y, (x, y), levels=100000), "levels: expected 1 to 100, .* got 100000"),
    "an iteration over a slider": (lambda: plot(a=(0, 1, 0)).iterate(a, 1, a / 2, 3), "state: a stands twice, or is a"),
    "a surface over one variable": (lambda: Surface("s", "S", x, (x, x), (0, 1), (0, 1), (0, 1), **SAY),
                                    "variables: x stands twice"),
    "a box without end": (lambda: surface(x, (0, float("inf"))), "zlim: expected"),
    "sixty numbers in a row": (lambda: Windows("w", "W", range(60), [1, 1], **SAY), "data: .* at most 32 .* got 60"),
    "data of two lengths": (lambda: plot().scatter([1, 2], [1]), "ys: expected as many numbers as xs, 2, got 1"),
    "a constant's contours": (lambda: plot().contour(sp.Integer(1), (x, y)), "z: 1 has no contour lines here"),
    "steps of two lengths": (lambda: plot().iterate((x, y), (1, 1), (x,), 3), "next: expected 2 expressions"),
    "a graph for a plane": (lambda: (lambda f: f.orbit(f.iterate(x, 1, x, 3)))(plot()), "on: expected an expression"),
    "a picture's formula": (lambda: plot().text((0, 0), r"$\frac{1}{2}$"), r"text: \\frac in .* cannot be drawn"),
    "a single dollar": (lambda: plot().readout("costs 5$"), "text: expected dollars in pairs"),
    "wrong LaTeX": (lambda: plot().curve(x, r"$\frac{1}$"), "latex: "),
    "bars without a label": (lambda: Bars("b", "B", [1, 2], ["a"], (0, 1), **SAY), "values: expected as many as"),
    "six lists of bars": (lambda: Bars("b", "B", dict.fromkeys("abcdef", [1]), ["a"], (0, 1), **SAY),
                          "values: expected at most 5 lists side by side, got 6"),
    "a box turned round": (lambda: surface(x, (2, 1)), "zlim: expected"),
    "a surface's undeclared": (lambda: surface(a), "expression: a is neither"),
    "a slider of the view": (lambda: surface(x, turn=(0, 1, 0)), "sliders: the name turn is taken"),
    "a long kernel": (lambda: Windows("w", "W", [1, 2], [1, 2, 3], **SAY), "kernel: its size 3 .* does not fit into 2"),
    "a dilated kernel": (lambda: Windows("w", "W", [1, 2, 3], [1, 1], dilation=3, **SAY), "kernel: .* does not fit"),
    "no kernel": (lambda: Windows("w", "W", [1, 2], **SAY), "kernel: expected the numbers of the kernel"),
    "a kernel with NaN": (lambda: Windows("w", "W", [1, 2], [np.nan], **SAY), "kernel: expected finite numbers"),
    "a kernel of other axes": (lambda: Windows("w", "W", [1, 2], [[1]], **SAY), "kernel: expected 1 axes"),
    "data of three axes": (lambda: Windows("w", "W", np.ones((2, 2, 2)), [1], **SAY), "data: expected a sequence"),
    "windows over NaN": (lambda: Windows("w", "W", [1, np.nan], [1], **SAY), "data: expected finite numbers, got nan"),
    "an unknown operation": (lambda: Windows("w", "W", [1], op="median", kernel_size=1, **SAY), "op: expected one of"),
    "a stride of 0": (lambda: Windows("w", "W", [1], [1], stride=0, **SAY), "stride: expected integers of at least 1"),
    "padding turned round": (lambda: Windows("w", "W", [1], [1], padding=(2, 0), **SAY), "padding: expected integers"),
    "negative activations": (lambda: Windows("w", "W", [-1, 2], op="stochastic", kernel_size=2, **SAY),
                             "data: expected no negative numbers"),
    "pooling of padding": (lambda: Windows("w", "W", [1, 2], op="max", kernel_size=2, padding=2, **SAY),
                           "padding: expected so little that no window misses the data"),
    "a picture with NaN": (lambda: picture([[np.nan] * 3] * 3), "image: expected finite"),
    "a picture out of range": (lambda: picture(np.full((3, 3), 2)), "image: .* 0 to 1"),
    "a large picture": (lambda: picture(np.zeros((3, 41))), "image: expected a table"),
    "an even kernel": (lambda: picture(np.zeros((3, 3)), k=np.ones((2, 2))), r"kernels\['k'\]: .* odd size"),
    "kernels of two sizes": (lambda: picture(np.zeros((5, 5)), k=[[1]], l=np.ones((3, 3))), "kernels: .* of one size"),
    "an unknown show": (lambda: picture(np.zeros((3, 3)), show="loud"), "start: expected"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused_with_the_name_of_what_is_wrong(case):
    make, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        make()


def test_a_slider_that_is_not_there_is_refused_by_the_figure():
    fig = plot(a=(0, 1, 0))
    with pytest.raises(ValueError, match=r"name: expected a slider of this figure \(a\), got q"):
        fig["q"]
    with pytest.raises(ValueError, match="name: expected a slider"):
        fig["q"] = 1


@pytest.mark.parametrize(("ends", "step"), [((0, 1, 0), 0.005), ((0, 40, 3), 1), ((-2, 2, 0), 0.02), ((0, 3, 1), 0.01),
                                            ((-2.5, 2.5, 0), 0.02), ((-1000, 0, -5), 5), ((1, 100, 8), 1)])
def test_steps_are_round(ends, step):
    assert Slider(*ends).spec("a", "a")["step"] == step


def test_digits_follow_the_step():
    assert [Slider(0, 1, 0, step).spec("a", "a")["d"] for step in (1, 0.5, 0.25, 0.01, 0.005)] == [0, 1, 2, 2, 3]
    assert Slider(0, 1e-6, 0, 1e-6 / 700).spec("a", "a")["d"] == 12


def test_a_slider_stands_on_its_steps_in_python_as_in_the_page():
    fig = plot(a=(-1, 1, 0.1 * 3, 0.01), b=(0, np.pi, 0, np.pi / 4))
    assert fig["a"] == 0.3  # not 0.30000000000000004
    for wanted, got in ((0.123456, 0.12), (-0.005, 0.0), (1, 1.0)):
        fig["a"] = wanted
        assert fig["a"] == got
    fig["b"] = 2.5
    assert fig["b"] == pytest.approx(3 * np.pi / 4)
    fig["b"] = np.pi
    assert fig["b"] == np.pi
    for name, wrong in (("a", 1.001), ("b", float("nan"))):
        with pytest.raises(TraitError):
            fig[name] = wrong


FUZZ = """((spec, seed) => {
  let at = seed;
  const random = () => (at = (at * 16807) % 2147483647) / 2147483647;
  const bad = [];
  for (let k = 0; k < 60; k++) {
    const state = startState(spec);
    for (const p of spec.params) {
      const share = [0, 1, random(), random(), 0.5][Math.floor(5 * random())];
      state[p.id] = p.options ? p.options[Math.floor(p.options.length * random())]
        : p.shape ? p.value.map(() => 4 * random() - 2) : snap(p, p.min + share * (p.max - p.min));
    }
    for (const width of [240, 326, 720]) {
      const { svg, say, html = "" } = render(spec, state, width);
      const wrong = /NaN|Infinity|undefined/.test(svg.replace(/>undefined</g, "")) || /NaN|null/.test(say + html);
      if (wrong) bad.push(state);
    }
  }
  return bad; })"""


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_no_state_breaks_a_figure(make):
    assert call(FUZZ, make().spec(), 12345) == []


WILD = {
    "nothing is defined": lambda f: f.curve(sp.log(-1 - a**2 - x**2)).area(sp.sqrt(a - 2), (0, 1)),
    "an end is undefined": lambda f: f.curve(x, domain=(sp.log(a), 1)).riemann(x, (sp.log(a), 1), 5),
    "no rectangles": lambda f: f.riemann(x, (0, 1), sp.log(a)).riemann(1 / (x - a), (a, 1), 5 * a),
    "points nowhere": lambda f: f.point((1 / a, sp.log(a)), "p", drag=None).segment((0, 0), (1 / a, 1), arrow=True),
    "lines nowhere": lambda f: f.line((a, 0), 1 / a).text((sp.log(a), 0), "here <<a>>").line((0, 0), 1e9 * a),
    "an empty panel": lambda f: f.panel(y, (a, -a), (-1, 1)).curve(y).panel(y, (0, 1 / a), (0, 1)),
    "steps without number": lambda f: f.orbit(f.iterate(x, 1 / a, x**2, sp.log(a)), on=x**2),
    "a path that runs away": lambda f: f.orbit(f.iterate((x, y), (a, 2), (x**3 + 9, y**3), 60), drag=None),
    "contours with holes": lambda f: f.contour(sp.log(x + a * y), (x, y)),
}


@pytest.mark.parametrize("case", WILD)
def test_undefined_values_break_no_figure(case):
    fig = plot(a=(-1, 1, 0.5))
    WILD[case](fig)
    assert call(FUZZ, fig.readout("$<<v>>$", v=1 / a).spec(), 54321) == []
    shown = call("render", fig.spec(), {"a": 0}, 600)["readout"]
    assert shown == [["undefined"]]
