"""Matrix products on crossbars: weights programmed by a mapping, and outputs that stand for sums of products."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.checks import check_bounds
from memsim.arrays.containers import like
from memsim.arrays.mapping import Mapping
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, device_of

if TYPE_CHECKING:
    from memsim.arrays.crossbar import Crossbar


def mapped(
    kind: type[Crossbar],
    weights: Any,
    device: DeviceProfile | str,
    mapping: Mapping | str,
    programming: dict[str, Any],
    options: dict[str, Any],
) -> Crossbar:
    """A crossbar programmed with weights, see `Crossbar.from_weights`."""
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
    low, high = check_bounds(options.get("bounds", (0.0, 1.0)), profile)
    if not math.isfinite(high - low):
        raise InputError("bounds: none are given; the weights need two to span")
    plan = (Mapping(mapping) if isinstance(mapping, str) else mapping).fitted(matrix)
    rows, cols = matrix.shape[-2:]
    if matrix.ndim == 3:
        options = {"arrays": len(matrix)} | options
    crossbar = kind(profile, rows, cols * plan.slices, column=plan.column, **options)
    if matrix.ndim == 3 and len(matrix) != crossbar._axes.arrays:
        raise InputError(f"weights: {len(matrix)} matrices do not fit arrays={crossbar._axes.arrays}")
    reference = (low + high) / 2 if plan.kind == "reference" else None
    crossbar.program(low + plan.states(matrix) * (high - low), reference=reference, **programming)
    crossbar.mapping = plan
    return crossbar


def product(crossbar: Crossbar, x: Any) -> Any:
    """Sums of inputs times weights, see `Crossbar.product`."""
    mapping = crossbar.mapping
    if mapping is None:
        raise InputError("@: this crossbar has no mapped weights; Crossbar.from_weights makes one, `output` reads any")
    signal, window = crossbar._inputs(x), crossbar.device.spec.conductance
    backend = crossbar._site.backend
    outputs = backend.numpy(crossbar._output(signal.values))
    sums = mapping.products(outputs, crossbar._ideal(signal.values), crossbar.bounds, window.offset)
    products = crossbar._axes.outer(sums, signal.leading)
    return backend.asarray(products) if isinstance(x, backend.xp.ndarray) else like(x, products, "product", "1")


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    if not np.isfinite(found).all():
        raise InputError(f"{name}: contains NaN or infinity; only finite numbers are allowed")
    return found
