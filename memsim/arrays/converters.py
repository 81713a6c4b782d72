"""Converters at the edge of an array: inputs to voltages or pulse widths (DAC), currents to numbers (ADC).

The rounding itself is in `memsim.kernels.convert`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.checks import choice, whole
from memsim.arrays.site import Site
from memsim.errors import InputError
from memsim.kernels.convert import IDEAL, Errors
from memsim.philox import ConverterError, Stream, converter_word

POLARITIES = ("unsigned", "bipolar", "phases", "offset")
CODINGS = ("voltage", "width", "serial")
RANGES = ("max", "rms")
MAX_BITS = 16
MAX_SHARE = 65_536
_MOST = 1 << 27
"""Transitions of all converters together, four bytes each."""
_DAC = ConverterError.DAC_GAIN, ConverterError.DAC_OFFSET, ConverterError.DAC_CODES
_ADC = ConverterError.ADC_GAIN, ConverterError.ADC_OFFSET, ConverterError.ADC_CODES


@dataclass(frozen=True)
class DAC:
    """How inputs reach the word lines.

    Attributes
    ----------
    bits : int or None
        Resolution, 1 to 16; None for any value.
    range : float
        Largest input, in units of the read voltage (of a pulse width: the read duration); beyond it inputs saturate.
    polarity : {"unsigned", "bipolar", "phases", "offset"}
        How inputs of both signs are applied: not at all, those below 0 being cut off (codes 0 to 2^bits - 1); as
        voltages of both signs, which need two bits (codes up to 2^(bits - 1) - 1 either way); in two phases, one for
        each sign, whose outputs are subtracted (codes up to 2^bits - 1 in each); or shifted by `range`, so that none is
        negative, and corrected by what the array gives for the shift alone, without noise (bits as for bipolar).
    coding : {"voltage", "width", "serial"}
        By the level of the voltage; by the width of a pulse of the read voltage, which cells that are not ohmic answer
        linearly; or bit by bit, by pulses of the read voltage whose charges are weighted and added before the one
        conversion, as in NeuRRAM (Wan et al., Nature 608, 504 (2022)). Outputs of the last two are the same.
    gain, offset : float
        Spread over the converters of the gain, relative to 1, and of the offset, in codes; standard deviations.
    dnl, inl : float
        Differential non-linearity, standard deviation of the difference between two neighbouring levels, in codes;
        integral one, of a bow that is 0 at both ends and that much in the middle, in codes (shape assumed).
    """

    bits: int | None = 8
    range: float = 1.0
    polarity: str = "bipolar"
    coding: str = "voltage"
    gain: float = 0.0
    offset: float = 0.0
    dnl: float = 0.0
    inl: float = 0.0

    def __post_init__(self) -> None:
        choice("dac.polarity", self.polarity, POLARITIES)
        choice("dac.coding", self.coding, CODINGS)
        _check("dac", self)
        if _number("dac.range", self.range) <= 0:
            raise InputError(f"dac.range: {self.range!r} is an empty range; allowed: above 0")
        if self.coding == "serial" and self.bits is None:
            raise InputError("dac.bits: serial inputs have a number of bits; allowed: 1 to 16, or another coding")
        if self.bits is not None and self._signed and self.bits < 2:
            raise InputError(
                f"dac.bits: {self.bits} has no code for either sign with polarity '{self.polarity}'; allowed: 2 to "
                f"{MAX_BITS}, or polarity 'unsigned' or 'phases'"
            )

    @property
    def _signed(self) -> bool:
        return self.polarity in ("bipolar", "offset")

    @property
    def codes(self) -> tuple[int, int]:
        """Smallest and largest code; the sign of a phase is not part of it."""
        return _codes(self.bits or MAX_BITS, self._signed)

    @property
    def unit(self) -> float:
        """Size of a code, in units of the read voltage."""
        return self.range / self.codes[1]


@dataclass(frozen=True)
class ADC:
    """How the currents of outputs become numbers; with pairs and a reference column, their differences.

    Attributes
    ----------
    bits : int
        Resolution, 1 to 16 (2 to 16 for signed outputs).
    range : float or {"max", "rms"}
        Largest output, in units of V_read (G_max - G_min); or set by `Crossbar.calibrate` from the outputs for some
        inputs: to a percentile of their sizes, or to 2^`above_rms` times their root mean square.
    percentile : float
        For "max": 100 is the largest output.
    above_rms : float
        For "rms": bits of the range above the root mean square.
    signed : bool or None
        Whether outputs have both signs; None: wherever they can (pairs, a reference column, inputs of both signs).
    noise : float
        Noise of the read-out electronics (amplifier and sampling), which is added to the current of an output before it
        is rounded: standard deviation, the same for all outputs, tiles and currents, in units of V_read (G_max - G_min)
        as a number for `range` is; times `Crossbar.full_scale` it is in amperes. Gaussian, and independent from read to
        read and from output to output.
    gain, offset, dnl, inl : float
        As for `DAC`, with transitions between codes in place of levels; each output of each tile has a converter.
    share : int
        Outputs of a tile that share one converter, which converts them one after the other. It changes latency and
        area, see `Crossbar.cost`; errors are drawn for each output all the same.

    Notes
    -----
    `noise` is the output noise sigma_out of aihwkit (`IOParameters.out_noise`; Rasch et al., AICAS 2021,
    arXiv:2104.02184), for weights and inputs up to 1. Its default is 0.06 with a range of 12; Rasch et al.
    (arXiv:2302.08469) take 0.04 with a range of 10.
    """

    bits: int = 8
    range: float | str = "max"
    percentile: float = 100.0
    above_rms: float = 2.0
    signed: bool | None = None
    noise: float = 0.0
    gain: float = 0.0
    offset: float = 0.0
    dnl: float = 0.0
    inl: float = 0.0
    share: int = 1

    def __post_init__(self) -> None:
        _check("adc", self)
        if isinstance(self.range, str):
            choice("adc.range", self.range, RANGES)
        elif _number("adc.range", self.range) <= 0:
            raise InputError(f"adc.range: {self.range!r} is an empty range; allowed: above 0, or {' or '.join(RANGES)}")
        if not 0 < _number("adc.percentile", self.percentile) <= 100:
            raise InputError(f"adc.percentile: {self.percentile!r} is not allowed; above 0 and up to 100")
        if not -MAX_BITS <= _number("adc.above_rms", self.above_rms) <= MAX_BITS:
            raise InputError(f"adc.above_rms: {self.above_rms!r} is not allowed; -{MAX_BITS} to {MAX_BITS} bits")
        if _number("adc.noise", self.noise) < 0:
            raise InputError(f"adc.noise: {self.noise:g} is negative; it is a standard deviation, at least 0")
        if whole("adc.share", self.share, 1) > MAX_SHARE:
            raise InputError(f"adc.share: {self.share} is not allowed; 1 to {MAX_SHARE}")
        if not (self.signed is None or isinstance(self.signed, bool)):
            raise InputError(f"adc.signed: {self.signed!r} is not true, false or None")


def signed_outputs(column: str, dac: DAC | None, adc: ADC) -> bool:
    """Whether the codes of ADCs have both signs, see `ADC`; `column` is how an output is read, see `Crossbar`."""
    bipolar = dac is None or dac.polarity == "bipolar"
    return (column != "single" or bipolar) if adc.signed is None else adc.signed


class InputConverter:
    """The DACs of an ensemble: one for each word line of each array."""

    def __init__(self, dac: DAC, site: Site, arrays: int, rows: int) -> None:
        self.dac, self._site, self._rows = dac, site, rows
        low, high = dac.codes
        self.errors = IDEAL
        if dac.bits is not None:
            self.errors = _errors(dac, site, arrays, rows, high - low + 1, _DAC, 0)

    @property
    def alike(self) -> bool:
        """Whether every input becomes one level by the same rule on all lines, and 0 stays 0."""
        return not any(self.errors.present) and self.dac.polarity in ("unsigned", "bipolar")

    def levels(self, signal: np.ndarray) -> np.ndarray:
        """What reaches the word lines, (array or 1, read, row), in units of the read voltage.

        Two phases are two reads, for the first sample, then for the second, and so on; an offset is added.
        """
        dac = self.dac
        if dac.polarity == "phases":
            arrays, samples, rows = signal.shape
            both = np.stack([np.maximum(signal, 0), np.maximum(-signal, 0)], axis=2)
            signal = both.reshape(arrays, 2 * samples, rows)
        if dac.bits is None:
            low = -dac.range if dac._signed else 0.0
            levels = np.clip(signal, low, dac.range).astype(signal.dtype, copy=False)
        else:
            rows = signal.shape[2] if self.alike else self._rows
            levels = self._site.backend.to_levels(signal, rows, dac.unit, dac.codes, self.errors)
        if dac.polarity == "offset":
            levels = levels.copy()
            levels[:, :, : self._rows] += levels.dtype.type(dac.range)
        return levels

    def ideal(self, signal: np.ndarray) -> np.ndarray:
        """The inputs that the codes stand for, (array or 1, sample, row): what digital arithmetic knows of them."""
        dac = self.dac
        low = -dac.range if dac.polarity != "unsigned" else 0.0
        inputs = np.clip(signal, low, dac.range)
        return inputs if dac.bits is None else np.rint(inputs / dac.unit) * dac.unit


class OutputConverter:
    """The ADCs of an ensemble: one for each output of each row tile of each array.

    Attributes
    ----------
    range : (array,) or None
        Largest output; None before a calibration.
    """

    def __init__(self, adc: ADC, site: Site, shape: tuple[int, int], tiles: int, signed: bool) -> None:
        self.adc, self._site = adc, site
        if signed and adc.bits < 2:
            raise InputError(f"adc.bits: {adc.bits} has no code for either sign of an output; allowed: 2 to {MAX_BITS}")
        self.codes = _codes(adc.bits, signed)
        arrays, outputs = shape
        if tiles * arrays * outputs * (self.codes[1] - self.codes[0]) > _MOST and (adc.dnl or adc.inl):
            raise InputError(
                f"adc.bits: the {tiles * arrays * outputs} converters of all tiles have more than {_MOST} transitions "
                f"of {adc.bits} bits; allowed: fewer bits, or dnl and inl of 0"
            )
        transitions = self.codes[1] - self.codes[0]
        self.errors = [_errors(adc, site, arrays, outputs, transitions, _ADC, tile) for tile in range(tiles)]
        self.range = None if isinstance(adc.range, str) else np.full(arrays, float(adc.range))

    def calibrate(self, parts: Sequence[np.ndarray]) -> None:
        """Set the range of each array from outputs (array, sample, output) of all row tiles.

        Raises
        ------
        InputError
            If the range is fixed, or an array gives no output.
        """
        adc = self.adc
        if not isinstance(adc.range, str):
            raise InputError(f"adc.range: {adc.range:g} is fixed; 'max' and 'rms' are calibrated")
        sizes = np.abs(np.stack([self._site.backend.numpy(part) for part in parts], axis=1), dtype=float).reshape(
            len(parts[0]), -1
        )
        if adc.range == "rms":
            largest = 2**adc.above_rms * np.sqrt(np.mean(np.square(sizes), axis=1))
        else:
            largest = np.percentile(sizes, adc.percentile, axis=1)
        if not (largest > 0).all():
            raise InputError(
                f"x: array {int(np.argmin(largest > 0))} gives no output for these inputs; the range would be empty"
            )
        self.range = largest

    def beyond(self, current: np.ndarray) -> np.ndarray:
        """Where currents (array, sample, output) exceed the range, which the converters cut off; of NumPy."""
        low, high = (code / self.codes[1] * self._calibrated()[:, None, None] for code in self.codes)
        current = self._site.backend.numpy(current)
        return (current < low) | (current > high)

    def convert(
        self,
        current: np.ndarray,
        variance: np.ndarray | None,
        total: np.ndarray,
        tile: int,
        *,
        noise: bool,
        **address: Any,
    ) -> None:
        """Add to `total` (array, sample, output) what the converters of a row tile make of currents and their noise.

        With `noise`, that of the electronics is added to `current` in place.

        Raises
        ------
        InputError
            If the range is not calibrated yet.
        """
        unit = self._calibrated() / self.codes[1]
        if noise and self.adc.noise:
            same = self._site.backend.xp.full((*current.shape[:2], 1), self.adc.noise**2, current.dtype)
            self._site.backend.add_noise(current, same, **address, stream=Stream.READOUT)
        self._site.backend.to_codes(current, variance, total, unit, self.codes, self.errors[tile], **address)

    def _calibrated(self) -> np.ndarray:
        if self.range is None:
            raise InputError(
                f"adc.range: '{self.adc.range}' is set by calibrate(x), with typical inputs x, before the first read; "
                "or give a number"
            )
        return self.range


def _codes(bits: int, signed: bool) -> tuple[int, int]:
    most = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1
    return (-most if signed else 0), most


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise InputError(f"{name}: {value!r} is not a finite number")
    return float(value)


def _check(name: str, converter: DAC | ADC) -> None:
    bits = converter.bits
    known = isinstance(bits, int | np.integer) and not isinstance(bits, bool) and 1 <= bits <= MAX_BITS
    if not known and (bits is not None or isinstance(converter, ADC)):
        raise InputError(f"{name}.bits: {bits!r} is not allowed; a whole number from 1 to {MAX_BITS}")
    for field in ("gain", "offset", "dnl", "inl"):
        value = _number(f"{name}.{field}", getattr(converter, field))
        if value < 0 and field != "inl":
            raise InputError(f"{name}.{field}: {value:g} is negative; it is a standard deviation, at least 0")
        if value and bits is None:
            raise InputError(f"{name}.{field}: a converter without `bits` has no errors; give bits, or leave it out")


def _errors(
    converter: DAC | ADC,
    site: Site,
    arrays: int,
    converters: int,
    count: int,
    kinds: tuple[ConverterError, ConverterError, ConverterError],
    tile: int,
) -> Errors:
    """Errors of the converters of a row tile.

    `count` is the number of levels or transitions; `kinds` are the addresses of the errors of gain, offset and codes.
    """
    site = dataclasses.replace(site, reference=False)

    def draw(kind: ConverterError, shape: tuple[int, int, int]) -> np.ndarray:
        offsets = site.draw("normal", shape, Stream.CONVERTER, converter_word(kind, tile))
        return site.backend.numpy(offsets)[:, :, : shape[2]].astype(float)

    gain = offset = bow = None
    if converter.gain or converter.offset:
        shape = (arrays, 1, converters)
        gain = 1 + converter.gain * draw(kinds[0], shape)[:, 0]
        offset = converter.offset * draw(kinds[1], shape)[:, 0]
    if (converter.dnl or converter.inl) and count > 1:
        way = np.linspace(-1, 1, count)
        bow = np.broadcast_to(converter.inl * (1 - np.square(way)), (arrays, converters, count))
        if converter.dnl:
            # Widths of codes are independent but for the ends, which gain and offset fix; none is negative.
            widths = np.maximum(converter.dnl * draw(kinds[2], (arrays, converters, count - 1)), -1.0)
            walk = np.concatenate([np.zeros((arrays, converters, 1)), np.cumsum(widths, axis=2)], axis=2)
            bow = bow + walk - walk[:, :, -1:] * np.linspace(0, 1, count)
        codes = np.arange(count)
        bow = np.maximum.accumulate(codes + bow, axis=2) - codes
    return Errors(*(None if part is None else site.backend.asarray(part) for part in (gain, offset, bow)))
