"""Matrix products on crossbars: weights programmed by a mapping, and outputs that stand for sums of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.checks import spanned_bounds
from memsim.arrays.construction import array_state
from memsim.arrays.containers import like
from memsim.arrays.mapping import Mapping
from memsim.arrays.outputs import known_inputs, outputs
from memsim.arrays.programming.program import program
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, device_of
from memsim.real_arrays import check_real


def mapped_array(
    weights: Any,
    device: DeviceProfile | str,
    mapping: Mapping | str,
    programming: dict[str, Any],
    options: dict[str, Any],
) -> ArrayState:
    """Arrays programmed with weights, see `Crossbar.from_weights`."""
    profile = device_of(device)
    matrix = _numbers("weights", weights)
    if matrix.ndim not in (2, 3) or not matrix.size:
        raise InputError(f"weights: shape {matrix.shape} is no matrix; allowed: (row, col) or (array, row, col)")
    for name, why in (
        ("column", "the mapping sets it"),
        ("rows", "the weights set it"),
        ("cols", "the weights set it"),
    ):
        if name in options:
            raise InputError(f"{name}: not allowed here; {why}")
    low, high = spanned_bounds(options.get("bounds", (0.0, 1.0)), profile)
    plan = (Mapping(mapping) if isinstance(mapping, str) else mapping).fitted(matrix)
    rows, cols = matrix.shape[-2:]
    if matrix.ndim == 3:
        options = {"arrays": len(matrix)} | options
        if options["arrays"] != len(matrix):
            raise InputError(f"weights: {len(matrix)} matrices do not fit arrays={options['arrays']}")
    array = array_state(profile, rows, cols * plan.slices, column=plan.column, **options)
    reference = (low + high) / 2 if plan.kind == "reference" else None
    program(array, low + plan.states(matrix) * (high - low), reference=reference, **programming)
    array.mapping = plan
    return array


def product(array: ArrayState, x: Any) -> Any:
    """Sums of inputs times weights, see `Crossbar.product`."""
    mapping = array.mapping
    if mapping is None:
        raise InputError("@: this crossbar has no mapped weights; Crossbar.from_weights makes one, `output` reads any")
    signal, backend = array.inputs(x), array.site.backend
    read, offset = backend.numpy(outputs(array, signal.values)), array.device.spec.conductance.offset
    sums = mapping.products(read, known_inputs(array, signal.values), array.bounds, offset)
    products = array.axes.outer(sums, signal.leading)
    return backend.asarray(products) if isinstance(x, backend.xp.ndarray) else like(x, products, "product", "1")


def _numbers(name: str, values: Any) -> np.ndarray:
    check_real(name, values)
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    if not np.isfinite(numbers).all():
        raise InputError(f"{name}: contains NaN or infinity; only finite numbers are allowed")
    return numbers
