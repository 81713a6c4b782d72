"""Computes the experiments of the task `regress`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.metrics.intervals import seed_interval
from memsim.philox import Stream, TargetDraw, key
from memsim.profiles import DeviceProfile
from memsim.schemes.arrays import LayerArrays, check_scheme
from memsim.schemes.layer import COUNTED
from memsim.schemes.regression import regression_kernel
from memsim.tasks.compared import Entry, refused
from memsim.tasks.job import Computed, Job, spec_of
from memsim.tasks.regress.schema import RegressSpec
from memsim.tasks.regress.variables import VARIABLES

PARTS = 100
"""Parts of the training, for each of which an error is stored."""
_LAST = 0.1
"""Share of the training over which the final error is taken."""
_CHUNKS = 20
"""Calls in which the training is done, so that its progress shows."""
_ENDS = ("conductance.min", "conductance.max")
_SATURATED = 0.5
"""Share of saturated trains from which on a note is given."""


def regress(job: Job) -> Computed:
    """Variables of a result on the dimensions learner, repeat and vector."""
    spec = spec_of(job.experiment, RegressSpec)
    results = [_learned(entry, job) for entry in job.entries]
    variables = {name: np.stack([result[name] for result in results]) for name in results[0]}
    for variable in [v for v in VARIABLES.values() if v.summary]:
        mean, low, high = seed_interval(variables[variable.name], axis=1, bounds=variable.bounds)
        variables[f"{variable.name}_mean"] = mean
        variables[f"{variable.name}_interval"] = np.stack([low, high], axis=-1)
    coordinates: dict[str, Any] = {
        "repeat": np.arange(spec.repeats),
        "interval": ["low", "high"],
        "vector": _ends_of_parts(spec.vectors),
        "matrix_row": np.arange(spec.matrix.rows),
        "matrix_column": np.arange(spec.matrix.columns),
    }
    return Computed(variables, coordinates, _notes(job.entries, variables["saturated_trains_mean"]))


def checked(entry: Entry) -> None:
    """Refuse a learner whose device does not suit its scheme."""
    assert entry.device is not None
    try:
        check_scheme(entry.spec.learning.made, entry.device, _fast_device(entry))
    except InputError as error:
        raise refused(entry.experiment, entry.spec, "array.device", str(error)) from None


def _fast_device(entry: Entry) -> DeviceProfile:
    """The device of the cells that collect gradients: that of the weights, whose windows spread."""
    device, spread = entry.device, entry.spec.fast.end_spread
    assert device is not None
    if spread == 0.0:
        return device
    ends = {f"variability.d2d.{end}": {"sigma": f"{100 * spread:.6g} %", "relative_to": "range"} for end in _ENDS}
    return device.replace(ends)


def _ends_of_parts(vectors: int) -> np.ndarray:
    """Vectors up to the end of each part of the training."""
    parts = min(PARTS, vectors)
    return np.array([-(-vectors * (part + 1) // parts) for part in range(parts)])


def _learned(entry: Entry, job: Job) -> dict[str, np.ndarray]:
    """All repeats of one learner."""
    spec, settings = spec_of(entry.experiment, RegressSpec), entry.spec
    assert entry.device is not None
    scheme, matrix = settings.learning.made, spec.matrix
    shape = (spec.repeats, matrix.columns, matrix.rows)
    arrays = LayerArrays(
        scheme,
        entry.device,
        _fast_device(entry),
        shape,
        seed=entry.seed,
        reference=settings.fast.reference,
        scale=settings.array.scale,
    )
    z = fill("normal", shape, seed=entry.seed, stream=Stream.TARGET, step=TargetDraw.TARGETS)[:, :, : matrix.rows]
    target = np.ascontiguousarray(np.clip(matrix.sigma * z, -matrix.largest, matrix.largest), np.float32)
    rates, ends = _rates(spec), _ends_of_parts(spec.vectors)
    parts = np.searchsorted(ends, np.arange(spec.vectors), side="right")
    squares = np.zeros((spec.repeats, len(ends)))
    kernel, words = regression_kernel(scheme.name, arrays.specs[0], arrays.specs[-1]), key(entry.seed)
    for chunk in range(_CHUNKS):
        begin, end = (spec.vectors * turn // _CHUNKS for turn in (chunk, chunk + 1))
        at = slice(begin, end)
        kernel(arrays.layer, target, rates[at], parts[at], squares, arrays.first + begin, *words)
        if job.progress is not None:
            job.progress(entry.label, 100 * (chunk + 1) // _CHUNKS, 100)
    return _variables(arrays, target, squares, spec)


def _rates(spec: RegressSpec) -> np.ndarray:
    """Learning rate of each vector."""
    place = np.arange(spec.vectors) / spec.vectors
    starts = np.array([start for start, _ in spec.rates])
    return np.array([rate for _, rate in spec.rates])[np.searchsorted(starts, place, side="right") - 1]


def _variables(
    arrays: LayerArrays, target: np.ndarray, squares: np.ndarray, spec: RegressSpec
) -> dict[str, np.ndarray]:
    """Variables of one learner, without its dimension."""
    ends, layer = _ends_of_parts(spec.vectors), arrays.layer
    cells = spec.matrix.rows * spec.matrix.columns
    sizes = np.diff(ends, prepend=0)
    last = ends > (1 - _LAST) * spec.vectors
    counted = dict(zip(COUNTED, layer.counts.T, strict=True))
    unknown = np.full((spec.matrix.rows, spec.matrix.columns), np.nan)

    def weights_of(states: np.ndarray) -> np.ndarray:
        return layer.scale * (states[0, :, : spec.matrix.rows].T - layer.zero)

    has_fast, referred = arrays.scheme.fast, arrays.scheme.referred
    return {
        "matrix_error": np.sqrt(squares / (sizes * cells)),
        "final_matrix_error": np.sqrt(squares[:, last].sum(1) / (sizes[last].sum() * cells)),
        "saturated_trains": counted["saturated"] / np.maximum(counted["trains"], 1),
        "weight_pulses": (counted["weights_set"] + counted["weights_reset"]) / cells,
        "fast_pulses": (counted["fast_set"] + counted["fast_reset"]) / cells
        if has_fast
        else np.full(spec.repeats, np.nan),
        "target_weight": target[0].T.astype(float),
        "learned_weight": arrays.weights[0].astype(float),
        "symmetry_point": weights_of(arrays.points) if has_fast else unknown,
        "reference_value": weights_of(layer.reference) if referred else unknown,
    }


def _notes(entries: Sequence[Entry], saturated: np.ndarray) -> list[str]:
    """Learners whose trains saturate often."""
    return [
        f"'{entry.label}': {100 * share:.0f} % of its trains saturate; a lower rate or more slots would not lose pulses"
        for entry, share in zip(entries, saturated, strict=True)
        if share > _SATURATED
    ]
