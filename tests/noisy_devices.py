"""Devices with every kind of randomness, and what becomes of arrays of them: what tests of reproducibility share."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, NamedTuple

import numpy as np
from device_texts import MODELS, device_text
from waiting import let_pass

from memsim import ADC, DAC, Crossbar, Hebbian, Wires
from memsim.profiles import DeviceProfile, device_from_text, load_device
from memsim.profiles.schema import SPREADING

OWN_NOISE = ("table", "binary")
# Sigma [%] and the section that it stands in.
NOISES = {
    "normal": (3.0, "c2c: {sigma: SIGMA %, relative_to: range}"),
    "lognormal": (30.0, "c2c: {sigma: SIGMA %, relative_to: step, distribution: lognormal}"),
    "uniform": (30.0, "c2c: {sigma: SIGMA %, relative_to: step, distribution: uniform, floor: 1 %}"),
    "shaken": (20.0, "per_pulse: {update.step: {sigma: SIGMA %, relative_to: value}}"),
}
ENCODINGS = ("counted", "exact", "sign", "stochastic")
SPREAD = (
    "d2d: {conductance.min: {sigma: 5 %, relative_to: value}, conductance.max: {sigma: 5 %, relative_to: value}, "
    "OWN: {sigma: 5 %, relative_to: value, distribution: lognormal}}"
)


class Case(NamedTuple):
    """Cells of a model, the noise of their pulses, whether they differ and some are stuck, and the encoding."""

    model: str
    noise: str
    spread: bool
    encoding: str


def _cases() -> dict[str, Case]:
    """Every model with counted pulses and another encoding, in turn, and every kind of noise with cells that differ."""
    found = {}
    others = itertools.cycle(ENCODINGS[1:])
    for model, encoding in ((model, one) for model in MODELS for one in (ENCODINGS[0], next(others))):
        if (model, encoding) != ("binary", "exact"):  # two states take whole pulses
            noise = "own" if model in OWN_NOISE else "normal"
            found[f"{model}-{encoding}"] = Case(model, noise, False, encoding)
    for noise, encoding in zip(NOISES, ("stochastic", "exact", "sign", "counted"), strict=True):
        found[f"{noise}-{encoding}-spread"] = Case("soft-bounds", noise, True, encoding)
    return found


CASES = _cases()


def noisy(model: str, noise: str, spread: bool, times: float = 1.0) -> DeviceProfile:
    """A device with noisy pulses, of sigma `times` the usual; with a spread, cells differ and some are stuck."""
    sections = []
    if noise in NOISES:
        sigma, section = NOISES[noise]
        sections.append(section.replace("SIGMA", str(sigma * times)))
    if spread:
        sections.append(SPREAD.replace("OWN", _number(model)))
    more = "variability: {" + ", ".join(sections) + "}\n" if sections else ""
    return device_from_text(device_text(model, more + "faults: {stuck_on: 2 %, stuck_off: 3 %}\n" * spread))


def _number(model: str) -> str:
    """A number of the update that may spread over cells."""
    spec = device_from_text(device_text(model)).spec
    return next(path for path in SPREADING if path.startswith("update.") and spec.base(path))


ROWS, COLUMNS, SAMPLES, ARRAYS, STEPS = 150, 3, 2, 4, 3


def inputs(arrays: int = ARRAYS, first: int = 0, samples: int = SAMPLES) -> np.ndarray:
    """Inputs (array, sample, row) that belong to the number of an array."""
    return np.random.default_rng(0).random((16, samples, ROWS)).astype(np.float32)[first : first + arrays]


def trained(
    case: str, arrays: int = ARRAYS, first: int = 0, steps: tuple[int, ...] = (STEPS,), **options: Any
) -> Crossbar:
    """Arrays of a case that have learned, in some calls."""
    model, noise, spread, encoding = CASES[case]
    crossbar = Crossbar(
        noisy(model, noise, spread), ROWS, COLUMNS, arrays=arrays, first_array=first, seed=(3 << 40) + 5, **options
    )
    for count in steps:
        crossbar.train(
            Hebbian(0.1), inputs(arrays, first), [[1, -1, 0.5], [0.5, 1, -0.3]], steps=count, encoding=encoding
        )
    return crossbar


def bits(crossbar: Crossbar, arrays: int = ARRAYS, first: int = 0) -> dict[str, np.ndarray]:
    """What became of an array: states, pulses, noisy reads and their expectation; arrays come first."""
    x = inputs(arrays, first)
    pulses = crossbar.pulses
    found = {"weights": crossbar.state.values, "set": pulses.set, "reset": pulses.reset}
    return found | {"expected": crossbar.output(x, noise=False), "read": crossbar.read(x), "again": crossbar.read(x)}


QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
_SPREAD = {"sigma": "30 %", "relative_to": "value"}
_WHITE = {"sigma": "3 %", "relative_to": "value"}
_TELEGRAPH = {"amplitude": "20 %", "relative_to": "value", "empty": "3 us", "filled": "1 us"}
_FLICKER = {
    "sigma": "3 %",
    "relative_to": "value",
    "exponent": 0.5,
    "limit": "9 %",
    "fastest": "1 us",
    "slowest": "1 s",
}
_CURVED = {
    "sigma": "100 %",
    "relative_to": "scale",
    "curve": {
        "slope": "0.02",
        "offset": "0.01",
        "min": "0",
        "max": "0.1",
        "scale": "2 uS",
        "above": {"start": "2", "c0": "0.04", "c2": "-0.001"},
    },
    "fastest": "1 us",
}
_LINE = {"slope": "-0.0155", "offset": "0.0244", "min": "0.049", "max": "0.1"}
_ERRORS = {"gain": 0.02, "offset": 0.4, "dnl": 0.2, "inl": 0.5}
_POLYNOMIAL = {"c0": "0.2635 uS", "c1": "1.9650 uS", "c2": "-1.1731 uS"}


def _programmed(law: dict[str, Any]) -> dict[str, Any]:
    return {"update": None, "programming": law}


# What happens besides pulses -> (changes of the quiet device, options of the array).
SURROUNDINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "white noise": ({"read.noise": _WHITE}, {}),
    "white noise of the window": ({"read.noise": {**_WHITE, "relative_to": "range"}}, {"dtype": "float64"}),
    "white noise that differs": ({"read.noise": _WHITE, "variability.d2d": {"read.noise.sigma": _SPREAD}}, {}),
    "telegraph": ({"read.telegraph": _TELEGRAPH, "variability.d2d": {"read.telegraph.amplitude": _SPREAD}}, {}),
    "flicker": ({"read.flicker": _FLICKER, "variability.d2d": {"read.flicker.sigma": _SPREAD}}, {"column": "pair"}),
    "growing flicker": (
        {
            "read.flicker": {**_FLICKER, "slowest": "1e8 s", "onset": "programming", "reference_time": "2 s"},
            "retention": {"model": "drift", "exponent": 0.05, "spread": 0.02, "reference_time": "2 s"},
        },
        {"column": "reference"},
    ),
    "growing flicker of a curve": (
        {"read.flicker": {**_CURVED, "slowest": "1e8 s", "onset": "programming"}},
        {"dtype": "float64"},
    ),
    "write noise": ({"variability.write": {"sigma": "2 %", "relative_to": "range"}}, {}),
    "drift": ({"retention": {"model": "drift", "exponent": 0.05, "spread": 0.02, "reference_time": "20 s"}}, {}),
    "state-drift": (
        {
            "retention": {
                "model": "state-drift",
                "exponent": _LINE,
                "spread": {**_LINE, "min": "0.01"},
                "reference_time": "20 s",
            }
        },
        {"column": "reference"},
    ),
    "leak": (
        {
            "retention": {"model": "leak", "lifetime": "10 s", "rest": "50 %"},
            "variability.d2d": {"retention.lifetime": _SPREAD},
        },
        {},
    ),
    "relaxation": (
        {"retention": {"model": "relaxation", "shift": "-0.1 uS", "spread": "0.4 uS", "reference_time": "1 s"}},
        {"column": "pair"},
    ),
    "polynomial error": (_programmed({"model": "polynomial", "coefficients": _POLYNOMIAL, "scale": "25 uS"}), {}),
    "saturating error": (_programmed({"model": "saturating", "sigma": "19.9 nA", "scale": "176 nA"}), {}),
    "bipolar converters": ({"read.noise": _WHITE}, {"dac": DAC(6, **_ERRORS), "adc": ADC(12, 80.0, **_ERRORS)}),
    "phases, pairs, tiles": (
        {"read.noise": _WHITE},
        {"dac": DAC(5, polarity="phases"), "adc": ADC(9, 20.0, **_ERRORS), "column": "pair", "tile": (70, 4)},
    ),
    "offset, reference": (
        {"read.noise": _WHITE},
        {"dac": DAC(5, polarity="offset"), "adc": ADC(13, 200.0), "column": "reference"},
    ),
    "wires": ({"read.noise": _WHITE}, {"wires": Wires(2.0, 1.5, driver_resistance=50.0), "tile": (75, 3)}),
}


def surrounded(name: str, arrays: int = ARRAYS, first: int = 0, waits: tuple[float, ...] = (30.0, 5.0)) -> Crossbar:
    """Arrays that were programmed or trained, aged, and trained again, with some surroundings."""
    changes, options = SURROUNDINGS[name]
    device = QUIET.replace(changes)
    options = {"initial": (0.2, 0.8), "seed": 11, **options}
    crossbar = Crossbar(device, ROWS, COLUMNS, arrays=arrays, first_array=first, **options)
    told = inputs(arrays, first), [[1, -1, 0.5], [0.5, 1, -0.3]]
    crossbar.train(Hebbian(0.1), *told, steps=2)
    if crossbar.planned:
        crossbar.program()
    for wait in waits:
        let_pass(crossbar, wait)
    if device.spec.update is not None:
        let_pass(crossbar.train(Hebbian(-0.05), *told, steps=1), 1.0)
    return crossbar


def digest() -> str:
    """Hash of what becomes of one case of every model and of all surroundings."""
    total = hashlib.sha256()
    made = [trained(case) for case in CASES if CASES[case].encoding == "counted"] + [
        surrounded(name) for name in SURROUNDINGS
    ]
    for crossbar in made:
        for values in bits(crossbar).values():
            total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()
