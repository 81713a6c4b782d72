"""Local learning rules, one a file, and the encodings that turn their wishes into pulses."""

from typing import Any

from memsim.errors import InputError
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


def rule_of(rule: LocalRule | str, settings: dict[str, Any]) -> LocalRule:
    """The rule itself, or that of a name with these settings.

    Raises
    ------
    InputError
        If there is no such rule or setting, a value is not allowed, or a rule that is no name comes with settings.
    """
    if isinstance(rule, str):
        return RULES.make(rule, **settings)
    for name in settings:
        raise InputError(f"{name}: allowed with the name of a rule only, such as train('hebbian', ..., rate=0.1)")
    return rule


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
    "rule_of",
]
