import asyncio
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest

from mathnn.mathml import to_mathml

WRONG = [
    (r"\foo + 1", r"Unsupported function name: \\foo at position 1, in: \\foo \+ 1"),
    (r"\frac{a", "at end of input"),
    (r"\left( x", r"\\right"),
    ("a_1_2", "Double subscript"),
    ("a & b", "'&' at position 3"),
    ("caf" + chr(0xE9), "Accented Unicode"),
    (r"\begin{nowhere} x \end{nowhere}", "No such environment: nowhere"),
    (r"\def\a{\a}\a", "infinite loop"),
    ("{" * 3000, "call stack"),
    (r"\includegraphics{x.png}", "not trusted"),
    (r"\class{x}{y}", "strict"),
    (r"\eqref{eq-one}", r"cannot hold \\ref and \\eqref"),
    (r"\label{one} x", r"cannot hold \\label"),
    ("  ", "non-empty string, got '  '"),
    (5, "non-empty string, got 5"),
]


def text(mathml):
    return "".join(ET.fromstring(mathml).itertext())


@pytest.mark.parametrize(("latex", "message"), WRONG, ids=[str(latex)[:20] for latex, _ in WRONG])
def test_what_tex_refuses_is_a_value_error_that_shows_the_formula(latex, message):
    with pytest.raises(ValueError, match=message):
        to_mathml(latex)


def test_a_numbered_environment_is_refused_and_its_starred_form_is_not():
    with pytest.raises(ValueError, match="numbered environment"):
        to_mathml(r"\begin{align} a &= b \end{align}", display=True)
    assert text(to_mathml(r"\begin{align*} a &= b \end{align*}", display=True)) == "a=b"


def test_every_symbol_of_a_formula_reaches_the_page_once():
    assert text(to_mathml(r"\frac{\partial L}{\partial w_{11}} \approx -3.25")) == "∂L∂w11≈−3.25"


def test_text_is_escaped():
    assert "&lt;b&gt;" in to_mathml(r"\text{<b>}")
    assert text(to_mathml("a < b")) == "a<b"


def test_only_a_displayed_formula_is_a_block():
    assert ET.fromstring(to_mathml("x", display=True)).get("display") == "block"
    assert ET.fromstring(to_mathml("x")).get("display") is None


def test_a_long_inline_formula_can_break_after_its_operators():
    assert [text(ET.tostring(row)) for row in ET.fromstring(to_mathml("a = b + c"))] == ["a=", "b+", "c"]


@pytest.mark.parametrize(("latex", "display"), [("a = -b + c", True), (r"\displaystyle a = -b + c", False)])
def test_a_displayed_formula_can_break_before_its_operators(latex, display):
    math = ET.fromstring(to_mathml(latex, display=display))
    assert [text(ET.tostring(row)) for row in math] == ["a", "=−b", "+c"]
    assert [row[0].get("form") for row in math] == [None, "infix", "infix"]


@pytest.mark.parametrize("latex", [r"\left(a + b\right) c", r"\frac{a + b}{c}", r"\sqrt{a - b}", "-x"])
def test_a_formula_never_breaks_inside_a_group_or_after_a_sign(latex):
    assert "mathnn-rows" not in to_mathml(latex) + to_mathml(latex, display=True)


@pytest.mark.parametrize(("latex", "spaces"), [
    (r"\tanh", 0), (r"\tanh, x", 0), (r"\tanh' = 1", 0), (r"\frac{\tanh}{2}", 0), (r"\tanh x", 1),
    (r"\frac{\tanh x}{2} + \ln y", 2)])
def test_a_function_keeps_a_distance_from_its_argument_alone(latex, spaces):
    assert to_mathml(latex).count("<mspace") == spaces


def test_no_state_leaks_from_one_formula_to_the_next():
    to_mathml(r"\gdef\mine{x} \mine")
    with pytest.raises(ValueError, match=r"\\mine"):
        to_mathml(r"\mine")


def test_a_process_that_typesets_ends():
    code = "from mathnn.mathml import to_mathml; to_mathml('x')"
    for _ in range(3):  # the hang that this guards against came now and then
        subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_the_engine_outlives_an_event_loop_and_serves_threads():
    async def inside_a_loop():
        return to_mathml("x")

    with ThreadPoolExecutor(8) as pool:  # in threads of their own: the browser's tests keep a loop in this one
        first, second = (pool.submit(lambda: asyncio.run(inside_a_loop())).result() for _ in range(2))
        assert first == second == to_mathml("x")
        assert [text(m) for m in pool.map(to_mathml, map(str, range(200)))] == [str(n) for n in range(200)]
