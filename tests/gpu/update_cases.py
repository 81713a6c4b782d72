"""Updates by every model, encoding and noise, for the table of `kernel_cases`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from device_texts import device_text
from twins import F32, F64, KEY, Case

from memsim.kernels import update
from memsim.kernels.cell import Beside, Charges, UpdateSpec
from memsim.kernels.cuda import update as cuda_update
from memsim.learning import Encoding, Hebbian, Oja, Settings
from memsim.learning.encoding import coincidences, silent
from memsim.noise.cycle import cycle_to_cycle
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

# Model, encoding, noise, parameters that vary from cell to cell, and further fields of the specification; `told` are
# other numbers of the model.
SPECS: list[tuple[str, str, Any, tuple[str, ...], dict[str, Any]]] = [
    ("constant", "exact", None, (), {}),
    ("constant", "sign", ("step",), (), {}),
    ("constant", "stochastic", ("range",), (), {"change": coincidences, "idle": silent, "marked": True}),
    ("neurosim", "counted", ("range",), (), {"charged": True, "alike": True}),
    ("neurosim", "counted", ("range",), ("decay_reset",), {"told": "pulses: 100, nonlinearity: {set: -2.4, reset: 4}"}),
    ("neurosim", "counted", ("range",), ("high", "decay_set"), {"faulty": True}),
    ("linear", "counted", ("step",), ("start_set",), {"change": Oja.change}),
    ("linear", "counted", ("own-step",), ("decay_reset",), {"own_step": True, "tallied": True, "charged": True}),
    ("soft-bounds", "exact", None, (), {"counted": True, "charged": True}),
    ("exponential", "counted", ("step",), ("gamma_set",), {}),
    ("exponential", "counted", ("step", "uniform"), (), {"even": True, "one_sided": True}),
    # Two parameters vary from pulse to pulse: slots in the random addresses, and distributions.
    ("power", "counted", None, (), {"shaken": (((7, 0), "normal"), ((197, (1 << 40) + 3), "lognormal"))}),
    ("power-law", "counted", ("range",), ("limit",), {"marked": True, "counted": True}),
    ("table", "counted", None, ("scale",), {}),
    ("binary", "counted", None, ("rate_set",), {}),
    ("pcm", "counted", ("step",), (), {}),
    ("vteam", "counted", None, ("threshold_on",), {}),
    ("yakopcic", "counted", None, (), {}),
    ("ion-drift", "counted", ("range",), (), {}),
]


def update_cases() -> Iterator[Case]:
    """Two steps of two samples, some of them idle; one model in float64 too."""
    for model, name, noise, varying, more in SPECS:
        for real in (F32, F64) if model == "soft-bounds" else (F32,):
            yield _case(model, Encoding(name), noise and cycle_to_cycle(*noise), varying, more, real)


def _places(dtype: Any, number: int) -> Any:
    """Places for each block of threads, in which it counts."""
    return lambda given: np.zeros((*cuda_update.count_shape(given[0])[:-1], number), dtype)


def _case(
    model: str, encoding: Encoding, noise: Any, varying: tuple[str, ...], more: dict[str, Any], real: Any
) -> Case:
    more = dict(more)
    device = device_from_text(device_text(model, update=more.pop("told", None)))
    cell, p = nominal_cell(device.spec)
    p = p._replace(c2c=0.03)
    rule = {"change": Hebbian.change, "idle": Hebbian.idle} | more
    spec = UpdateSpec(
        cell,
        encode=encoding.function,
        draws=encoding.draws,
        single=encoding.single,
        noise=cell.noise or noise,
        confined=True,
        varying=varying,
        **rule,
    )

    def arguments() -> tuple:
        rng = np.random.default_rng(0)
        shape, samples = (1, 3, 128), 2
        trained = shape[0], samples, shape[2]
        if encoding.name == "stochastic":  # trains of 31 slots with a sign
            x = rng.integers(0, 1 << 32, trained, dtype=np.uint32)
            t = rng.integers(0, 1 << 32, (shape[0], samples, shape[1]), dtype=np.uint32)
        else:
            x = (rng.random(trained) * 0.4).astype(real)
            t = rng.choice([-1, 0, 1], (shape[0], samples, shape[1])).astype(real)
        cells = [rng.uniform(0.9, 1, shape) * getattr(p, field) for field in varying] or [np.empty((1, 1, 1))]
        common = cell.parameters(*(tuple(map(real, v)) if isinstance(v, tuple) else real(v) for v in p))
        shifts = tuple((real(0.2), *(real(0.05 * v) for v in p)) for _ in spec.shaken)
        spans = min(device.span, 128), min(device.reset_span, 128)
        settings = Settings(*map(real, (*spans, 20, 0.01, 0, 0.9, -0.1)), shifts)
        state = (rng.random(shape) * 0.9).astype(real)
        counts = np.zeros(update.count_shape(state), np.int64)
        each = np.stack(cells)[: len(varying)].astype(real)
        marks = np.zeros(shape if spec.marked else (1, 1, 1), np.uint8)
        cell_counts = np.full((*shape, 2) if spec.counted else (1, 1, 1, 1), 5, np.int64)
        tally = np.zeros((4, *shape) if spec.tallied else (1, 1, 1, 1))
        written = (counts, marks, cell_counts, tally)
        fall = 3e-12 if spec.alike else 2e-12
        charges = Charges(real(3e-12), real(fall), real(0.1))
        sizes = ((2, 128), (3, 2), (2, 2))
        sums = (rng.random((shape[0], tiles, size)).astype(real) for tiles, size in sizes)
        places = np.array([0, 1, 1]), np.repeat([0, 1], 64)  # tiles of lines and of rows
        beside = Beside(*sums, *places, rng.random(shape).astype(real))
        joules = np.zeros((*counts.shape[:-1], 3) if spec.charged else (1, 1, 1, 1))
        energy = (charges, *beside, joules)
        return state, x, t, real(0.2), 2, 5, 3, 7, settings, common, each, *written, *energy, *KEY

    written = [12] * spec.marked + [13] * spec.counted
    outputs = {0: 1e-5 if real is F32 else 1e-13, 11: 0} | dict.fromkeys(written, 0)
    outputs |= dict.fromkeys([14] * spec.tallied + [22] * spec.charged, 1e-5)
    kind = [model, encoding.name, *["noisy"] * (noise is not None), *varying, *more]
    return Case(
        f"update {'-'.join(kind)} {np.dtype(real)}",
        update.update_kernel(spec),
        cuda_update.update_kernel(spec),
        arguments,
        outputs,
        double=real is F64 or spec.tallied or spec.charged,
        draws=spec.chance is not None or spec.draws or bool(spec.shaken),
        own={11: _places(np.int64, 2)} | ({22: _places(float, 3)} if spec.charged else {}),
        common=dict.fromkeys((11, 22), lambda sums: sums.sum(axis=tuple(range(2, sums.ndim - 1)))),
    )
