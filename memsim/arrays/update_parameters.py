"""The parameters of the update of cells, and how cells that are stuck or were measured change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.arrays.cell_numbers import CellNumbers
from memsim.arrays.faults import INSIDE, OFF, ON
from memsim.arrays.place import Place
from memsim.arrays.wear import Worn, worn_ends
from memsim.cells.steps import OFFSET
from memsim.philox import Stream
from memsim.profiles.nominal import cell_values, plain

_ENDS = ("low", "high")


class UpdateParameters(CellNumbers):
    """Parameters of the conductance-update model of all cells; without an update model, of ideal steps.

    Parameters
    ----------
    place : Place
        All cells.
    dtype : numpy.dtype
        Precision of the parameters that differ.
    stuck : (array, line, padded row) of int8, optional
        How cells are stuck, see `memsim.arrays.faults`: their window shrinks to a point.
    measured : (array, line, padded row), optional
        Normalised states at which cells were measured, see `memsim.profiles.nominal.cell_values`. That of a stuck cell
        is the point of its window.
    worn : Worn, optional
        What wear does to cells that are not stuck already.

    Attributes
    ----------
    model : CellModel
        The conductance-update model.
    nominal : NamedTuple
        The parameters that all cells have in common, as kernels take them; of the others, a placeholder.
    """

    def __init__(
        self,
        place: Place,
        dtype: Any,
        *,
        stuck: np.ndarray | None = None,
        measured: np.ndarray | None = None,
        worn: Worn | None = None,
    ) -> None:
        self._stuck, self._measured, self._origin = stuck, measured, (place.site.first_array, place.first_line)
        self._worn = worn
        super().__init__(place, self._parameters, dtype)
        placeholders = {"low": 0.0, "high": 1.0}
        fields: tuple[str, ...] = self.model.parameters._fields  # type: ignore[attr-defined]
        self.nominal: Any = self.model.parameters(
            *(self.common[name] if name in self.common else placeholders.get(name, 0.0) for name in fields)
        )

    def _parameters(self, place: Place) -> dict[str, Any]:
        """Parameters of some cells by name, in the order of the model's fields."""
        first_array, first_line = place.site.first_array - self._origin[0], place.first_line - self._origin[1]
        at = (slice(first_array, first_array + place.shape[0]), slice(first_line, first_line + place.shape[1]))
        measured = None if self._measured is None else self._measured[at]
        states = None if measured is None else measured.astype(float)
        self.model, values = cell_values(place.spec, place.parameter, states)
        fresh = dict(values)
        if self._worn is not None:
            values |= worn_ends(place.spec, fresh, self._worn.cycles[at])
            if self._worn.stuck is not None:
                values |= _stuck_ends(place, self._worn.stuck[at], None, fresh)
        if self._stuck is not None:
            stuck = self._stuck[at]
            ends = _stuck_ends(place, stuck, measured, fresh)
            values |= (
                {end: np.where(stuck != 0, ends[end], values[end]) for end in _ENDS} if self._worn is not None else ends
            )
        fields: tuple[str, ...] = self.model.parameters._fields  # type: ignore[attr-defined]
        return {name: values[name] if np.ndim(values[name]) == 3 else plain(values[name]) for name in fields}


def _stuck_ends(
    place: Place, stuck: np.ndarray, measured: np.ndarray | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The ends of the windows of some cells, where those of stuck cells are points.

    The error of a reference is subtracted from a cell that is stuck inside its window as well.
    """
    low, high = (values[name] for name in _ENDS)
    if measured is not None:
        return {name: np.where(stuck != 0, measured, values[name]) for name in _ENDS}
    ends = {"low": np.where(stuck == ON, high, low), "high": np.where(stuck == OFF, low, high)}
    inside = place.spec.faults.stuck_at if place.spec.faults else None
    if inside is not None and (stuck == INSIDE).any():
        state = inside.state + inside.half_width * (2 * place.uniform(Stream.STUCK) - 1) - values.get(OFFSET, 0.0)
        state = np.clip(state, low, high)
        ends = {name: np.where(stuck == INSIDE, state, end) for name, end in ends.items()}
    return ends
