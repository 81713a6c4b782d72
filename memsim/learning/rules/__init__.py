"""Local learning rules, one a file, and their registry."""

from typing import Any

from memsim.errors import InputError
from memsim.learning.rules.competitive import Competitive
from memsim.learning.rules.delta import Delta
from memsim.learning.rules.hebbian import Hebbian
from memsim.learning.rules.manhattan import Manhattan
from memsim.learning.rules.margin_delta import MarginDelta
from memsim.learning.rules.oja import Oja
from memsim.learning.rules.perceptron import Perceptron
from memsim.learning.rules.rule import LocalRule
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
    "RULES",
    "Competitive",
    "Delta",
    "Hebbian",
    "LocalRule",
    "Manhattan",
    "MarginDelta",
    "Oja",
    "Perceptron",
    "rule_of",
]
