r"""The texts of a figure: words with ``$LaTeX$`` in them, and live numbers ``<<name>>`` or ``<<name:digits>>``.

The same text is needed in four forms: HTML with MathML (titles, legend, readout), pieces that the script draws inside
the picture, words for a screen reader, and a line of plain text.
"""

import re
from html import escape

from mathnn.mathml import to_mathml

__all__ = ["as_html", "as_pieces", "as_words"]

_NUMBER = re.compile(r"<<(\w+)(?::(\d+))?>>")
_PLACE = "QZQ"  # stands for a live number while its formula is typeset
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω"}
_SYMBOLS = {
    **_GREEK, "Delta": "Δ", "Sigma": "Σ", "Theta": "Θ", "Omega": "Ω", "partial": "∂", "nabla": "∇", "cdot": "·",
    "times": "×", "to": "→", "infty": "∞", "pm": "±", "approx": "≈", "le": "≤", "ge": "≥", "ne": "≠", "ast": "∗",
    "dots": "…", "sum": "Σ", "prime": "′", ",": " ", "quad": "  ",
    **{name: name for name in ("ln", "log", "sin", "cos", "tan", "exp", "max", "min", "tanh")}}
_BRACED = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_TOKEN = re.compile(r"""\\text\{([^{}]*)\}|\\mathrm\{([^{}]*)\}   # words, upright letters
                        |\\([A-Za-z]+|,)\s*                       # a command
                        |([_^])(\{[^{}]*\}|\\[A-Za-z]+|.)         # below or above
                        |(.)""", re.DOTALL | re.VERBOSE)


def _numbers(text):
    return [(match[1], _digits(match)) for match in _NUMBER.finditer(text)]


def _digits(match):
    return int(match[2]) if match[2] else None


def _parts(text):
    """Split at the dollars: words, formula, words, ..."""
    parts = text.split("$")
    if len(parts) % 2 == 0:
        raise ValueError(f"text: expected dollars in pairs around LaTeX, got {text!r}")
    return parts


def as_html(text, *, style=""):
    r"""Return the text as HTML, with an empty slot for every live number, and those numbers as (name, digits).

    `style` is put before every formula, such as ``\displaystyle`` for fractions of full size.

    Examples
    --------
    >>> as_html("at <<a:1>>")
    ('at <span class="live-number"></span>', [('a', 1)])
    """
    html = ""
    for i, part in enumerate(_parts(text)):
        if i % 2:
            mathml = to_mathml(style + _NUMBER.sub(rf"\\text{{{_PLACE}}}", part))
            html += mathml.replace(f"<mtext>{_PLACE}</mtext>", '<mrow class="live-number"></mrow>')
        else:
            html += re.sub(r"&lt;&lt;\w+(:\d+)?&gt;&gt;", '<span class="live-number"></span>', escape(part))
    return html, _numbers(text)


def as_words(text):
    r"""Return the text as plain words: ``learning rate $\eta$`` becomes ``learning rate eta``.

    Examples
    --------
    >>> as_words(r"slope $\frac{f(a+h)-f(a)}{h}$ at $x_0$")
    'slope (f(a+h)-f(a))/(h) at x0'
    >>> as_words(r"$\lVert r \rVert$, $\frac{1}{1 + e^{-x}}$, $\hat y = x\sigma(w)$")
    'length of r, (1)/(1 + e^-x), y hat = x sigma (w)'
    """
    text = re.sub(r"(?<=\w)(?=\\[A-Za-z])", " ", text)
    text = re.sub(rf"\\[dt]?frac{_BRACED}{_BRACED}", r"(\1)/(\2)", text)
    text = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r"\1/\2", text)
    text = re.sub(r"\\lVert\s*(.*?)\s*\\rVert", r"length of \1", text)
    text = re.sub(r"\\hat\s*(\w)", r"\1 hat", text)
    text = re.sub(r"\\(?:cdot|times)(?![A-Za-z])", " times ", text)
    text = re.sub(r"\\(?:text|mathrm|mathbf|operatorname|left|right)(?![A-Za-z])", "", re.sub(r"\\[,;! ]", " ", text))
    text = re.sub(r"[${}_]", "", re.sub(r"\\([A-Za-z]+)", r"\1 ", text))
    return re.sub(r"\s+", " ", text).strip()


def _simple(command, text):
    if command not in _SYMBOLS:
        raise ValueError(f"text: \\{command} in {text!r} cannot be drawn inside a picture; "
                         "use letters, indices and simple symbols there, and put formulas into readout or the legend")
    return _SYMBOLS[command]


_SPACED = {*"=+−≈→<>≤≥≠"}


def _spaced(symbol, pieces):
    """Return a relation or a sign with spaces around it, but no space after a sign that stands first."""
    before = pieces[-1] if pieces else ""
    unary = symbol in "+−" and (not before or (isinstance(before, str) and before[-1] in "(·=, "))
    return symbol if symbol not in _SPACED or unary else f" {symbol} "


def _formula_pieces(formula, text):
    pieces = []
    for words, upright, command, shift, raised, letter in _TOKEN.findall(formula):
        if words or upright:
            pieces.append(words or upright)
        elif command:
            symbol = _simple(command, text)
            pieces.append([symbol, "i"] if command in _GREEK else _spaced(symbol, pieces))
        elif shift:
            inner = re.sub(r"\\([A-Za-z]+)", lambda m: _simple(m[1], text), raised.strip("{}"))
            pieces.append([inner, shift])
        elif letter.isalpha():
            pieces.append([letter, "i"])
        elif letter not in "{} ":
            pieces.append(_spaced({"'": "′", "-": "−", ",": ", "}.get(letter, letter), pieces))
    return pieces


def as_pieces(text, number):
    r"""Return the text as the script draws it: strings, [letters, style], and what `number(name, digits)` returns.

    Examples
    --------
    >>> as_pieces("start $x_0$", None)
    ['start ', ['x', 'i'], ['0', '_']]
    """
    pieces = []
    for i, part in enumerate(_parts(text)):
        position = 0
        for match in _NUMBER.finditer(part):
            before = part[position : match.start()]
            pieces += _formula_pieces(before, text) if i % 2 else [before]
            pieces.append(number(match[1], _digits(match)))
            position = match.end()
        pieces += _formula_pieces(part[position:], text) if i % 2 else [part[position:]]
    joined = []
    for piece in pieces:
        if piece and isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return joined
