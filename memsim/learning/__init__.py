"""Local learning rules, one a file, and the encodings that turn their wishes into pulses."""

from memsim.learning.competitive import Competitive
from memsim.learning.encoding import ENCODINGS, MAX_PULSES, MAX_SLOTS, Encoding, Settings
from memsim.learning.error import Delta, Manhattan, MarginDelta, Perceptron
from memsim.learning.hebbian import Hebbian
from memsim.learning.oja import Oja
from memsim.learning.rule import LocalRule

RULES: dict[str, type] = {rule.name: rule for rule in (Hebbian, Oja, Delta, MarginDelta, Perceptron, Manhattan)}

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
