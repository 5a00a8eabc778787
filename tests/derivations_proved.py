"""Derivations of the kinds that the book needs: every one must be proved, line by line.

Each entry: name, then the keyword arguments of `Derivation` (the steps without reasons).
"""

X = {"x": "real"}
SIGMA = {"sigma(x)": "1/(1 + exp(-x))"}
SOFTMAX = {"y[i]": "exp(o[i])/Sum(exp(o[k]), (k, 1, n))"}
CONV = {"Y[i]": "Sum(X[i + m - 1]*K[m], (m, 1, k))", "L": "Sum(G[i]*Y[i], (i, 1, n - k + 1))"}
SIZES = {"n": "integer, n >= 1", "k": "integer, 1 <= k <= n"}
CONV2 = {
    "Y[i, j]": "Sum(X[i + p - 1, j + q - 1]*K[p, q], (p, 1, k), (q, 1, l))",
    "L": "Sum(G[i, j]*Y[i, j], (i, 1, H - k + 1), (j, 1, W - l + 1))",
}
SIZES2 = {"H": "integer, H >= 1", "W": "integer, W >= 1", "k": "integer, 1 <= k <= H", "l": "integer, 1 <= l <= W"}
NETWORK = {
    "sigma(x)": "1/(1 + exp(-x))",
    "h1": "w1*i1 + w2*i2 + b1",
    "h2": "w3*i1 + w4*i2 + b1",
    "out_h1": "sigma(h1)",
    "out_h2": "sigma(h2)",
    "y1": "w5*out_h1 + w6*out_h2 + b2",
    "y2": "w7*out_h1 + w8*out_h2 + b2",
    "out_y1": "sigma(y1)",
    "out_y2": "sigma(y2)",
    "E": "(out_y1 - o1)**2/2 + (out_y2 - o2)**2/2",
}
WEIGHTS = {
    name: "real" for name in ["i1", "i2", "o1", "o2", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2"]
}
EXAMPLE = {
    "z1": "w11*x1 + w21*x2",
    "z2": "w12*x1 + w22*x2",
    "z3": "w13*x1 + w23*x2",
    "y_hat": "v1*z1 + v2*z2 + v3*z3",
    "L": "(y_hat - y)**2/2",
}
EXAMPLE_GIVEN = {name: "real" for name in ["x1", "x2", "y", "w11", "w12", "w13", "w21", "w22", "w23", "v1", "v2", "v3"]}

PROVED = {
    "square": dict(
        given=X,
        start="Derivative(x**2, x)",
        steps=["Limit(((x + h)**2 - x**2)/h, h, 0)", "Limit((2*x*h + h**2)/h, h, 0)", "Limit(2*x + h, h, 0)", "2*x"],
    ),
    "sum-rule": dict(
        given=X | {"f": "function", "g": "function"},
        start="Derivative(f(x) + g(x), x)",
        steps=[
            "Limit((f(x + h) + g(x + h) - (f(x) + g(x)))/h, h, 0)",
            "Limit((f(x + h) - f(x))/h + (g(x + h) - g(x))/h, h, 0)",
            "f.prime(x) + g.prime(x)",
        ],
    ),
    "product-rule": dict(
        given=X | {"f": "function", "g": "function"},
        start="Derivative(f(x)*g(x), x)",
        steps=[
            "Limit((f(x + h)*g(x + h) - f(x)*g(x))/h, h, 0)",
            "Limit((f(x + h) - f(x))/h*g(x + h) + f(x)*(g(x + h) - g(x))/h, h, 0)",
            "f.prime(x)*g(x) + f(x)*g.prime(x)",
        ],
    ),
    "quotient-rule": dict(
        given=X | {"f": "function", "g": "function, g(x) != 0"},
        start="Derivative(f(x)/g(x), x)",
        steps=["Limit((f(x + h)/g(x + h) - f(x)/g(x))/h, h, 0)", "(f.prime(x)*g(x) - f(x)*g.prime(x))/g(x)**2"],
    ),
    "chain-rule": dict(
        given=X | {"f": "function", "g": "function"},
        start="Derivative(f(g(x)), x)",
        steps=["Limit((f(g(x + h)) - f(g(x)))/h, h, 0)", "f.prime(g(x))*g.prime(x)"],
    ),
    "leibniz-chain": dict(
        given=X | {"f": "function", "g": "function"},
        where={"u": "g(x)"},
        start="Derivative(f(u), x)",
        steps=["Derivative(f(u), u)*Derivative(u, x)", "f.prime(u)*g.prime(x)"],
    ),
    "chain-of-two-paths": dict(
        given={"t": "real", "f": "function of 2", "p": "function", "q": "function"},
        where={"u": "p(t)", "v": "q(t)"},
        start="Derivative(f(u, v), t)",
        steps=["Partial(f(u, v), u)*Derivative(u, t) + Partial(f(u, v), v)*Derivative(v, t)"],
    ),
    "inner-derivative": dict(given=X, start="Derivative((3*x + 2)**2, x)", steps=["2*(3*x + 2)*3", "6*(3*x + 2)"]),
    "sine-of-square": dict(given=X, start="Derivative(sin(x**2), x)", steps=["cos(x**2)*2*x"]),
    "sigmoid": dict(
        given=X,
        where=SIGMA,
        start="Derivative(sigma(x), x)",
        steps=["exp(-x)/(1 + exp(-x))**2", "sigma(x)*(1 - sigma(x))"],
    ),
    "tanh-by-sigmoid": dict(
        given=X, where=SIGMA, start="tanh(x)", steps=["(exp(x) - exp(-x))/(exp(x) + exp(-x))", "2*sigma(2*x) - 1"]
    ),
    "tanh": dict(given=X, start="Derivative(tanh(x), x)", steps=["1 - tanh(x)**2"]),
    "elu": dict(
        given={"x": "x < 0", "alpha": "alpha > 0"},
        start="Derivative(ELU(x), x)",
        where={"ELU(x)": "Piecewise((x, x > 0), (alpha*(exp(x) - 1), True))"},
        steps=["alpha*exp(x)", "ELU(x) + alpha"],
    ),
    "softplus": dict(
        given=X, where=SIGMA, start="Derivative(ln(1 + exp(x)), x)", steps=["exp(x)/(1 + exp(x))", "sigma(x)"]
    ),
    "gelu": dict(
        given=X,
        where={"Phi(x)": "(1 + erf(x/sqrt(2)))/2", "phi(x)": "exp(-x**2/2)/sqrt(2*pi)"},
        start="Derivative(x*Phi(x), x)",
        steps=["Phi(x) + x*Phi.prime(x)", "Phi(x) + x*phi(x)"],
    ),
    "silu": dict(
        given=X,
        where=SIGMA,
        start="Derivative(x*sigma(x), x)",
        steps=["sigma(x) + x*sigma(x)*(1 - sigma(x))", "sigma(x)*(1 + x*(1 - sigma(x)))"],
    ),
    "relu": dict(given={"x": "x != 0"}, start="Derivative(max(0, x), x)", steps=["Piecewise((1, x > 0), (0, x < 0))"]),
    "prelu": dict(
        given=X | {"alpha": "real"},
        start="max(0, x) + alpha*min(0, x)",
        steps=["Piecewise((x, x > 0), (alpha*x, True))"],
    ),
    "prelu-small-alpha": dict(
        given=X | {"alpha": "alpha <= 1"}, start="max(0, x) + alpha*min(0, x)", steps=["max(alpha*x, x)"]
    ),
    "softmax-jacobian": dict(
        given={"n": "integer, n >= 1", "o": "array (n)", "i": "integer, 1 <= i <= n", "j": "integer, 1 <= j <= n"},
        where=SOFTMAX,
        start="Partial(y[i], o[j])",
        steps=["y[i]*(KroneckerDelta(i, j) - y[j])"],
    ),
    "softmax-shift": dict(
        given={"n": "integer, n >= 1", "o": "array (n)", "i": "integer, 1 <= i <= n", "c": "real"},
        where=SOFTMAX,
        start="exp(o[i] + c)/Sum(exp(o[k] + c), (k, 1, n))",
        steps=["y[i]"],
    ),
    "softmax-sum": dict(
        given={"n": "integer, n >= 1", "o": "array (n)"}, where=SOFTMAX, start="Sum(y[i], (i, 1, n))", steps=["1"]
    ),
    "cross-entropy": dict(
        given={"n": "integer, n >= 1", "o": "array (n)", "t": "array (n), sums to 1", "j": "integer, 1 <= j <= n"},
        where=SOFTMAX,
        start="Partial(-Sum(t[i]*ln(y[i]), (i, 1, n)), o[j])",
        steps=[
            "-Sum(t[i]/y[i]*Partial(y[i], o[j]), (i, 1, n))",
            "-Sum(t[i]*(KroneckerDelta(i, j) - y[j]), (i, 1, n))",
            "y[j]*Sum(t[i], (i, 1, n)) - t[j]",
            "y[j] - t[j]",
        ],
    ),
    "logits": dict(
        given={"z": "real", "y": "real"},
        where=SIGMA | {"p": "sigma(z)", "L": "-(y*ln(p) + (1 - y)*ln(1 - p))"},
        start="Partial(L, z)",
        steps=["-(y/p - (1 - y)/(1 - p))*sigma.prime(z)", "p - y"],
    ),
    "least-squares": dict(
        given={
            "n": "integer, n >= 1",
            "d": "integer, d >= 1",
            "X": "matrix (n, d)",
            "w": "vector (d)",
            "y": "vector (n)",
        },
        start="Partial(norm(X @ w - y)**2/2, w)",
        steps=["X.T @ (X @ w - y)"],
    ),
    "two-linear-layers-outer": dict(
        given={
            "n": "integer, n >= 1",
            "d": "integer, d >= 1",
            "h": "integer, h >= 1",
            "k": "integer, k >= 1",
            "X": "matrix (n, d)",
            "A": "matrix (d, h)",
            "B": "matrix (h, k)",
            "Y": "matrix (n, k)",
        },
        where={"Z": "X @ A", "E": "norm(Z @ B - Y)**2/2"},
        start="Partial(E, B)",
        steps=["Z.T @ (Z @ B - Y)"],
    ),
    "two-linear-layers-inner": dict(
        given={
            "n": "integer, n >= 1",
            "d": "integer, d >= 1",
            "h": "integer, h >= 1",
            "k": "integer, k >= 1",
            "X": "matrix (n, d)",
            "A": "matrix (d, h)",
            "B": "matrix (h, k)",
            "Y": "matrix (n, k)",
        },
        where={"Z": "X @ A", "E": "norm(Z @ B - Y)**2/2"},
        start="Partial(E, A)",
        steps=["X.T @ (Z @ B - Y) @ B.T"],
    ),
    "layer-with-activation": dict(
        given={
            "n": "integer, n >= 1",
            "d": "integer, d >= 1",
            "h": "integer, h >= 1",
            "X": "matrix (n, d)",
            "W": "matrix (d, h)",
            "b": "matrix (1, h)",
            "G": "matrix (n, h)",
            "f": "function",
        },
        where={"Z": "X @ W + ones(n) @ b", "L": "tr(G.T @ f(Z))"},
        start="Partial(L, W)",
        steps=["X.T @ Hadamard(G, f.prime(Z))"],
    ),
    "layer-bias": dict(
        given={
            "n": "integer, n >= 1",
            "d": "integer, d >= 1",
            "h": "integer, h >= 1",
            "X": "matrix (n, d)",
            "W": "matrix (d, h)",
            "b": "matrix (1, h)",
            "G": "matrix (n, h)",
            "f": "function",
        },
        where={"Z": "X @ W + ones(n) @ b", "L": "tr(G.T @ f(Z))"},
        start="Partial(L, b)",
        steps=["ones(n).T @ Hadamard(G, f.prime(Z))"],
    ),
    "network-w5": dict(
        given=WEIGHTS,
        where=NETWORK,
        start="Partial(E, w5)",
        steps=["Partial(E, out_y1)*Partial(out_y1, y1)*Partial(y1, w5)", "(out_y1 - o1)*sigma.prime(y1)*out_h1"],
    ),
    "network-w1": dict(
        given=WEIGHTS,
        where=NETWORK,
        start="Partial(E, w1)",
        steps=[
            "(Partial(E, y1)*Partial(y1, out_h1) + Partial(E, y2)*Partial(y2, out_h1))*sigma.prime(h1)*i1",
            "((out_y1 - o1)*sigma.prime(y1)*w5 + (out_y2 - o2)*sigma.prime(y2)*w7)*sigma.prime(h1)*i1",
        ],
    ),
    "example-v1": dict(given=EXAMPLE_GIVEN, where=EXAMPLE, start="Partial(L, v1)", steps=["(y_hat - y)*z1"]),
    "example-w11": dict(
        given=EXAMPLE_GIVEN,
        where=EXAMPLE,
        start="Partial(L, w11)",
        steps=["Partial(L, y_hat)*Partial(y_hat, z1)*Partial(z1, w11)", "(y_hat - y)*v1*x1"],
    ),
    "example-forward": dict(
        start="1*(0.5*40 + 0.5*80) + 1*(0.5*40 + 0.5*80) + 1*(0.5*40 + 0.5*80)", steps=["60 + 60 + 60", "180"]
    ),
    "example-loss": dict(start="(60 - 180)**2/2", steps=["7200"]),
    "example-weight": dict(start="0.5 - 1e-5*4800", steps=["0.452"]),
    "example-second-pass": dict(start="3*(0.928*(0.452*40 + 0.404*80))", steps=["3*(0.928*50.4)", "140.3136"]),
    "example-second-loss": dict(start="(60 - 140.3136)**2/2", steps=["80.3136**2/2", "3225.13717248"]),
    "convolution-kernel": dict(
        given=SIZES | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1)", "u": "integer, 1 <= u <= k"},
        where=CONV,
        start="Partial(L, K[u])",
        steps=["Sum(G[i]*X[i + u - 1], (i, 1, n - k + 1))"],
    ),
    "convolution-input": dict(
        given=SIZES
        | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1) zero outside", "u": "integer, 1 <= u <= n"},
        where=CONV,
        start="Partial(L, X[u])",
        steps=["Sum(K[m]*G[u - m + 1], (m, 1, k))"],
    ),
    "convolution-2d-kernel": dict(
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
        steps=["Sum(G[i, j]*X[i + a - 1, j + b - 1], (i, 1, H - k + 1), (j, 1, W - l + 1))"],
    ),
    "convolution-2d-input": dict(
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
        steps=["Sum(K[p, q]*G[a - p + 1, b - q + 1], (p, 1, k), (q, 1, l))"],
    ),
    "convolution-bias": dict(
        given=SIZES | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1)", "b": "real"},
        where={"Y[i]": "Sum(X[i + m - 1]*K[m], (m, 1, k)) + b", "L": "Sum(G[i]*Y[i], (i, 1, n - k + 1))"},
        start="Partial(L, b)",
        steps=["Sum(G[i], (i, 1, n - k + 1))"],
    ),
    "convolution-activation-kernel": dict(
        given=SIZES
        | {"X": "array (n)", "K": "array (k)", "G": "array (n - k + 1)", "u": "integer, 1 <= u <= k", "f": "function"},
        where={"Z[i]": "Sum(X[i + m - 1]*K[m], (m, 1, k))", "L": "Sum(G[i]*f(Z[i]), (i, 1, n - k + 1))"},
        start="Partial(L, K[u])",
        steps=["Sum(G[i]*f.prime(Z[i])*X[i + u - 1], (i, 1, n - k + 1))"],
    ),
    "convolution-stride-kernel": dict(
        given={
            "s": "integer, s >= 1",
            "r": "integer, r >= 1",
            "k": "integer, k >= 1",
            "X": "array ((r - 1)*s + k)",
            "K": "array (k)",
            "G": "array (r)",
            "u": "integer, 1 <= u <= k",
        },
        where={"Y[i]": "Sum(X[(i - 1)*s + m]*K[m], (m, 1, k))", "L": "Sum(G[i]*Y[i], (i, 1, r))"},
        start="Partial(L, K[u])",
        steps=["Sum(G[i]*X[(i - 1)*s + u], (i, 1, r))"],
    ),
    "convolution-stride-input": dict(
        given={
            "s": "integer, s >= 1",
            "r": "integer, r >= 1",
            "k": "integer, k >= 1",
            "X": "array ((r - 1)*s + k)",
            "K": "array (k) zero outside",
            "G": "array (r)",
            "u": "integer, 1 <= u <= (r - 1)*s + k",
        },
        where={"Y[i]": "Sum(X[(i - 1)*s + m]*K[m], (m, 1, k))", "L": "Sum(G[i]*Y[i], (i, 1, r))"},
        start="Partial(L, X[u])",
        steps=["Sum(G[i]*K[u - (i - 1)*s], (i, 1, r))"],
    ),
    "convolution-channels-padding-dilation": dict(
        given={
            "X": "array (2, 4, 4) zero outside",
            "W": "array (2, 2, 2, 2) zero outside",
            "G": "array (2, 4, 4)",
            "c": "integer, 1 <= c <= 2",
            "a": "integer, 1 <= a <= 4",
            "b": "integer, 1 <= b <= 4",
        },
        where={
            "Y[k, i, j]": "Sum(W[k, c, p, q]*X[c, i + 2*(p - 1) - 1, j + 2*(q - 1) - 1], "
            "(c, 1, 2), (p, 1, 2), (q, 1, 2))",
            "L": "Sum(G[k, i, j]*Y[k, i, j], (k, 1, 2), (i, 1, 4), (j, 1, 4))",
        },
        start="Partial(L, X[c, a, b])",
        steps=[
            "Sum(W[k, c, p, q]*G[k, i, j]*KroneckerDelta(i + 2*(p - 1) - 1, a)*KroneckerDelta(j + 2*(q - 1) - 1, b),"
            "(k, 1, 2), (i, 1, 4), (j, 1, 4), (p, 1, 2), (q, 1, 2))"
        ],
    ),
    "average-pooling": dict(
        given={
            "n": "integer, n >= 1",
            "k": "integer, k >= 1",
            "X": "array (n, k)",
            "G": "array (n)",
            "a": "integer, 1 <= a <= n",
            "b": "integer, 1 <= b <= k",
        },
        where={"Y[i]": "1/k*Sum(X[i, m], (m, 1, k))", "L": "Sum(G[i]*Y[i], (i, 1, n))"},
        start="Partial(L, X[a, b])",
        steps=["G[a]/k"],
    ),
    "max-pooling": dict(
        given={"a": "real", "b": "b < a", "c": "c < a", "g": "real"}, start="Partial(g*max(a, b, c), a)", steps=["g"]
    ),
    "max-pooling-loser": dict(
        given={"a": "real", "b": "b < a", "c": "c < a", "g": "real"}, start="Partial(g*max(a, b, c), b)", steps=["0"]
    ),
    "bptt": dict(
        given={"w": "real", "u": "real", "x1": "real", "x2": "real", "h0": "real", "t": "real"},
        where={"a1": "w*h0 + u*x1", "h1": "tanh(a1)", "a2": "w*h1 + u*x2", "h2": "tanh(a2)", "L": "(h2 - t)**2/2"},
        start="Derivative(L, w)",
        steps=["(h2 - t)*(1 - h2**2)*(h1 + w*(1 - h1**2)*h0)"],
    ),
    "cauchy-schwarz": dict(
        given={"a1": "real", "a2": "real", "b1": "real", "b2": "real"},
        start="(a1*b1 + a2*b2)**2",
        steps=["(a1**2 + a2**2)*(b1**2 + b2**2) - (a1*b2 - a2*b1)**2", "<= (a1**2 + a2**2)*(b1**2 + b2**2)"],
    ),
    "descent-threshold": dict(
        given={"eta": "eta > 0", "L": "L > 0"},
        start="abs(1 - eta*L) < 1",
        steps=["<=> -1 < 1 - eta*L < 1", "<=> 0 < eta*L < 2", "<=> 0 < eta < 2/L"],
    ),
    "fundamental-theorem": dict(
        given=X, start="Derivative(Integral(t**2, (t, 0, x)), x)", steps=["Derivative(At(t**3/3, t, 0, x), x)", "x**2"]
    ),
    "riemann": dict(start="Integral(x**2, (x, 0, 1))", steps=["Limit(Sum((k/n)**2/n, (k, 1, n)), n, oo)", "1/3"]),
    "geometric": dict(
        given={"q": "q != 1", "n": "integer, n >= 0"}, start="Sum(q**k, (k, 0, n))", steps=["(1 - q**(n + 1))/(1 - q)"]
    ),
    "geometric-series": dict(given={"q": "0 < q < 1"}, start="Sum(q**k, (k, 0, oo))", steps=["1/(1 - q)"]),
    "root-below-tangent": dict(given={"x": "x >= 0"}, start="sqrt(x)", steps=["<= (1 + x)/2"]),
    "product-of-exponentials": dict(
        given={"n": "integer, n >= 1", "a": "array (n)"},
        start="Product(exp(a[i]), (i, 1, n))",
        steps=["exp(Sum(a[i], (i, 1, n)))"],
    ),
    "logarithm-below-tangent": dict(given={"x": "x > 0"}, start="ln(x)", steps=["<= x - 1"]),
    "exponential-above-tangent": dict(given=X, start="exp(x)", steps=[">= 1 + x"]),
    "inverse-tangents": dict(given={"x": "x > 0"}, start="arctan(x) + arctan(1/x)", steps=["pi/2"]),
    "softmax-numbers": dict(start="exp(2)/(exp(2) + exp(3))", steps=["1/(1 + e)", "≈ 0.26894142"]),
}
