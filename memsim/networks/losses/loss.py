"""What every loss offers: the value of a sample, and its gradient by the outputs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.errors import InputError
from memsim.networks.losses.batch import Batch, batch_of


@dataclass(frozen=True)
class Loss(ABC):
    """A loss; its settings are the fields of its dataclass.

    A field's annotation says which range documents may use, and under which key if not under its own name.

    Attributes
    ----------
    name : str
        The name used in experiments (``training.loss``).
    least : float
        Lower bound of its values.
    """

    name: ClassVar[str]
    least: ClassVar[float] = 0.0

    def value(self, outputs: Any, targets: Any) -> Any:
        """Loss of every sample, shape (...,), in the dtype of the outputs.

        Parameters
        ----------
        outputs : array (..., class)
            Float32 or float64 array of NumPy, CuPy or another library of the array API standard.
        targets : array (class,) to (..., class)
            Probabilities or one-hot, broadcast over the leading axes of the outputs.

        Raises
        ------
        InputError
            If the outputs are no such array or have fewer than two classes, or the shapes do not fit.
        """
        return self._value(batch_of(outputs, targets))

    def slope(self, outputs: Any, targets: Any) -> Any:
        """Gradient of every sample's loss by its outputs, shape (..., class); see `value`."""
        return self._slope(batch_of(outputs, targets))

    @abstractmethod
    def _value(self, batch: Batch) -> Any: ...

    @abstractmethod
    def _slope(self, batch: Batch) -> Any: ...


def check(name: str, value: float, inside: bool, allowed: str) -> None:
    """Refuse a setting that is not finite, or not `inside` its range.

    Raises
    ------
    InputError
        With the name of the setting, its value and what is allowed.
    """
    if not (inside and math.isfinite(value)):
        raise InputError(f"{name}: {value!r} is not {allowed}")
