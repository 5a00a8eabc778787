"""A figure as an anywidget: the same script, with every slider a synced trait."""

import math

import anywidget
import traitlets

from mathnn.live.engine import LIVE_CSS, LIVE_JS, call

__all__ = ["RESERVED", "make_widget"]

RESERVED = frozenset(dir(anywidget.AnyWidget)) | {"spec"}


class _Steps(traitlets.Float):
    """A number that takes the nearest value of its slider, as in the page."""

    def __init__(self, param):
        super().__init__(float(param["value"]), min=param["min"], max=param["max"])
        self.param = param

    def validate(self, obj, value):
        number = super().validate(obj, value)
        if math.isnan(number):
            self.error(obj, value)
        return float(call("snap", self.param, number))


def _trait(param):
    if "options" in param:
        return traitlets.Enum(param["options"], param["value"])
    if "shape" in param:
        return traitlets.List(traitlets.Float(), param["value"])
    return _Steps(param)


def make_widget(spec, text):
    """Return a new widget that draws `spec`; `text` is its repr."""
    traits = {param["id"]: _trait(param).tag(sync=True) for param in spec["params"]}
    members = {"_esm": LIVE_JS, "_css": LIVE_CSS, "spec": traitlets.Dict().tag(sync=True),
               "__module__": __name__, "__repr__": lambda self: text, **traits}
    return type("LiveFigure", (anywidget.AnyWidget,), members)(spec=spec)
