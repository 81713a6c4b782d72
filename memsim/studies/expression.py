"""Arithmetic that a claims file may ask for: numbers, names, + - * / **, and a few functions; nothing else runs.

The text is parsed, never executed: only the nodes below are accepted, and evaluation walks them itself.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from memsim.errors import InputError, nearest

MAX_LENGTH = 400
MAX_DEPTH = 24
MAX_EXPONENT = 8
MAX_NUMBER = 1e30

_CHARACTERS = re.compile(r"[A-Za-z0-9_ .,()+\-*/]*")


def _rank(first: Any, *others: Any) -> Any:
    return 1 + sum((np.asarray(other) > first).astype(float) for other in others)


_FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "abs": (np.abs, 1, 1),
    "sqrt": (np.sqrt, 1, 1),
    "min": (lambda *values: np.minimum.reduce(np.broadcast_arrays(*values)), 2, 32),
    "max": (lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)), 2, 32),
    "rank": (_rank, 2, 32),
}
"""Name -> function, fewest and most arguments; rank is 1 for the first argument if no other exceeds it."""
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


@dataclass(frozen=True)
class Expression:
    """Checked arithmetic over named numbers.

    Attributes
    ----------
    text : str
        What was written.
    names : frozenset of str
        The names it needs.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Expression:
        """The expression that a text stands for.

        Raises
        ------
        InputError
            The text is too long or too deep, or asks for anything but arithmetic.
        """
        if len(text) > MAX_LENGTH:
            raise InputError(f"an expression of {len(text)} characters; allowed: at most {MAX_LENGTH}")
        wrong = text[_CHARACTERS.match(text).end() :][:1]  # type: ignore[union-attr]
        if wrong:
            raise InputError(f"{_short(text)}: character {wrong!r} is not allowed in an expression")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(f"{_short(text)}: not an arithmetic expression such as 100 * (a / b - 1)") from None
        names: set[str] = set()
        try:
            _check(tree, names, 0)
        except InputError as error:
            raise InputError(f"{_short(text)}: {error}") from None
        return cls(text, frozenset(names), tree)

    def evaluate(self, values: Mapping[str, Any]) -> np.ndarray:
        """Value of the expression, elementwise where names stand for arrays; division by 0 gives inf or NaN."""
        with np.errstate(all="ignore"):
            return np.asarray(_value(self._tree, values), float)


def _check(node: ast.expr, names: set[str], depth: int) -> None:
    """Refuse every node that is not arithmetic, and collect the names."""
    if depth > MAX_DEPTH:
        raise InputError(f"nested deeper than {MAX_DEPTH} levels")
    inner: list[ast.expr] = []
    if isinstance(node, ast.Constant):
        _number(node)
    elif isinstance(node, ast.Name):
        if node.id in _FUNCTIONS:
            raise InputError(f"'{node.id}' is a function; write {node.id}(...)")
        names.add(node.id)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = [node.operand]
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        inner = [node.left, node.right]
        if isinstance(node.op, ast.Pow) and not _small(node.right):
            raise InputError(f"an exponent must be a number from -{MAX_EXPONENT} to {MAX_EXPONENT}")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        inner = _arguments(node, node.func.id)
    else:
        raise InputError("only numbers, names, + - * / ** ( ) and functions are allowed")
    for part in inner:
        _check(part, names, depth + 1)


def _arguments(node: ast.Call, name: str) -> list[ast.expr]:
    if name not in _FUNCTIONS:
        raise InputError(f"unknown function '{name}'{nearest(name, _FUNCTIONS)}")
    _, fewest, most = _FUNCTIONS[name]
    plain = not node.keywords and not any(isinstance(part, ast.Starred) for part in node.args)
    if not plain or not fewest <= len(node.args) <= most:
        wanted = "1 argument" if most == 1 else f"{fewest} to {most} arguments"
        raise InputError(f"{name}() takes {wanted}")
    return node.args


def _number(node: ast.Constant) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("only plain numbers are allowed")
    # Compared before it is converted: a whole number may be too large for a float.
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise InputError(f"a number is larger than {MAX_NUMBER:g}")
    return float(value)


def _small(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and abs(_number(node)) <= MAX_EXPONENT


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return np.float64(_number(node))
    if isinstance(node, ast.Name):
        return np.asarray(values[node.id], float)
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, values)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id][0](*(_value(part, values) for part in node.args))
    raise AssertionError(node)  # _check lets no other node through


def _short(text: str) -> str:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return repr(shown)
