"""Local learning rules, and the encodings that turn their wishes into pulses."""

from memsim.learning.encoding import ENCODINGS, MAX_PULSES, MAX_SLOTS, SETTING_OF, Encoding, Settings, unused
from memsim.learning.rules import (
    RULES,
    Competitive,
    Delta,
    Hebbian,
    LocalRule,
    Manhattan,
    MarginDelta,
    Oja,
    Perceptron,
    rule_of,
)

__all__ = [
    "ENCODINGS",
    "MAX_PULSES",
    "MAX_SLOTS",
    "RULES",
    "SETTING_OF",
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
    "rule_of",
    "unused",
]
