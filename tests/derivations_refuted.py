"""Plausible derivations whose last line is wrong, each with a text that its counterexample must hold."""

from derivations_proved import CONV, CONV2, NETWORK, SIGMA, SIZES, SIZES2, SOFTMAX, WEIGHTS, X

FG = X | {"f": "function", "g": "function"}

REFUTED = {
    "convolution-input-index": (
        dict(
            given=SIZES
            | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1) zero outside", "u": "integer, 1 <= u <= n"},
            where=CONV,
            start="Partial(L, X[u])",
            steps=["Sum(K[m]*G[u + m - 1], (m, 1, k))"],
        ),
        "G = [",
    ),
    "convolution-2d-input-index": (
        dict(
            given=SIZES2
            | {
                "X": "array (H, W)",
                "K": "array (k, l)",
                "G": "array (H - k + 1, W - l + 1) zero outside",
                "a": "integer, 1 <= a <= H",
                "b": "integer, 1 <= b <= W",
            },
            where=CONV2,
            start="Partial(L, X[a, b])",
            steps=["Sum(K[p, q]*G[a + p - 1, b + q - 1], (p, 1, k), (q, 1, l))"],
        ),
        "K = [[",
    ),
    "convolution-without-activation": (
        dict(
            given=SIZES | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1)", "u": "integer, 1 <= u <= k"},
            where=SIGMA
            | {"Z[i]": "Sum(X[i + m - 1]*K[m], (m, 1, k))", "L": "Sum(G[i]*sigma(Z[i]), (i, 1, n - k + 1))"},
            start="Partial(L, K[u])",
            steps=["Sum(G[i]*X[i + u - 1], (i, 1, n - k + 1))"],
        ),
        "X = [",
    ),
    "sigmoid-plus": (
        dict(given=X, where=SIGMA, start="Derivative(sigma(x), x)", steps=["sigma(x)*(1 + sigma(x))"]),
        "x = 0",
    ),
    "product-of-slopes": (dict(given=FG, start="Derivative(f(x)*g(x), x)", steps=["f.prime(x)*g.prime(x)"]), "f(t) = "),
    "prelu-large-alpha": (
        dict(given=X | {"alpha": "alpha > 1"}, start="max(0, x) + alpha*min(0, x)", steps=["max(alpha*x, x)"]),
        "x = ",
    ),
    "network-w1-copied": (
        dict(
            given=WEIGHTS,
            where=NETWORK,
            start="Partial(E, w1)",
            steps=["((out_y1 - o1)*sigma.prime(y1)*w5 + (out_y1 - o2)*sigma.prime(y2)*w7)*sigma.prime(h1)*i1"],
        ),
        "i1 = ",
    ),
    "example-second-loss": (dict(start="(60 - 140.3136)**2/2", steps=["3225.157"]), "the line before is 3225.13717248"),
    "example-second-pass": (dict(start="3*(0.928*(0.452*40 + 0.404*80))", steps=["140.3156"]), "140.3136"),
    "example-rounded": (dict(start="(60 - 140.3136)**2/2", steps=["≈ 3225.157"]), "3225.13717248"),
    "softmax-diagonal-only": (
        dict(
            given={"n": "integer, n >= 1", "o": "array (n)", "i": "integer, 1 <= i <= n", "j": "integer, 1 <= j <= n"},
            where=SOFTMAX,
            start="Partial(y[i], o[j])",
            steps=["KroneckerDelta(i, j)*y[i]*(1 - y[i])"],
        ),
        "o = [",
    ),
    "chain-without-inner": (dict(given=FG, start="Derivative(f(g(x)), x)", steps=["f.prime(g(x))"]), "g(t) = "),
    "chain-at-the-wrong-place": (
        dict(given=FG, start="Derivative(f(g(x)), x)", steps=["f.prime(x)*g.prime(x)"]),
        "g(t) = ",
    ),
    "quotient-sign": (
        dict(
            given=FG | {"g": "function, g(x) != 0"},
            start="Derivative(f(x)/g(x), x)",
            steps=["(f(x)*g.prime(x) - f.prime(x)*g(x))/g(x)**2"],
        ),
        "g(t) = ",
    ),
    "log-of-square": (dict(given={"x": "x != 0"}, start="ln(x**2)", steps=["2*ln(x)"]), "this line has no value"),
    "root-of-square": (dict(given=X, start="sqrt(x**2)", steps=["x"]), "x = -1"),
    "cancelled": (dict(given=X, start="x**2/x", steps=["x"]), "x = 0: the line before has no value"),
    "relu-at-zero": (
        dict(given=X, start="Derivative(max(0, x), x)", steps=["Piecewise((1, x > 0), (0, True))"]),
        "x = 0",
    ),
    "least-squares-transposed": (
        dict(
            given={"n": "integer, n >= 1", "X": "matrix (n, n)", "w": "vector (n)", "y": "vector (n)"},
            start="Partial(norm(X @ w - y)**2/2, w)",
            steps=["X @ (X @ w - y)"],
        ),
        "row 1, column 1",
    ),
    "limit-of-sign": (dict(start="Limit(abs(h)/h, h, 0)", steps=["1"]), "the line before has no value"),
    "squares-apart": (
        dict(given={"a": "real", "b": "real"}, start="(a + b)**2", steps=["a**2 + b**2"]),
        "a = 1, b = 2",
    ),
    "far-away": (dict(given=X, start="abs(x - 1000)", steps=["1000 - x"]), "x = 1001"),
    "small-difference": (dict(given=X, start="x", steps=["x + 1e-25"]), "x = 0"),
    "almost-whole": (dict(start="exp(pi*sqrt(163))", steps=["262537412640768744"]), "the line before is"),
    "half-open": (dict(given=X, start="x**2 < 4", steps=["<=> x < 2"]), "x = "),
    "threshold": (
        dict(given={"eta": "eta > 0", "L": "L > 0"}, start="abs(1 - eta*L) < 1", steps=["<=> 0 < eta < 1/L"]),
        "eta = ",
    ),
    "convolution-transposed-indices": (
        dict(
            given=SIZES2
            | {
                "X": "array (H, W)",
                "K": "array (k, l)",
                "G": "array (H - k + 1, W - l + 1)",
                "a": "integer, 1 <= a <= k",
                "b": "integer, 1 <= b <= l",
            },
            where=CONV2,
            start="Partial(L, K[a, b])",
            steps=["Sum(G[i, j]*X[i + a - 1, j + b], (i, 1, H - k + 1), (j, 1, W - l))"],
        ),
        "G = [[",
    ),
}

#: true statements that the engine cannot decide today; a line that it learns to decide leaves this list
UNDECIDED = {
    "rounded-away-far-out": dict(start="Limit(exp(2*x)*(1 - tanh(x)), x, oo)", steps=["2"]),
    "scaled-integral": dict(
        given={"f": "function"}, start="Integral(f(2*x), (x, 0, 1))", steps=["Integral(f(t), (t, 0, 2))/2"]
    ),
    "difference-drowns-in-rounding": dict(given=X, start="Derivative(exp(300) + sin(x), x)", steps=["cos(x)"]),
    "riemann-unknown": dict(
        given={"f": "function"}, start="Limit(Sum(f(k/n)/n, (k, 1, n)), n, oo)", steps=["Integral(f(t), (t, 0, 1))"]
    ),
}
