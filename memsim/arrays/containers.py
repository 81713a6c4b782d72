"""Outputs as arrays of the type of their inputs: of NumPy, xarray, pandas or torch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from memsim.errors import InputError


def like(inputs: Any, outputs: np.ndarray, name: str, units: str) -> Any:
    """Outputs (..., col) in the type of the inputs (..., row); of NumPy for lists and all other types.

    Parameters
    ----------
    inputs : array_like
        A DataArray gives a DataArray with its dimensions and coordinates, but ``col`` in place of ``row`` or of the
        last dimension, and ``array`` as the first one where all arrays of a stack have the same inputs. A DataFrame or
        Series gives one for one matrix. A torch tensor gives a tensor of its device, and of its type if that is
        floating.
    outputs : ndarray
        The numbers.
    name, units : str
        Of a DataArray, with units "1" for numbers without a dimension.

    Raises
    ------
    InputError
        If a DataArray would have two dimensions of one name.
    """
    library = type(inputs).__module__.partition(".")[0]
    if library == "xarray" and hasattr(inputs, "coords"):
        return _labelled(inputs, outputs, name, units)
    if library == "pandas" and hasattr(inputs, "index") and outputs.ndim == inputs.ndim:
        indexed = outputs.ndim == 2
        return inputs._constructor(outputs, **{"index": inputs.index} if indexed else {"name": name})
    if library == "torch":
        torch = sys.modules["torch"]
        kind = inputs.dtype if inputs.dtype.is_floating_point else None
        return torch.as_tensor(np.ascontiguousarray(outputs), dtype=kind, device=inputs.device)
    return outputs


def _labelled(inputs: Any, outputs: np.ndarray, name: str, units: str) -> Any:
    rows = "row" if "row" in inputs.dims else inputs.dims[-1]
    leading = [dim for dim in inputs.dims if dim != rows]
    added = ["array"] if outputs.ndim > len(inputs.dims) else []
    for dim in (*added, "col"):
        if dim in leading:
            raise InputError(f"x: the outputs would have two dimensions '{dim}'; rename that of x")
    dims = (*added, *leading, "col")
    sizes = dict(zip(dims, outputs.shape, strict=True))
    coords = {
        key: coordinate
        for key, coordinate in inputs.coords.items()
        if all(sizes.get(dim) == size for dim, size in coordinate.sizes.items())
    }
    return type(inputs)(outputs, coords, dims, name, {"units": units})
