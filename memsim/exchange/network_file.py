"""The network in a file of some format, before the shape of its samples is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from memsim.errors import InputError, MemsimError
from memsim.exchange.graph import Graph
from memsim.exchange.operators import Shape


@dataclass(frozen=True, eq=False)
class NetworkFile:
    """The network in a file.

    Attributes
    ----------
    path : Path
        The file.
    sha256 : str
        Hash of its bytes.
    sample : tuple of (int or None)
        Shape of a sample; None for a size that the file leaves open.
    """

    path: Path
    sha256: str
    sample: tuple[int | None, ...]
    _make: Callable[[Shape], Graph]
    _made: dict[Shape, Graph] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, path: Path, content: bytes, sample: tuple[int | None, ...], make: Callable[[Shape], Graph]
    ) -> NetworkFile:
        """The network in a file with these bytes, whose graph for a shape of samples is made when it is needed."""
        return cls(path, hashlib.sha256(content).hexdigest(), sample, make)

    def graph(self, shape: Shape) -> Graph:
        """The network for samples of a shape.

        Raises
        ------
        InputError
            If it takes samples of another shape, or cannot be computed.
        """
        fits = len(shape) == len(self.sample) and all(
            size in (None, declared) for declared, size in zip(shape, self.sample, strict=True)
        )
        if not fits:
            taken = ", ".join("any" if size is None else str(size) for size in self.sample)
            raise InputError(f"{self.path}: the network takes samples of shape [{taken}], not {list(shape)}")
        if shape not in self._made:
            try:
                self._made[shape] = self._make(shape)
            except MemsimError as error:
                raise InputError(f"{self.path}: {error}") from None
        return self._made[shape]
