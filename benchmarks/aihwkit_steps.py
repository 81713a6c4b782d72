"""memsim's cells beside those of IBM's aihwkit, pulse by pulse: ``python benchmarks/aihwkit_steps.py [PROFILE ...]``.

Both programs start equal cells at equal states, give equal numbers of pulses, and the means and standard deviations of
the states are compared; for devices that are only programmed, programming errors, drift exponents and read noise. What
aihwkit executes is the reference, because the profiles are its presets. The states x run from 0 to 1 over the nominal
window. Nothing is asserted; without aihwkit the script ends with exit code 2.

aihwkit draws the noise of pulses on the CPU from a list of 32,768 normal numbers for each tile, whose mean is off by
about 0.0055. All cells of a tile share that error. The cells are therefore spread over 60 tiles, and all standard
errors come from the scatter of 60 groups. The list is seeded by the clock, so the last digits differ from run to run.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np

import memsim as ms
from memsim.profiles.idealised import idealised

try:
    import aihwkit
    import torch
    from aihwkit.inference.noise import hermes, pcm, reram
    from aihwkit.simulator.configs import SingleRPUConfig, UpdateParameters
    from aihwkit.simulator.configs.devices import ConstantStepDevice
    from aihwkit.simulator.parameters.enums import PulseType
    from aihwkit.simulator.presets import devices as presets
    from aihwkit.simulator.tiles import AnalogTile
except ImportError as error:
    print(f"aihwkit cannot be imported ({error}); benchmarks/README.md says how to install it", file=sys.stderr)
    raise SystemExit(2) from None

STEPS = {
    "hfo2-gong2018": "ReRamESPresetDevice",
    "hfo2-softbounds-gong2018": "ReRamSBPresetDevice",
    "om-reram-gong2022": "ReRamArrayOMPresetDevice",
    "hfo2-array-gong2022": "ReRamArrayHfO2PresetDevice",
    "capacitor-li2018": "CapacitorPresetDevice",
    "li-ecram-tang2018": "EcRamPresetDevice",
    "mo-ecram-kim2019": "EcRamMOPresetDevice",
    "gst-nandakumar2020": "PCMPresetDevice",
    "resistive-gokmen2016": "GokmenVlasovPresetDevice",
}
CORRUPT = {"om-reram-gong2022": 0.135, "hfo2-array-gong2022": 0.098}
"""Measured shares of corrupt cells. aihwkit's presets have them in comments and none by default."""
ONE_SIDED = ("gst-nandakumar2020",)
STARTS, COUNTS = (0.2, 0.5, 0.8), (1, 10, 100)
GROUPS, CELLS = 60, 1000  # tiles of aihwkit, arrays of memsim; cells in each
LONG_CELLS, LONG, LONGER = 300, 6000, {"mo-ecram-kim2019": 15000}
LIMIT = 4.5  # standard errors; there are hundreds of comparisons
TOLERANCE, WIDE = 0.02, 0.03  # of standard deviations; of lognormal arrays and of read noise
ROUNDING, ROUNDED = (
    1e-5,
    1e-4,
)  # of the range: float32; the steps of lognormal arrays, which profiles give in four digits

TIMES = {"25 s": 25.0, "1 h": 3600.0, "1 day": 86400.0, "30 days": 30 * 86400.0}


class Moments(NamedTuple):
    """Mean and standard deviation of values (group, cell), and the standard error of each from the groups."""

    mean: float
    deviation: float
    mean_error: float
    deviation_error: float


class Row(NamedTuple):
    """One comparison: what, aihwkit's moments, memsim's moments."""

    profile: str
    part: str
    what: str
    theirs: Moments
    ours: Moments

    @property
    def mean_difference(self) -> tuple[float, float]:
        """memsim minus aihwkit, in the unit of the values and in standard errors; 0 of these without scatter."""
        difference = self.ours.mean - self.theirs.mean
        return difference, _in_errors(difference, self.ours.mean_error, self.theirs.mean_error)

    @property
    def deviation_difference(self) -> tuple[float, float]:
        """The same of the standard deviations, relative to aihwkit's and in standard errors."""
        difference = self.ours.deviation - self.theirs.deviation
        errors = _in_errors(difference, self.ours.deviation_error, self.theirs.deviation_error)
        if self.theirs.deviation <= ROUNDING:
            return (0.0 if self.ours.deviation <= ROUNDING else math.inf), errors
        return difference / self.theirs.deviation, errors

    @property
    def agrees(self) -> bool:
        """Whether both moments agree within the limits above."""
        difference, errors = self.mean_difference
        relative, deviation_errors = self.deviation_difference
        array = self.profile in CORRUPT
        wide = array or self.part == "read noise"
        same_mean = abs(difference) <= (ROUNDED if array else ROUNDING) * max(1.0, abs(self.theirs.mean))
        if self.scatters:
            same_mean |= abs(errors) <= LIMIT
        same_deviation = abs(relative) <= (WIDE if wide else TOLERANCE)
        if self.scatters:
            same_deviation |= abs(deviation_errors) <= LIMIT
        return same_mean and same_deviation

    @property
    def scatters(self) -> bool:
        """Whether cells differ, so that standard errors mean something."""
        return max(self.theirs.deviation, self.ours.deviation) > ROUNDING


def _in_errors(difference: float, *errors: float) -> float:
    """A difference in standard errors; 0 where these are those of rounding."""
    error = math.hypot(*errors)
    return difference / error if error > 1e-9 else 0.0


def moments(values: np.ndarray) -> Moments:
    """Moments of values (group, cell); values that are not finite are left out."""
    values = np.where(np.isfinite(values), values, np.nan)
    means, deviations = np.nanmean(values, axis=1), np.nanstd(values, axis=1)
    root = math.sqrt(len(values))
    errors = (float(each.std(ddof=1)) / root for each in (means, deviations))
    return Moments(float(np.nanmean(values)), float(np.nanstd(values)), *errors)


# Steps


def preset(profile: str, spread: bool):
    """aihwkit's device for a profile, with its spreads and noise or without any."""
    device = getattr(presets, STEPS[profile])()
    if spread:
        return dataclasses.replace(device, corrupt_devices_prob=CORRUPT.get(profile, 0.0))
    names = {field.name for field in dataclasses.fields(device)}
    gone = {name for name in names if name.endswith("_dtod") or name in ("dw_min_std", "write_noise_std")}
    gone |= names & {"dw_min_std_add", "dw_min_std_slope", "reference_std", "lifetime", "corrupt_devices_prob"}
    # The step of a lognormal preset is the median of the cells, that of the profile is their mean.
    mean = math.exp(device.dw_min_dtod**2 / 2) if device.dw_min_dtod_log_normal else 1.0
    changes = {**dict.fromkeys(gone, 0.0), "dw_min": device.dw_min * mean, "dw_min_dtod_log_normal": False}
    return dataclasses.replace(device, **changes)


class Theirs:
    """Cells of aihwkit, on tiles of one column each."""

    def __init__(self, device, groups: int, cells: int) -> None:
        update = UpdateParameters(
            pulse_type=PulseType.DETERMINISTIC_IMPLICIT,
            desired_bl=1,
            fixed_bl=True,
            update_management=False,
            update_bl_management=False,
        )
        self._device = device
        self._tiles = [AnalogTile(cells, 1, SingleRPUConfig(device=device, update=update)) for _ in range(groups)]
        self._cells = cells
        for tile in self._tiles:
            tile.set_learning_rate(1.0)  # above the granularity: one coincidence for each cell and update

    def start(self, x: float) -> None:
        """Set all weights; each tile clips them to its cells' own bounds."""
        low, high = self._device.w_min, self._device.w_max
        for tile in self._tiles:
            tile.set_weights(torch.full((self._cells, 1), low + x * (high - low)))

    def pulse(self, count: int) -> None:
        """Give pulses, negative ones of reset; positive gradients lower weights."""
        one, signs = torch.ones(1, 1), torch.full((1, self._cells), -float(np.sign(count)))
        for tile in self._tiles:
            for _ in range(abs(count)):
                tile.update(one, signs)

    def seen(self) -> np.ndarray:
        """States as reads see them, (group, cell)."""
        return self._states([tile.get_weights()[0] for tile in self._tiles])

    def hidden(self) -> np.ndarray:
        """States that pulses act on, without write noise."""
        weights = [tile.get_hidden_parameters().get("persistent_weights") for tile in self._tiles]
        return self.seen() if weights[0] is None else self._states(weights)

    def _states(self, weights) -> np.ndarray:
        low, high = self._device.w_min, self._device.w_max
        return (np.stack([part.detach().double().numpy().ravel() for part in weights]) - low) / (high - low)


class Ours:
    """The same cells of memsim."""

    def __init__(self, device, groups: int, cells: int, x: float, seed: int) -> None:
        self._crossbar = ms.Crossbar(device, cells, 1, arrays=groups, initial=(x, x + 1e-9), seed=seed)

    def pulse(self, count: int) -> None:
        """Give pulses, negative ones of reset."""
        if count == 0:
            return
        inputs, targets = np.ones(self._crossbar.shape[1]), np.full(1, float(np.sign(count)))
        self._crossbar.train(ms.Hebbian(rate=1.0), inputs, targets, steps=abs(count), encoding="sign")

    def seen(self) -> np.ndarray:
        """States as reads see them, (group, cell)."""
        return self._crossbar.state.values[:, :, 0].astype(float)


def without_write_noise(device):
    """The device without write noise: its states are those that pulses act on."""
    write = device.spec.variability.write if device.spec.variability else None
    return None if write is None else device.replace({"variability.write": None})


def step_rows(profile: str, spread: bool, seed: int):
    """Comparisons after 1, 10 and 100 pulses from each start in each direction."""
    device = ms.load_device(profile)
    device = device if spread else idealised(device, ("c2c", "d2d")).device
    groups, cells = (GROUPS, CELLS) if spread else (2, 2)
    part = "spread" if spread else "nominal"
    quiet = without_write_noise(device)
    for x in STARTS:
        for direction in (1,) if profile in ONE_SIDED else (1, -1):
            theirs, ours = Theirs(preset(profile, spread), groups, cells), Ours(device, groups, cells, x, seed)
            hidden = Ours(quiet, groups, cells, x, seed) if quiet is not None else None
            theirs.start(x)
            delivered = 0
            for count in COUNTS:
                for side in (theirs, ours, hidden):
                    if side is not None:
                        side.pulse(direction * (count - delivered))
                delivered = count
                what = f"from {x:.1f}, {direction * count:+5d}"
                yield Row(profile, part, what, moments(theirs.seen()), moments(ours.seen()))
                if hidden is not None:
                    yield Row(profile, part, what + ", hidden", moments(theirs.hidden()), moments(hidden.seen()))


def end_rows(profile: str, seed: int):
    """Ends of the window after long trains: up, then down; states that pulses act on."""
    device = ms.load_device(profile)
    device = without_write_noise(device) or device
    theirs, ours = Theirs(preset(profile, True), GROUPS, LONG_CELLS), Ours(device, GROUPS, LONG_CELLS, 0.5, seed)
    theirs.start(0.5)
    count = LONGER.get(profile, LONG)
    for pulses in (count,) if profile in ONE_SIDED else (count, -count):
        theirs.pulse(pulses)
        ours.pulse(pulses)
        yield Row(profile, "ends", f"after {pulses:+6d}", moments(theirs.hidden()), moments(ours.seen()))


# Devices that are only programmed


class Inference(NamedTuple):
    """A model of aihwkit, the conductances [uS] and times at which it is compared, and the time scale of its drift."""

    model: object
    targets: tuple[float, ...]
    times: dict[str, float]
    drift: float | None  # t_0 [s]


INFERENCE = {
    "pcm-joshi2020": lambda: Inference(pcm.PCMLikeNoiseModel(g_max=25.0), (1.0, 5.0, 12.0, 22.0), TIMES, 20.0),
    "pcm-legallo2023": lambda: Inference(hermes.HermesNoiseModel(num_devices=1), (0.5, 1.5, 4.0, 9.0), TIMES, 200.0),
    "hfox-wan2022": lambda: Inference(
        reram.ReRamWan2022NoiseModel(g_max=40.0),
        (2.0, 10.0, 20.0, 38.0),
        {"1 day": 86400.0, "2 days": 2 * 86400.0},
        None,
    ),
    "cmo-hfox-falcone2025": lambda: Inference(
        reram.ReRamCMONoiseModel(acceptance_range=0.2), (20.0, 50.0, 80.0), TIMES, None
    ),
    "cmo-hfox-coarse-falcone2025": lambda: Inference(
        reram.ReRamCMONoiseModel(acceptance_range=2), (20.0, 50.0, 80.0), TIMES, None
    ),
}


def programmed(device, target: float, seed: int):
    """A crossbar of one row whose cells are all programmed to a conductance [uS]."""
    low, high = device.spec.conductance.min, device.spec.conductance.max
    crossbar = ms.Crossbar(device, 1, GROUPS * CELLS, seed=seed)
    return crossbar.program(np.full((1, GROUPS * CELLS), (target * 1e-6 - low) / (high - low)), algorithm="model")


def grouped(values) -> np.ndarray:
    """Values of all cells as (group, cell)."""
    return np.asarray(values, float).reshape(GROUPS, -1)


def conductances(crossbar) -> np.ndarray:
    """Conductances [uS] without read noise."""
    return grouped(crossbar.conductance.values) * 1e6


def inference_rows(profile: str, seed: int):
    """Programming errors, drift exponents, states and read noise; conductances in uS."""
    compared, device = INFERENCE[profile](), ms.load_device(profile)
    model = compared.model
    read_noise = getattr(model, "read_noise_scale", None) is not None
    for target in compared.targets:
        goal = torch.full((GROUPS * CELLS,), target)
        theirs = model.apply_programming_noise_to_conductance(goal.clone())
        exponents = model.generate_drift_coefficients(goal.clone())
        label = f"{target:4.1f} uS"
        ours = programmed(device, target, seed)
        fresh = conductances(ours)
        yield Row(profile, "programmed", label, moments(grouped(theirs)), moments(fresh))
        volts = device.spec.read.voltage
        before, elapsed = fresh, 0.0
        for name, seconds in compared.times.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ours.wait(seconds - elapsed)
            elapsed = seconds
            state = conductances(ours)
            if compared.drift is not None and name == "1 h":
                with np.errstate(divide="ignore", invalid="ignore"):
                    exponent = -np.log(state / before) / math.log1p(seconds / compared.drift)
                yield Row(profile, "drift", f"{label}, nu", moments(grouped(exponents)), moments(exponent))
            silent = theirs
            if read_noise:
                scale, model.read_noise_scale = model.read_noise_scale, 0.0
                generator = torch.random.get_rng_state()
                silent = model.apply_drift_noise_to_conductance(theirs, exponents, seconds)
                torch.random.set_rng_state(generator)
                model.read_noise_scale = scale
            noisy = model.apply_drift_noise_to_conductance(theirs, exponents, seconds)
            there = noisy if not read_noise else silent
            yield Row(profile, "state", f"{label}, {name}", moments(grouped(there)), moments(state))
            if read_noise:
                read = grouped(ours.read([1.0]) / volts) * 1e6
                yield Row(
                    profile, "read noise", f"{label}, {name}", moments(grouped(noisy - silent)), moments(read - state)
                )


# Tables


def one_pulse_line() -> str:
    """How many steps an ideal device of aihwkit makes in one update of each direction."""
    still = {"dw_min_dtod": 0.0, "dw_min_std": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}
    cells = Theirs(ConstantStepDevice(dw_min=0.001, w_max=1.0, w_min=-1.0, **still), 2, 100)
    moved = []
    for direction in (1, -1):
        cells.start(0.5)
        cells.pulse(direction)
        steps = (cells.seen() - 0.5) * 2 / 0.001
        moved.append(f"{steps.min():+.3f} to {steps.max():+.3f}")
    return f"One update moves an ideal device of aihwkit by {moved[0]} steps upwards, {moved[1]} downwards."


def line(row: Row) -> str:
    """A row of the table."""
    theirs, ours = row.theirs, row.ours
    difference, errors = row.mean_difference
    relative, deviation_errors = row.deviation_difference
    return (
        f"{row.part:10s} {row.what:24s} {theirs.mean:9.4f} {theirs.deviation:8.4f} {ours.mean:9.4f} "
        f"{ours.deviation:8.4f} {100 * difference / scale_of(row):+9.4f} {errors:+8.1f} {100 * relative:+8.2f} "
        f"{deviation_errors:+8.1f}  {'agree' if row.agrees else 'DIFFERS'}"
    )


def scale_of(row: Row) -> float:
    """What differences of means are relative to: the range of x, the mean, or of read noise its deviation."""
    if row.profile in STEPS:
        return 1.0
    return abs(row.theirs.deviation if row.part == "read noise" else row.theirs.mean) or 1.0


HEADER = (
    f"{'part':10s} {'what':24s} {'aihwkit':>9s} {'sd':>8s} {'memsim':>9s} {'sd':>8s} {'mean, %':>9s} {'s.e.':>8s} "
    f"{'sd, %':>8s} {'s.e.':>8s}  verdict"
)


def main() -> None:
    known = [*STEPS, *INFERENCE]
    chosen = sys.argv[1:] or known
    if unknown := [name for name in chosen if name not in known]:
        raise SystemExit(f"{', '.join(unknown)}: not compared; possible: {', '.join(known)}")
    torch.manual_seed(1)
    print(f"memsim beside aihwkit {aihwkit.__version__}; {GROUPS * CELLS} cells each.")
    print(one_pulse_line())
    rows: list[Row] = []
    for profile in chosen:
        seed = 1 + known.index(profile)
        source = STEPS.get(profile) or type(INFERENCE[profile]().model).__name__
        print(f"\n{profile} ({source})\n{HEADER}")
        if profile in STEPS:
            parts = (step_rows(profile, False, seed), step_rows(profile, True, seed), end_rows(profile, seed))
        else:
            parts = (inference_rows(profile, seed),)
        for part in parts:
            for row in part:
                rows.append(row)
                print(line(row), flush=True)
    print(f"\n{'profile':30s} {'part':11s} {'agree':>9s} {'largest difference of means':>28s}   of sd")
    for profile, part in dict.fromkeys((row.profile, row.part) for row in rows):
        these = [row for row in rows if (row.profile, row.part) == (profile, part)]
        worst = max(these, key=lambda row: abs(row.mean_difference[0]) / scale_of(row))
        widest = max(abs(row.deviation_difference[0]) for row in these)
        difference, errors = worst.mean_difference
        print(
            f"{profile:30s} {part:11s} {sum(row.agrees for row in these):3d} of {len(these):3d} "
            f"{100 * difference / scale_of(worst):+12.3f} % ({errors:+8.1f} s.e.) {100 * widest:7.2f} %"
        )
    verdicts = Counter(row.agrees for row in rows)
    print(f"\n{verdicts[True]} of {len(rows)} comparisons agree, {verdicts[False]} differ.")


if __name__ == "__main__":
    main()
