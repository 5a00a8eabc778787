"""What must be proved, what must be refuted with a counterexample, and what the engine cannot decide today."""

import ast
from contextlib import suppress

import pytest
from derivations_mutants import records
from derivations_proved import PROVED
from derivations_refuted import REFUTED, UNDECIDED
from derivations_steps import DOUBTFUL, RIGHT, WRONG

from mathnn.derivation import Derivation, Refutation, UndecidedStep, WrongStep, rebuild
from mathnn.derivation.witness import ENOUGH, Witness

SLOW = "Limit", "Integral", "Sum(q", "ln(", "exp(", "sin(", "cos(", "tanh(", "sqrt(2)", "n**", "**n"


def with_reasons(arguments):
    return arguments | {"steps": [(step, "a reason") for step in arguments["steps"]]}


def content(derivation):
    return derivation.scope, [(line.relation, ast.dump(line.tree), line.reason) for line in derivation.lines]


@pytest.mark.parametrize("name", PROVED)
def test_is_proved_and_its_record_says_the_same(name, monkeypatch):
    derivation = Derivation(name, name, **with_reasons(PROVED[name]))
    assert {line.verdict.verdict for line in derivation.lines[1:]} == {"proved"}
    assert derivation.scope or not PROVED[name].get("given")
    monkeypatch.setattr(Derivation, "_decide", lambda self: None)  # the same lines need no second proof
    assert content(rebuild(derivation.record)) == content(derivation)


@pytest.mark.parametrize("name", REFUTED)
def test_is_refuted_with_its_counterexample(name):
    arguments, text = REFUTED[name]
    with pytest.raises(WrongStep, match="is wrong"):
        Derivation(name, name, **with_reasons(arguments))
    assert text in Refutation(name, name, **with_reasons(arguments)).counterexample


@pytest.mark.parametrize("name", UNDECIDED)
def test_cannot_be_decided_today(name):
    with pytest.raises(UndecidedStep):
        Derivation(name, name, **with_reasons(UNDECIDED[name]))


def step(before, after, given=None, where=None, kind=Derivation):
    return kind("step", "A step", start=before, steps=[(after, "a reason")], given=given, where=where)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: f"{case[0]} | {case[1]}")
def test_a_right_step_is_proved(case):
    assert step(*case).lines[-1].verdict.verdict == "proved"


@pytest.mark.parametrize("case", DOUBTFUL, ids=lambda case: f"{case[0]} | {case[1]}")
def test_what_numbers_alone_would_prove_is_not_proved(case):
    with pytest.raises(UndecidedStep):
        step(*case)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0]} | {case[1]}")
def test_a_wrong_step_is_refuted(case):
    with pytest.raises(WrongStep):
        step(*case)


def test_what_only_the_witness_stops_has_a_gap(monkeypatch, record_property):
    """Without its witness the engine may prove what has no value at some place, and nothing else that is wrong."""
    cases = [case for case in WRONG if not any(part in case[0] + case[1] for part in SLOW)]
    proved = []
    with monkeypatch.context() as blind:
        blind.setattr(Witness, "refute", lambda *_: ENOUGH)
        for case in cases:
            with suppress(UndecidedStep):
                step(*case)
                proved.append(case)
    for case in proved:
        refuted = step(*case, kind=Refutation).lines[-1].verdict
        assert None in (refuted.before, refuted.after), case
    record_property("told", f"{len(cases)} wrong steps left to the proof alone: {len(proved)} proved, all have a gap")
    assert len(cases) > 300


def test_nothing_in_the_book_is_undecided():
    """The stored verdicts: the build, which comes before the tests, proves each of them again."""
    assert {line["verdict"] for record in records() for line in record["lines"]} == {"", "proved", "refuted"}
