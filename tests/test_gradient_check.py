import numpy as np
import pytest

from mathnn.gradient_check import check_directions, check_gradient
from mathnn.losses import binary_cross_entropy, binary_cross_entropy_gradient


def f(x):
    return np.sum(np.sin(x) * np.arange(1, x.size + 1).reshape(x.shape))


def f_gradient(x):
    return np.cos(x) * np.arange(1, x.size + 1).reshape(x.shape)


def check(kind, *arguments, **options):
    if kind == "entries":
        return check_gradient(*arguments, **options)
    return check_directions(*arguments, **options, rng=np.random.default_rng(0))


both = pytest.mark.parametrize("kind", ["entries", "directions"])


@both
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3)])
def test_a_right_gradient_passes(kind, shape):
    x = np.random.default_rng(1).normal(size=shape)
    assert check(kind, f, x, f_gradient(x)) < 1e-8


@both
@pytest.mark.parametrize("error", [1e-3, -1e-4, np.nan, np.inf])
def test_a_single_wrong_entry_is_named(kind, error):
    x = np.random.default_rng(2).normal(size=(3, 4))
    wrong = f_gradient(x)
    right = wrong[2, 1]
    wrong[2, 1] += error
    with pytest.raises(AssertionError, match=r"gradient\[2, 1\]: expected (\S+), the central .* 1 of 12 entries") as e:
        check(kind, f, x, wrong)
    named = float(str(e.value).split("expected ")[1].split(",")[0])
    assert named == pytest.approx(right, rel=1e-5)


@both
def test_a_wrong_factor_and_a_wrong_sign_are_found(kind):
    x = np.array([0.3, -0.4])
    for wrong in (2 * f_gradient(x), -f_gradient(x), 0 * x):
        with pytest.raises(AssertionError, match="2 of 2 entries differ"):
            check(kind, f, x, wrong)


def test_a_large_function_is_allowed_its_rounding_error():
    x = np.array([40.0, 80.0])
    assert check_gradient(lambda x: 1e7 + x @ x, x, 2 * x) < 1e-1
    with pytest.raises(AssertionError):
        check_gradient(lambda x: 1e7 + x @ x, x, 2 * x + 0.2)


@both
@pytest.mark.parametrize("scale", [1e3, 1e6, 1e9])
def test_a_single_wrong_entry_far_from_0_is_named(kind, scale):
    x = scale * np.random.default_rng(3).normal(size=20)
    right = 2 * x
    check(kind, lambda x: x @ x, x, right)
    for entry in range(20):
        wrong = right.copy()
        wrong[entry] *= 1.01
        with pytest.raises(AssertionError, match=rf"gradient\[{entry}\]: expected .* 1 of 20 entries"):
            check(kind, lambda x: x @ x, x, wrong)


@both
@pytest.mark.parametrize("p", [1e-3, 1e-4, 1e-5])
def test_a_right_gradient_passes_where_the_function_bends_strongly(kind, p):
    x, y = np.array([p, 0.5, 1 - p]), np.array([1.0, 0.0, 0.0])
    right = binary_cross_entropy_gradient(x, y)
    check(kind, lambda x: binary_cross_entropy(x, y), x, right)
    check(kind, lambda x: np.sum(np.sin(x / p)), x, np.cos(x / p) / p)
    with pytest.raises(AssertionError, match=r"gradient\[0\]: expected .* 1 of 3 entries"):
        check(kind, lambda x: binary_cross_entropy(x, y), x, right * [1.001, 1, 1])


@both
def test_a_kink_is_refused(kind):
    for slope in (0.0, 1.0):
        with pytest.raises(AssertionError, match=r"gradient\[0\]: expected 0\.5, the central difference"):
            check(kind, lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0], [slope, 1.0])


def test_many_small_errors_are_found_along_a_direction():
    x = np.zeros(10_000)
    with pytest.raises(AssertionError, match="gradient: expected slope .* along direction 0"):
        check_directions(lambda x: np.sum(x), x, np.ones(x.size) + 9e-9 * np.sign(np.random.default_rng(0).normal(
            size=x.size)), rng=np.random.default_rng(0), rtol=0, atol=1e-8)


def test_a_scalar_point_has_no_index():
    with pytest.raises(AssertionError, match=r"^gradient: expected 6, the central difference, got 5; 1 of 1"):
        check_gradient(lambda x: x**2, 3.0, 5.0)


def test_the_point_is_left_alone():
    x = np.ones(3)
    x.flags.writeable = False
    check("entries", f, x, f_gradient(x))
    check("directions", f, x, f_gradient(x))


X = np.ones(2)


@both
@pytest.mark.parametrize(("arguments", "options", "message"), [
    ((f, X, np.ones(3)), {}, r"gradient: expected shape \(2,\), got \(3,\)"),
    ((f, [np.nan, 1], X), {}, r"x: expected finite numbers, got nan"),
    ((lambda x: 0.0, [], []), {}, r"x: expected at least one entry, got shape \(0,\)"),
    ((f, X, ["a", "b"]), {}, r"gradient: expected real numbers"),
    ((lambda x: x, X, X), {}, r"f: expected one finite number, got an array of shape \(2,\)"),
    ((lambda x: np.inf, X, X), {}, r"f: expected one finite number, got inf"),
    ((f, X, f_gradient(X)), {"rtol": -1}, r"rtol: expected a number of at least 0, got -1\.0"),
    ((f, X, f_gradient(X)), {"atol": np.nan}, r"atol: expected a number of at least 0, got nan"),
])
def test_refuses(kind, arguments, options, message):
    with pytest.raises(ValueError, match=message):
        check(kind, *arguments, **options)


def test_refuses_no_directions_and_no_generator():
    with pytest.raises(ValueError, match="directions: expected an integer of at least 1, got 0"):
        check_directions(f, X, X, rng=np.random.default_rng(0), directions=0)
    with pytest.raises(ValueError, match="rng: expected a numpy.random.Generator, got NoneType"):
        check_directions(f, X, X, rng=None)


def test_refuses_a_function_that_ends_beside_the_point():
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="f: expected finite numbers around x too"):
        check_gradient(lambda x: np.log(x[0]), [1e-8], [1e8])


def test_a_function_that_changes_its_input_is_asked_the_same_question_each_time():
    def shifted(x):
        x -= 1
        return np.sum(x**2)

    x = np.array([3.0, 5.0])
    assert check_gradient(shifted, x, [4, 8]) < 1e-8
    np.testing.assert_array_equal(x, [3, 5])


@both
def test_where_the_slope_is_small_a_large_function_is_allowed_its_rounding_error(kind):
    check(kind, lambda x: 1e7 + 1e-3 * np.sum(x), np.array([0.5, -0.25]), np.full(2, 1e-3))  # 6 or 7 units of rounding


def test_of_several_wrong_entries_the_one_that_is_no_number_is_named():
    x = np.array([0.3, -0.4, 0.5])
    with pytest.raises(AssertionError, match=r"gradient\[1\]: .* 2 of 3 entries"):
        check_gradient(f, x, f_gradient(x) + [1, np.nan, 0])


def test_the_difference_that_is_told_is_the_largest_of_all_directions():
    x = np.random.default_rng(5).normal(size=6)
    told = [check_directions(f, x, f_gradient(x), rng=np.random.default_rng(0), directions=n) for n in range(1, 9)]
    assert told == sorted(told)
    assert told[0] < told[-1]
