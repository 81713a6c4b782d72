"""Local learning rules, one a file, and the encodings that turn their wishes into pulses."""

from memsim.learning.competitive import Competitive
from memsim.learning.delta import Delta
from memsim.learning.encoding import ENCODINGS, MAX_PULSES, MAX_SLOTS, Encoding, Settings
from memsim.learning.hebbian import Hebbian
from memsim.learning.manhattan import Manhattan
from memsim.learning.margin_delta import MarginDelta
from memsim.learning.oja import Oja
from memsim.learning.perceptron import Perceptron
from memsim.learning.rule import LocalRule
from memsim.registry import Registry

RULES: Registry[LocalRule] = Registry("rule", (Hebbian, Oja, Delta, MarginDelta, Perceptron, Manhattan))
"""Rules by the name that experiments give them (``learning.rule``)."""

__all__ = [
    "ENCODINGS",
    "MAX_PULSES",
    "MAX_SLOTS",
    "RULES",
    "Competitive",
    "Delta",
    "Encoding",
    "Hebbian",
    "LocalRule",
    "Manhattan",
    "MarginDelta",
    "Oja",
    "Perceptron",
    "Settings",
]
