"""The checked derivation: what is proved, what is refuted, what is refused."""

import json

import pytest

from mathnn.derivation import Derivation, DerivationError, Refutation, UndecidedStep, WrongStep, check_record

SIGMA = {"sigma(x)": "1/(1 + exp(-x))"}


def derive(start, *steps, kind=Derivation, **more):
    return kind("test", "A test", start=start, steps=[(step, "a reason") for step in steps], **more)


def sigmoid():
    return derive(
        "Derivative(sigma(x), x)",
        "exp(-x)/(1 + exp(-x))**2",
        "sigma(x)*(1 - sigma(x))",
        given={"x": "real"},
        where=SIGMA,
    )


def test_a_wrong_step_names_the_line_the_reason_the_point_and_both_values():
    with pytest.raises(
        WrongStep, match=r"test, line 2: .*sqrt\(x\*\*2\)  =  x  \(a reason\)(.|\n)*at x = -1: .*is 1, this line is -1"
    ):
        derive("sqrt(x**2)", "x", given={"x": "real"})


def test_an_undecided_step_asks_for_a_step_in_between():
    with pytest.raises(UndecidedStep, match="Write a step in between"):
        derive("Integral(f(2*x), (x, 0, 1))", "Integral(f(t), (t, 0, 2))/2", given={"f": "function"})


@pytest.mark.parametrize("domain", ["integer, k >= 1 and k >= 3", "integer, k >= 3 and k != 9"])
def test_what_holds_at_the_first_whole_numbers_only_is_not_proved(domain):
    with pytest.raises(UndecidedStep):
        derive("(k - 3)*(k - 4)*(k - 5)*(k - 6)*(k - 7)*(k - 8)*k", "0", given={"k": domain})


def test_an_array_that_is_zero_outside_is_not_positive_there():
    with pytest.raises(UndecidedStep):
        derive("sign(p[n])", "1", given={"n": "integer, n >= 1", "p": "array (20), p > 0, zero outside"})


def test_a_name_that_was_never_declared_is_named():
    with pytest.raises(ValueError, match="'y' was never declared"):
        derive("x + y", "y + x", given={"x": "real"})
    with pytest.raises(ValueError, match="'foo' is not a known function"):
        derive("foo(1)", "1")


def test_a_refutation_needs_a_last_step_that_is_wrong():
    wrong = derive(
        "Derivative(sigma(x), x)", "sigma(x)*(1 + sigma(x))", kind=Refutation, given={"x": "real"}, where=SIGMA
    )
    assert "at x = 0: the line before is 0.25, this line is 0.75" in repr(wrong)
    with pytest.raises(DerivationError, match="was to be refuted but is proved"):
        derive("1 + 1", "2", kind=Refutation)


def test_a_refutation_shows_six_digits_or_as_many_as_tell_the_values_apart():
    said = derive("exp(1)", "exp(2)", kind=Refutation).counterexample
    assert said == "the line before is 2.71828, this line is 7.38906"
    said = derive("exp(pi*sqrt(163))", "262537412640768744", kind=Refutation).counterexample
    assert "262537412640768743.9999999999992" in said
    said = derive("x", "x + 1e-25", kind=Refutation, given={"x": "real"}).counterexample
    assert said == "at x = 0: the line before is 0, this line is 1.0e-25"
    assert "wrong: the line before is 5/6, this line is 2/5." in derive("1/2 + 1/3", "2/5", kind=Refutation).remark


def test_formulas_in_a_reason_are_typeset():
    made = Derivation("reason", "A reason", start="1 + 1", steps=[("2", "as $a < b$ & 5 %")])
    page = made._repr_mimebundle_()
    assert r"as \(a &lt; b\) &amp; 5 %" in page["text/html"]
    assert r"\text{as $a < b$ \& 5 \%}" in page["text/latex"]


def test_a_record_goes_through_json_and_is_proved_again():
    record = json.loads(json.dumps(sigmoid().record))
    assert [line["verdict"] for line in check_record(record)] == ["", "proved", "proved"]


def test_a_method_does_not_count_what_was_proved_before():
    record = derive("Partial(Sum(max(0, z[i])**2, (i, 1, n)), z[j])", "2*max(0, z[j])", given={
        "n": "integer, n >= 1", "z": "array (n)", "j": "integer, 1 <= j <= n"}).record
    assert "cases" in record["lines"][1]["method"]
    check_record(record)


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record["lines"][2].update(expression="sigma(x)*(1 + sigma(x))"),
        lambda record: record["lines"][2].update(method="magic"),
        lambda record: record["lines"][2].update(verdict="refuted"),
        lambda record: record.update(scope="for every x"),
        lambda record: record.pop("lines"),
        lambda record: record.update(expect="refuted"),
    ],
)
def test_a_record_that_was_tampered_with_is_refused(damage):
    record = json.loads(json.dumps(sigmoid().record))
    damage(record)
    with pytest.raises((WrongStep, ValueError, DerivationError), match="test"):
        check_record(record)
