"""Cells that are changed by pulses, as Rasch et al. define and aihwkit 1.2 executes them, one pulse after another.

w is the normalised weight of the source; x = (w - w_min)/(w_max - w_min) is the state in the nominal window.

Sources: Rasch et al., arXiv:2104.02184, and the presets of IBM aihwkit 1.2 (MIT licence) for the devices of Gong et
al., Nat. Commun. 9, 2102 (2018); Gong, Rasch et al., IEDM (2022); Li et al., VLSI (2018); Tang et al., IEDM (2018); Kim
et al., IEDM (2019); Nandakumar et al., Front. Neurosci. 14, 406 (2020); Gokmen & Vlasov, Front. Neurosci. 10, 333
(2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

SET, RESET = 1, -1


@dataclass(frozen=True)
class Exponential:
    """y = 1 - A_d exp(d gamma z), z = 2 a w/(b_max - b_min) + b."""

    a: float
    b: float
    gamma: float
    amplitude_set: float
    amplitude_reset: float


@dataclass(frozen=True)
class Device:
    """Parameters in the units of the source: steps and ends in w, spreads relative, noise in steps."""

    rule: str  # constant, linear, soft-bounds or exponential
    dw_min: float
    w_min: float = -1.0
    w_max: float = 1.0
    up_down: float = 0.0
    step_spread: float = 0.0
    lognormal: bool = False
    up_down_spread: float = 0.0
    w_min_spread: float = 0.0
    w_max_spread: float = 0.0
    slope_set: float = 0.0
    slope_reset: float = 0.0
    slope_spread: float = 0.0
    nominal_slope: bool = False  # the slope refers to the nominal ends, not to the cell's own
    noise: float = 0.0
    additive: bool = False  # noise does not follow the size of the step at the present state
    noise_floor: float = 0.0
    noise_slope: float = 0.0
    write_noise: float = 0.0
    corrupt: float = 0.0
    corrupt_range: float = 0.01
    symmetry_error: float | None = None  # spread of the subtracted symmetry point; none is subtracted if None
    exponential: Exponential | None = None
    one_sided: bool = False

    @property
    def width(self) -> float:
        """Width of the nominal window in w."""
        return self.w_max - self.w_min

    def without_spread(self) -> Device:
        """All cells alike, with the mean step of the population, and none corrupt; noise of pulses and writes stays."""
        spreads = ("step_spread", "up_down_spread", "w_min_spread", "w_max_spread", "slope_spread", "corrupt")
        symmetry = None if self.symmetry_error is None else 0.0
        mean = math.exp(self.step_spread**2 / 2) if self.lognormal else 1.0
        alike = {**dict.fromkeys(spreads, 0.0), "lognormal": False, "symmetry_error": symmetry}
        return replace(self, dw_min=mean * self.dw_min, write_noise=self.write_noise / mean, **alike)


DEVICES = {
    "hfo2-gong2018": Device(
        "exponential",
        dw_min=0.00135,
        up_down=0.259359,
        step_spread=0.2,
        up_down_spread=0.05,
        w_min_spread=0.3,
        w_max_spread=0.3,
        noise=5.0,
        write_noise=75.0,
        exponential=Exponential(a=-0.5, b=-0.5, gamma=5.0, amplitude_set=-1.18445, amplitude_reset=-0.081404),
    ),
    "hfo2-softbounds-gong2018": Device(
        "soft-bounds",
        dw_min=0.002,
        w_min=-0.75,
        w_max=1.25,
        step_spread=0.3,
        up_down_spread=0.01,
        w_min_spread=0.4,
        w_max_spread=0.24,
        noise=3.75,
        additive=True,
        write_noise=56.0,
    ),
    "om-reram-gong2022": Device(
        "soft-bounds",
        dw_min=0.0949,
        step_spread=0.783,
        lognormal=True,
        up_down_spread=0.01,
        w_min_spread=0.57,
        w_max_spread=0.35,
        noise=0.416,
        additive=True,
        write_noise=1.41,
        corrupt=0.135,
        symmetry_error=0.05,
    ),
    "hfo2-array-gong2022": Device(
        "soft-bounds",
        dw_min=0.4622,
        step_spread=0.7125,
        lognormal=True,
        up_down_spread=0.01,
        w_min_spread=0.60,
        w_max_spread=0.43,
        noise=0.217,
        additive=True,
        write_noise=0.584,
        corrupt=0.098,
        symmetry_error=0.05,
    ),
    "capacitor-li2018": Device(
        "linear",
        dw_min=0.005,
        step_spread=0.1,
        up_down_spread=0.06,
        w_min_spread=0.07,
        w_max_spread=0.07,
        slope_set=0.05,
        slope_reset=0.05,
        slope_spread=0.01,
        nominal_slope=True,
        noise=0.3,
        additive=True,
    ),
    "li-ecram-tang2018": Device(
        "linear",
        dw_min=0.002,
        w_min=-0.8276,
        w_max=1.1724,
        step_spread=0.1,
        up_down_spread=0.01,
        w_min_spread=0.05,
        w_max_spread=0.05,
        slope_set=0.1153,
        slope_reset=0.5085,
        slope_spread=0.05,
        nominal_slope=True,
        noise=0.3,
    ),
    "mo-ecram-kim2019": Device(
        "linear",
        dw_min=2.8214e-4,
        w_min=-0.8286,
        w_max=1.1714,
        step_spread=0.1,
        up_down_spread=0.01,
        w_min_spread=0.05,
        w_max_spread=0.05,
        slope_set=0.4152,
        slope_reset=0.7342,
        slope_spread=0.05,
        nominal_slope=True,
        noise=2.0,
    ),
    "gst-nandakumar2020": Device(
        "exponential",
        dw_min=0.01,
        w_min=0.0,
        w_max=2.0,
        step_spread=0.2,
        up_down_spread=0.05,
        w_max_spread=0.1,
        noise=0.6,
        noise_floor=0.042,
        noise_slope=0.108,
        exponential=Exponential(a=-1.0, b=0.0, gamma=2.5, amplitude_set=-27.235, amplitude_reset=-2.235),
        one_sided=True,
    ),
    "resistive-gokmen2016": Device(
        "constant",
        dw_min=0.0016,
        step_spread=0.3,
        up_down_spread=0.01,
        w_min_spread=0.3,
        w_max_spread=0.3,
        noise=0.3,
    ),
}
"""Parameters of the nine presets, by the name of memsim's profile."""


class Population:
    """Independent cells of a device.

    Parameters
    ----------
    device : Device
        Parameters.
    cells : int
        Number of cells.
    rng : numpy.random.Generator
        Source of all random numbers.
    mirrored : bool
        Whether ends of a window on the far side of w = 0 are mirrored after crossed ends are swapped, as aihwkit does
        (it takes absolute values); only for devices whose nominal window has w = 0 inside.

    Notes
    -----
    gain = 1 + spread xi, or exp(spread xi), whose median is 1; r = up_down_spread xi; the step of a set pulse is dw_min
    |gain + min(up_down, 0) + r| and that of a reset pulse dw_min |gain - max(up_down, 0) - r|. Corrupt cells stay at
    one state within `corrupt_range` of w = 0.
    """

    def __init__(self, device: Device, cells: int, rng: np.random.Generator, *, mirrored: bool = True) -> None:
        self.device = d = device
        self.rng = rng

        def normal() -> np.ndarray:
            return rng.standard_normal(cells)

        high = d.w_max * (1 + d.w_max_spread * normal())
        low = d.w_min * (1 + d.w_min_spread * normal())
        low, high = np.minimum(low, high), np.maximum(low, high)
        if mirrored and d.w_min < 0 < d.w_max:
            low, high = -np.abs(low), np.abs(high)
        gain = np.exp(d.step_spread * normal()) if d.lognormal else 1 + d.step_spread * normal()
        r = d.up_down_spread * normal()
        set_step = d.dw_min * np.abs(gain + min(d.up_down, 0.0) + r)
        reset_step = d.dw_min * np.abs(gain - max(d.up_down, 0.0) - r)
        slope_set = np.abs(d.slope_set + d.slope_spread * normal())
        slope_reset = np.abs(d.slope_reset + d.slope_spread * normal())

        corrupt = rng.random(cells) < d.corrupt
        stuck = np.maximum(low, -d.corrupt_range)
        stuck = stuck + (np.minimum(high, d.corrupt_range) - stuck) * rng.random(cells)

        reference = np.zeros(cells)
        if d.symmetry_error is not None:
            reference = d.symmetry_error * normal()
            inside = ~corrupt & (low < 0) & (high > 0)
            # scale_up (1 - w/b_max) = scale_down (1 - w/b_min)
            with np.errstate(divide="ignore", invalid="ignore"):
                point = (set_step - reset_step) / (set_step / high - reset_step / low)
            reference += np.where(inside, point, 0.0)
        low, high = np.where(corrupt, stuck, low), np.where(corrupt, stuck, high)

        self.low, self.high, self.reference, self.corrupt = low, high, reference, corrupt
        self.step = {SET: np.where(corrupt, 0.0, set_step), RESET: np.where(corrupt, 0.0, reset_step)}
        self.rate = {
            SET: self._rate(SET, slope_set, high, d.w_max),
            RESET: self._rate(RESET, slope_reset, low, d.w_min),
        }
        self.w = np.clip(np.zeros(cells), low, high)

    def _rate(self, direction: int, slope: np.ndarray, own: np.ndarray, nominal: float) -> np.ndarray:
        """What w is multiplied by in the step: gamma_up = -|gamma|/b_max, gamma_down = -|gamma|/b_min."""
        d = self.device
        if d.rule == "soft-bounds":
            slope, end = np.ones_like(own), own
        else:
            end = np.full_like(own, nominal) if d.nominal_slope else own
        right_side = direction * end > 0  # beyond w = 0 a step has no slope
        return np.where(right_side, -slope / np.where(right_side, end, 1.0), 0.0)

    def start(self, x: float) -> Population:
        """Bring every cell to a state x, or to the nearer end of its window.

        As in the source, x is what is left after the cell's reference is subtracted; the window is that of the cell.
        """
        w = self.device.w_min + x * self.device.width
        self.w = np.clip(w + self.reference, self.low, self.high)
        return self

    def pulse(self, direction: int, pulses: int = 1) -> Population:
        """Give every cell some pulses, one after another."""
        d, single = self.device, np.float32
        low, high, step, rate = (
            values.astype(single) for values in (self.low, self.high, self.step[direction], self.rate[direction])
        )
        span = np.where(self.corrupt, 1.0, self.high - self.low).astype(single)
        w, xi = self.w.astype(single), np.empty(self.low.shape, single)
        noise = single(d.noise)
        for _ in range(pulses):
            if d.rule == "exponential":
                assert d.exponential is not None
                e = d.exponential
                amplitude = single(e.amplitude_set if direction == SET else e.amplitude_reset)
                z = single(2 * e.a) * w / span + single(e.b)
                y = np.maximum(1 - amplitude * np.exp(single(direction * e.gamma) * z), 0)
                size = step * y
            elif d.rule == "constant":
                size = step
            else:
                size = step * (1 + rate * w)
            self.rng.standard_normal(dtype=single, out=xi)
            if d.additive:
                change = direction * size + noise * step * xi
            elif d.noise_floor or d.noise_slope:
                sigma = noise * (np.abs(size) + single(d.noise_floor) + single(d.noise_slope) * np.abs(w))
                change = direction * size + sigma * xi
            else:
                change = direction * size * (1 + noise * xi)
            w = np.clip(w + change, low, high)
        self.w = w.astype(float)
        return self

    def hidden(self) -> np.ndarray:
        """State x that pulses act on, after subtraction of the reference."""
        return (self.w - self.reference - self.device.w_min) / self.device.width

    def seen(self) -> np.ndarray:
        """State x as reads see it: `hidden` with write noise, new in every call."""
        sigma = self.device.write_noise * self.device.dw_min / self.device.width
        return self.hidden() + sigma * self.rng.standard_normal(self.w.shape)
