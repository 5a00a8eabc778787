"""Every line of every derivation is changed into wrong ones: no mutant that differs as a function may be proved."""

import time
from collections import Counter
from functools import cache

import pytest
from derivations_mutants import mutants, records
from derivations_proved import PROVED
from mpmath import mp

from mathnn.derivation import Derivation
from mathnn.derivation.domain import Domain
from mathnn.derivation.functions import Unreadable
from mathnn.derivation.probe import Numbers, TooLong, Undefined, accuracy, near
from mathnn.derivation.syntax import parse

SECONDS = 60


@cache
def fresh(derivation):
    """Points of a derivation's domain, other ones than the engine's."""
    return Domain(derivation.given).points(derivation.definitions, count=40)[-12:]


def values(derivation, tree):
    """The values of a tree at fresh points, computed without the engine's ladder."""
    digits, step, _ = accuracy(tree, *(body for _, body in derivation.definitions.values()))
    found = []
    with mp.workdps(digits):
        for point in fresh(derivation):
            try:
                found.append(Numbers(point, derivation.definitions, step)(tree))
            except (Undefined, TooLong, Unreadable):
                found.append(None)
    return found


def same(a, b):
    if isinstance(a, list):
        return all(near(x, y, 1e-6) for left, right in zip(a, b, strict=True) for x, y in zip(left, right, strict=True))
    return a is b if a is None or b is None or isinstance(a, bool) else near(a, b, 1e-6)


def verdict(derivation, number, text):
    """What becomes of a mutant: refuted, undecided, refused; equal if it is proved and is the same function."""
    before, line = derivation.lines[number - 1], derivation.lines[number]
    try:
        tree = parse(text)
        derivation._check(tree, derivation.definitions)
        found = derivation.judge.decide(before.tree, tree, line.relation).verdict
    except ValueError:
        return "refused"
    if found != "proved":
        return found
    pairs = zip(values(derivation, tree), values(derivation, line.tree), strict=True)
    return "equal" if line.relation not in "=⇔" or all(same(a, b) for a, b in pairs) else "proved"


class Unproved(Derivation):
    """A derivation whose lines are read but not decided: other tests prove them."""

    def _decide(self):
        pass


def lines():
    """Every line that is proved in the tests' list and in the notebooks: (derivation, its number)."""
    for name, arguments in PROVED.items():
        yield from lines_of(
            name, arguments["steps"], arguments | {"steps": [(step, "") for step in arguments["steps"]]}
        )
    for record in records():
        start, *steps = record["lines"]
        steps = [(f"{line['relation']} {line['expression']}", "") for line in steps]
        more = {"given": dict(record["given"]), "where": dict(record["where"]), "start": start["expression"]}
        yield from lines_of(
            record["name"], steps[: -1 if record["expect"] == "refuted" else None], more | {"steps": steps}
        )


def lines_of(name, steps, arguments):
    derivation = Unproved(name, name, **arguments)
    for number in range(1, len(steps) + 1):
        yield derivation, number


def test_no_mutant_that_differs_is_proved(record_property):
    """Each line gives one mutant at each turn, until the time is over: no line is left out, some mutants may be."""
    counts, wrong, started = Counter(), [], time.process_time()
    waiting = [(*line, sorted(set(mutants(line[0].lines[line[1]].expression)))) for line in lines()]
    total = sum(len(texts) for *_, texts in waiting)
    for turn in range(max(len(texts) for *_, texts in waiting)):
        for derivation, number, texts in waiting:
            if turn and time.process_time() - started > SECONDS or turn >= len(texts):
                continue
            text = texts[(turn * 7919 + number) % len(texts)]  # 7919 is prime: every mutant has its turn
            outcome = verdict(derivation, number, text)
            counts[outcome] += 1
            if outcome == "proved":
                wrong.append(f"{derivation.name}, line {number + 1}: {text}")
    outcomes = ", ".join(f"{n} {what}" for what, n in counts.most_common())
    record_property("told", f"{counts.total()} of {total} mutants of {len(waiting)} lines: {outcomes}")
    assert not wrong
    assert counts["refuted"] > counts.total() / 2


@pytest.mark.parametrize("text", ["a + b*c", "f.prime(x)*X[i + 1]", "Sum(x[i], (i, 1, n))", "x < 1"])
def test_mutants_differ_from_the_line(text):
    made = set(mutants(text))
    assert made
    assert text not in made
