"""Where the random numbers of some cells lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from memsim.backends import Backend
from memsim.philox import NO_SCOPE, REFERENCE_COLUMN, Scope, Stream, padded, scoped


@dataclass(frozen=True)
class Site:
    """Bit lines, or a reference column, of an ensemble of arrays in a scope under a seed."""

    backend: Backend
    seed: int
    first_array: int = 0
    reference: bool = False
    scope: Scope = NO_SCOPE

    @property
    def key(self) -> int:
        """The key of the random numbers of the cells, where a seed is asked for."""
        return scoped(self.seed, self.scope)

    @property
    def address(self) -> dict[str, Any]:
        """Key, first array and first column, in the streams that bit lines and reference columns share."""
        column = REFERENCE_COLUMN if self.reference else 0
        return {"seed": self.key, "first_array": self.first_array, "first_column": column}

    def draw(self, kind: str, shape: tuple[int, ...], stream: Stream, step: int = 0, first_column: int = 0) -> Any:
        """Addressed numbers (array, column, padded row), float32, uniform in (0, 1] or N(0, 1)."""
        arrays, columns, rows = shape
        address = self.address | {"first_column": self.address["first_column"] + first_column}
        return self.backend.fill(kind, (arrays, columns, padded(rows)), stream=stream, step=step, **address)
