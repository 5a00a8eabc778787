"""The value of a syntax tree at one point, by numbers alone: the witness against every proof.

Nothing here knows sympy. Rational arithmetic is exact, functions are computed by mpmath, a Derivative is a central
difference and a Limit a value very near the point, with so many digits that 40 of them (fewer under a limit or an
integral) are right. A value that does not exist raises `Undefined`.
"""

import ast
import math
import operator
from fractions import Fraction
from functools import cache, reduce

import mpmath
from mpmath import mp

from .functions import Unreadable
from .reader import Reader, Table, scalar
from .syntax import DERIVATIVES, branches, by, call_name, heads, names, ranges

RATIONAL = (int, Fraction)
MAX_TERMS, MAX_BITS, MAX_MAGNITUDE = 20000, 20000, 1000
#: places that no symmetry prefers: a narrow peak seldom hides from them and from the middle
UNEVEN = -91.7, -11.3, -3.1, -0.7, 1.9, 7.3, 83.1
SLOPE, LIMIT = 50, 200  # one value of a body whose slope or limit is looked for, in terms of sums
#: of what is only added, multiplied and put into functions: (working digits, no step, relative tolerance)
EXACT, MANY = (60, None, 1e-38), (1000, None, mpmath.mpf(10) ** -500)


class Undefined(ArithmeticError):
    """The expression has no (finite, real) value at this point."""


class TooLong(ArithmeticError):
    """The value cannot be computed here: too many terms, or an approximation that does not settle."""


def mixed(operation):
    """The operation on two numbers of which one may be rational and the other a float of many digits."""
    def apply(a, b):
        if type(a) is not type(b):
            if type(a) is Fraction and not isinstance(b, int):
                a = decimal(a)
            elif type(b) is Fraction and not isinstance(a, int):
                b = decimal(b)
        return operation(a, b)
    return apply


def decimal(x):
    return mp.mpf(x.numerator) / x.denominator if isinstance(x, RATIONAL) else x


def rational(text):
    """The number that a text says: whole numbers are ints, which are fast, others Fractions."""
    value = Fraction(text)
    return int(value) if value.denominator == 1 else value


def quotient(a, b):
    return Fraction(a, b) if isinstance(a, RATIONAL) and isinstance(b, RATIONAL) else a / b


def power(base, exponent):
    """base**exponent over the reals: exact where it stays small, undefined where no real number is meant."""
    if isinstance(exponent, RATIONAL) and exponent.denominator == 1:
        n = int(exponent)
        if base == 0 and n < 0:
            raise Undefined("division by zero")
        if mpmath.mag(n) > MAX_MAGNITUDE:
            raise TooLong
        if isinstance(base, RATIONAL) and abs(n) * max(abs(base.numerator), base.denominator).bit_length() <= MAX_BITS:
            return base**n if n >= 0 else Fraction(base) ** n
        return decimal(base) ** n
    if mpmath.mag(decimal(exponent)) > MAX_MAGNITUDE:
        raise TooLong
    if base < 0 or base == 0 and exponent <= 0:
        raise Undefined("a broken power of a negative number, or a power of zero")
    return mpmath.power(base, exponent)


ADD, SUBTRACT, MULTIPLY, DIVIDE = map(mixed, (operator.add, operator.sub, operator.mul, quotient))


def accuracy(*nodes):
    """(working digits, step of a difference, relative tolerance) that fit what the trees contain."""
    used, order = set().union(*map(heads, nodes)), sum(map(slopes, nodes))
    endless = "Sum" in used and any("oo" in names(node) for node in nodes)
    if "Integral" in used:
        digits, step, tolerance = (30 if order < 3 else 60), Fraction(1, 10**8), 1e-9
    elif "Limit" in used:
        digits, step, tolerance = max(600, 65 + 90 * order), Fraction(1, 10**30), 1e-8
    else:
        digits, step, tolerance = (65 + 45 * order, Fraction(1, 10**45), 1e-35) if order else EXACT
    return digits, step, 1e-5 if endless else tolerance


def slopes(node):
    """How often a tree takes a derivative of a derivative."""
    own = 0
    if isinstance(node, ast.Call):
        name, primes = call_name(node)
        own = primes + sum(times for _, times in (by(node) if name in DERIVATIVES else ()))
    return own + max(map(slopes, ast.iter_child_nodes(node)), default=0)


def real(value):
    """The value as a finite real number: an int or a Fraction where it is rational."""
    if isinstance(value, RATIONAL):
        return value
    if isinstance(value, mpmath.mpc):
        if value.imag != 0:
            raise Undefined("not real")
        value = value.real
    if not mpmath.isfinite(value):
        raise Undefined("not finite")
    return value


def near(a, b, tolerance):
    """Whether two values agree, relative to their size where that is above 1."""
    a, b = decimal(a), decimal(b)
    return abs(a - b) <= tolerance * (1 + max(abs(a), abs(b)))


def settled(values):
    """The last of the values on the way to a limit; none if they jump about, `TooLong` if they only creep nearer."""
    steps = [abs(SUBTRACT(b, a)) for a, b in zip(values, values[1:], strict=False)]
    if near(values[-2], values[-1], 1e-9):
        return values[-1]
    if all(b < a for a, b in zip(steps, steps[1:], strict=False)):
        raise TooLong("the limit is approached too slowly")
    raise Undefined("no limit")


def at_infinity(value):
    """The limit, far out; but what is small may have been rounded away there, so it must not be another one nearer."""
    try:
        far = settled([value(10**k) for k in (30, 32, 34, 36)])
    except TooLong:
        return extrapolated(value)
    try:
        nearer = extrapolated(value)
    except (TooLong, Undefined, ZeroDivisionError):
        return far
    if not near(far, nearer, 1e-6):
        raise TooLong("the limit is not the same from near and far")
    return far


def extrapolated(value):
    """The limit of a sequence whose error is a series in 1/n: Romberg's scheme removes one power at each turn."""
    table = [decimal(value(2**k)) for k in range(2, 10)]
    for k in range(1, len(table) - 3):
        if near(*table[-2:], 1e-9):
            break
        table = [(2**k * fine - coarse) / (2**k - 1) for coarse, fine in zip(table, table[1:], strict=False)]
    if not near(*table[-2:], 1e-7):
        raise TooLong("the sum does not settle")
    return table[-1]


def area(function, low, high, split=True):
    """The integral; where the function has no value at one point inside, the integrals on both its sides."""
    gaps = set()

    def known(x):
        try:
            return function(x)
        except (Undefined, ZeroDivisionError):
            gaps.add(x)
            return mp.zero

    value, error = mp.quad(known, [low, high], error=True)
    gaps -= {low, high}
    if gaps and not (split and len(gaps) == 1):
        raise Undefined("the integrand has no value")
    if gaps:
        return sum(area(function, *ends, split=False) for ends in ((low, *gaps), (*gaps, high)))
    if mpmath.isfinite(high - low):
        ends = [(high - low) / 10**k for k in (3, 6, 9, 12)]
        beside = low + ends[-1], high - ends[-1]
        if any(abs(known(x) * ends[-1]) > 1e-6 for x in beside):  # does it grow for ever towards its ends?
            inside = [mp.quad(known, [low + end, high - end]) for end in ends]
            steps = [abs(b - a) for a, b in zip(inside, inside[1:], strict=False)]
            if steps[-1] > 0.95 * steps[0] > 1e-3:
                raise Undefined("the integral is infinite")
    settles = error <= 1e-10 * (1 + abs(value))
    if settles and not mpmath.isfinite(high - low):
        settles = near(value, mp.quad(known, [low, *(x for x in UNEVEN if low < x < high), high], maxdegree=5), 1e-9)
    if mpmath.isfinite(value) and not settles:
        if grows(known, low, high):
            raise Undefined("the integral is infinite")
        raise TooLong("the integral does not settle")
    return value


def corners(piece, low, high):
    """The places between the ends where another piece of the function begins; and 0, where many have a corner."""
    low, high = max(min(low, high), -50), min(max(low, high), 50)
    if high <= low:
        return set()
    found, places = {mp.zero} if low < 0 < high else set(), [low + (high - low) * k / 16 for k in range(1, 16)]
    for a, b in zip(places, places[1:], strict=False):
        while piece(a) != piece(b) and len(found) < 20:
            left, right = a, b
            for _ in range(mp.prec):
                middle = (left + right) / 2
                left, right = (middle, right) if piece(middle) == piece(a) else (left, middle)
            found.add(right)
            a = right
    return found


def grows(function, low, high):
    """Whether a function is too large for an integral: like 1/distance, or more, towards a place or far out."""
    for far in (end for end in (low, high) if not mpmath.isfinite(end)):
        areas = [function(mpmath.sign(far) * x) * x for x in (1000, 3000, 10000, 40000, 100000, 1000000)]
        up = mpmath.sign(areas[0])
        if up * areas[0] > 1e-3 and all(up * b > 0.95 * up * a for a, b in zip(areas, areas[1:], strict=False)):
            return True
    ends, areas = (max(low, mp.mpf(-50)), min(high, mp.mpf(50))), []
    low, high = ends
    for _ in range(10):  # look ever closer at where it is largest
        width = (high - low) / 40
        place = max((low + width * (k + mp.mpf("0.37")) for k in range(40)), key=lambda x: abs(function(x)))
        areas.append(abs(function(place)) * width)
        low, high = max(ends[0], place - 1.5 * width), min(ends[1], place + 1.5 * width)
    return areas[-1] > 0.6 * areas[2]


COMPARED = {node: mixed(operation) for node, operation in {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne}.items()}


class Numbers(Reader):
    """Computes trees where the declared names have the given values."""

    arithmetic = {ast.Add: ADD, ast.Sub: SUBTRACT, ast.Mult: MULTIPLY, ast.Div: DIVIDE, ast.Pow: power}
    one, delta = 1, staticmethod(lambda i, j: int(i == j))
    constant, all, any, same = map(staticmethod, (cache(rational), all, any, operator.eq))

    def __init__(self, values, definitions, step=None, tolerance=None, same=False, fixed=None):
        """`same`: values that cannot be told apart are the same; else nobody knows, which is `TooLong`.

        `fixed` are the integrals that are worth the same whatever the values.
        """
        super().__init__(values, definitions)
        self.fixed = {} if fixed is None else fixed
        self.step, self.inside, self.pieces = step, 0, []
        self.terms_left, self.dear = MAX_TERMS, 0
        self.swallowed = 0  # digits that may have been lost beside a large number, or beside 1
        self.rough = same
        self.tolerance, self.equal = tolerance or mpmath.mpf(10) ** -(mp.dps // 2), same
        self.arithmetic = self.arithmetic | {ast.Pow: self.raised} | ({ast.Div: self.divided} if same else {})

    def __call__(self, node, env=None):
        """The value: a number, or a list of rows for a matrix."""
        self.terms_left, self.dear = MAX_TERMS, 0
        self.kept = {key: value for key, value in self.kept.items() if len(key) == 1}  # what no name is bound for
        try:
            value = scalar(self.read(node, env or {}))
            if not isinstance(value, Table):
                return value if isinstance(value, bool) else real(value)
            return [[real(value.entry(i + 1, j + 1)) for j in range(value.cols)] for i in range(value.rows)]
        except Unreadable:
            raise
        except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence) as error:
            raise Undefined(str(error)) from None

    @property
    def work(self):
        """How much there was to do for the last line, in terms of sums."""
        return MAX_TERMS - self.terms_left + self.dear

    def every(self, table):
        return all(table.entry(i + 1, j + 1) for i in range(table.rows) for j in range(table.cols))

    def scalar(self, node, env):
        return real(self.number(node, env))

    def raised(self, base, exponent):
        """The power; how many digits (a third of the bits) such a number can swallow is noted."""
        value = power(base, exponent)
        if isinstance(value, mpmath.mpf) and value and mpmath.isfinite(value):
            self.swallowed = max(self.swallowed, abs(mpmath.mag(value)) // 3)
        return value

    def divided(self, a, b):
        """The quotient, if the divisor is not 0 but for rounding."""
        if not isinstance(b, RATIONAL) and abs(b) < mp.eps**mp.mpf("0.9"):
            raise Undefined("division by zero")
        return DIVIDE(a, b)

    def compare(self, op, a, b):
        """Compare two values, if they are exact or differ by more than rounding."""
        self.pieces.append(COMPARED[op](*((0, 0) if self.touch(a, b) else (a, b))))
        return self.pieces[-1]

    def touch(self, a, b):
        """Whether two values are the same but for rounding; `TooLong` if that cannot be known."""
        if isinstance(a, RATIONAL) and isinstance(b, RATIONAL):
            return a == b
        if not near(a, b, self.tolerance):
            return False
        if not self.equal:
            raise TooLong("too near to be compared")
        return True

    def known(self, known):
        def compute(*x):
            if any(y and mpmath.mag(decimal(y)) > MAX_MAGNITUDE for y in x):
                raise TooLong
            if known.swallows:
                self.swallowed = max(self.swallowed, int(known.swallows(*x)))
            places = [known.jump(*x)] if known.jump else known.edges if self.step is None else ()
            for place in places:
                if self.touch(x[0], place):
                    x = (place, *x[1:])
            if not all(isinstance(y, RATIONAL) for y in x):
                x = tuple(map(decimal, x))
            if known.piece:
                self.pieces.append(known.piece(*x))
            value = real(known.numeric(*x))
            if self.rough and isinstance(value, mpmath.mpf) and abs(value) > mp.eps**mp.mpf("-0.9"):
                raise Undefined("a pole")
            return value
        return known.numeric if known.arity == 0 else compute

    def total(self, term, size):
        self.terms_left -= size
        return reduce(ADD, (term(k) for k in range(1, int(size) + 1)), 0)

    def prime(self, function, times):
        return lambda x, *rest: self.difference(lambda x: function(x, *rest), x, times)

    def difference(self, function, x, times, here=None):
        """The derivative, `times` over, but for the step's square; if it is a simple fraction, exactly."""
        self.inside += 1
        try:
            slope = self.quotients(function, x, times, here)
        finally:
            self.inside -= 1
        if self.inside or not isinstance(slope, Fraction):
            return slope
        simple = slope.limit_denominator(10**12)
        return simple if (simple - slope) ** 2 < self.step**3 else decimal(slope)

    def quotients(self, function, x, times, here=None):
        """The mean of the slopes from both sides; the derivative exists only where they agree."""
        if not times:
            self.dear += SLOPE
            return function(x) if here is None else here
        left, right = (self.quotients(function, ADD(x, side * self.step), times - 1) for side in (-1, 1))
        middle = self.quotients(function, x, times - 1, here)
        before, after = DIVIDE(SUBTRACT(middle, left), self.step), DIVIDE(SUBTRACT(right, middle), self.step)
        exact, step = all(isinstance(side, RATIONAL) for side in (left, middle, right)), decimal(self.step)
        if not exact and abs(decimal(middle)) * mpmath.eps / step > step / 100 * (1 + abs(decimal(before))):
            raise TooLong("the difference drowns in rounding")
        if not near(before, after, mpmath.sqrt(step)):
            raise Undefined("no derivative: the slopes from the left and from the right differ")
        return DIVIDE(ADD(before, after), 2)

    def differentiate(self, value, here, env, name, target, index, times):
        """By a scalar, or by one element of an array: the value is read with that element moved a little."""
        if not index:
            return self.difference(lambda x: real(value(env | {name: x})), real(target), times, real(here))
        entry = target.entry if isinstance(target, Table) else target

        def moved(x):
            def element(*i):
                return x if i == index else entry(*i)
            return real(value(env | {name: Table(*target.shape, element) if isinstance(target, Table) else element}))
        return self.difference(moved, real(entry(*index)), times, real(here))

    def limit(self, node, env):
        body, variable, point, *side = node.args
        point = self.read(point, env)

        def value(x):  # slopes in it must be finer than what goes to 0
            outer, self.step = self.step, self.step and self.step**3
            self.dear += LIMIT
            try:
                return self.scalar(body, env | {variable.id: x})
            finally:
                self.step = outer

        if isinstance(point, mpmath.mpf) and mpmath.isinf(point):
            return at_infinity(value if point > 0 else lambda n: value(-n))
        sides = [settled([value(ADD(point, sign * self.step / far)) for far in (1, 10**2, 10**4, 10**6)])
                 for sign in ({"+": (1,), "-": (-1,)}[side[0].value] if side else (1, -1))]
        if not near(sides[0], sides[-1], 1e-8):
            raise Undefined("no limit: the sides differ")
        return DIVIDE(ADD(sides[0], sides[-1]), 2)

    def terms(self, body, limits, env):
        """The values of the body over all index values of a Sum or Product."""
        if not limits:
            yield self.scalar(body, env)
            return
        (name, low, high), *inner = limits
        low, high = self.read(low, env), self.read(high, env)
        if high - low > self.terms_left:
            raise TooLong
        self.terms_left -= max(0, math.floor(high - low))
        for k in range(math.ceil(low), math.floor(high) + 1):
            yield from self.terms(body, inner, env | {name: k})

    def sum(self, node, env):
        name, low, high = ranges(node)[0]
        if self.read(high, env) == mpmath.inf:
            to_n = ast.Tuple([ast.Name(name), low, ast.Name("oo")])  # oo is then bound to n
            partial = ast.Call(node.func, [node.args[0], to_n, *node.args[2:]], [])
            return extrapolated(lambda n: self.sum(partial, env | {"oo": n}))
        return reduce(ADD, self.terms(node.args[0], ranges(node), env), 0)

    def product(self, node, env):
        return reduce(MULTIPLY, self.terms(node.args[0], ranges(node), env), 1)

    def integral(self, node, env):
        """The value; where no declared number occurs in it, it is kept for all points."""
        used = names(node)
        used = used.union(*(self.definitions.names.get(name, ()) for name in used)) if self.definitions else used
        if not used.isdisjoint(self.values) or not used.isdisjoint(env):
            return self.over(node.args[0], ranges(node), env)
        key = node, mp.prec
        if key not in self.fixed:
            self.fixed[key] = self.over(node.args[0], ranges(node), env)
        return self.fixed[key]

    def over(self, body, limits, env):
        """The integral of the body over the limits, the outermost first."""
        if not limits:
            return self.scalar(body, env)
        (name, low, high), *others = limits
        low, high = (decimal(self.read(end, env)) for end in (low, high))

        def inner(x):
            self.terms_left -= 1
            return decimal(self.over(body, others, env | {name: x}))

        def piece(x):  # of |…|, max, min and the cases
            self.pieces = []
            try:
                inner(x)
            except (Undefined, ZeroDivisionError):
                return None
            return self.pieces

        outer = self.pieces, self.tolerance, self.equal
        self.tolerance, self.equal = 1000 * mp.eps, True  # at single places nothing hangs on it
        try:
            parts = [low, *sorted(corners(piece, low, high), reverse=low > high), high]
            return mp.fsum(area(inner, *ends) for ends in zip(parts, parts[1:], strict=False))
        finally:
            self.pieces, self.tolerance, self.equal = outer

    def piecewise(self, node, env):
        for value, test in branches(node):
            if self.read(test, env):
                return self.read(value, env)
        raise Undefined("no case covers this point")
