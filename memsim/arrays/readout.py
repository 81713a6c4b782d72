"""From inputs to outputs: converters at both ends of the cells, tiles, and how columns make an output."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import cell_currents
from memsim.arrays.bank import Banks
from memsim.arrays.converters import ADC, DAC, InputConverter, OutputConverter, signed_outputs
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.events import Events
from memsim.arrays.interconnect import Interconnect, TileMaps, tiles, without_wires
from memsim.arrays.output_moments import ANY_TIME, OutputMoments
from memsim.arrays.patch_signal import PatchSignal
from memsim.arrays.site import Site
from memsim.arrays.wires.line_resistances import Wires
from memsim.errors import InputError
from memsim.philox import MAX_ROW_TILES, Stream, row_tile


class Moment(NamedTuple):
    """When a read takes place: the address of its white noise, and the time since the read before [s].

    Attributes
    ----------
    key : int
        Key of its scope.
    read, first_sample : int
        Counter words c2 and c1 of the first read.
    seconds : float
    positions : int
        Reads of one sample, which differ in c2.
    repeats : int
        Reads of one position of a sample, which differ in the upper bits of c1.
    within : float or None
        Time within which all reads take place, see `OutputMoments.moments` [s]; None for reads `seconds` apart.
    """

    key: int
    read: int
    first_sample: int
    seconds: float
    positions: int = 1
    repeats: int = 1
    within: float | None = None


class Periphery(NamedTuple):
    """What surrounds the cells: `DAC`, `ADC`, `Wires` and the size of a tile (rows, columns); None for the ideal."""

    dac: DAC | None = None
    adc: ADC | None = None
    wires: Wires | None = None
    tile: tuple[int, int] | None = None


class Readout:
    """Reads of an ensemble of arrays.

    Parameters
    ----------
    periphery : Periphery
        Converters, wires and tiles.
    column : {"single", "reference", "pair"}
        How an output is made from columns. Their currents are subtracted before they are converted (assumed).
    shape : (array, row, line)
        Size of the ensemble.
    site : Site
        Addresses of random numbers.

    Attributes
    ----------
    events : Events
        What the reads so far made the hardware of an array do; expectations count nothing.
    cut : Tiles
        How rows and lines are cut into tiles, the reference column included.
    """

    def __init__(self, periphery: Periphery, column: str, shape: tuple[int, int, int], site: Site) -> None:
        arrays, rows, lines = shape
        dac, adc, wires, tile = periphery
        for name, part, kind in (("dac", dac, DAC), ("adc", adc, ADC), ("wires", wires, Wires)):
            if part is not None and not isinstance(part, kind):
                raise InputError(f"{name}: {part!r} is not allowed; a memsim.{kind.__name__}, or None")
        self.periphery, self._column, self._site = periphery, column, site
        every_line = lines + (column == "reference")
        self.cut = tiles(tile, rows, every_line)
        if len(self.cut.rows) > MAX_ROW_TILES:
            raise InputError(f"tile: {len(self.cut.rows)} tiles above each other; allowed: {MAX_ROW_TILES}")
        self._in = None if dac is None else InputConverter(dac, site, arrays, rows)
        self.outputs_of_a_tile = outputs = lines // 2 if column == "pair" else lines
        self.out = None
        if adc is not None:
            signed = signed_outputs(column, dac, adc)
            widest = max(part.stop - part.start for part in self.cut.lines)
            most = min(outputs, widest // 2 if column == "pair" and widest > 1 else widest)
            if adc.share > most:
                raise InputError(
                    f"adc.share: {adc.share} outputs share a converter, and a tile has {most}; allowed: 1 to {most}"
                )
            self.out = OutputConverter(adc, site, (arrays, outputs), len(self.cut.rows), signed)
        self._events_of_a_read = Events(
            reads=1,
            word_lines=rows * len(self.cut.lines),
            bit_lines=every_line * len(self.cut.rows),
            dac_conversions=0 if dac is None else rows,
            adc_conversions=0 if adc is None else outputs * len(self.cut.rows),
        )
        self.events = Events()
        self._interconnect = None if wires is None else Interconnect(wires, self.cut, column)
        self._moments = OutputMoments(pairs=column == "pair")

    def ideal(self, signal: np.ndarray) -> np.ndarray:
        """The inputs (array or 1, sample, row) that the converters' codes stand for."""
        return signal if self._in is None else self._in.ideal(signal)

    def levels(self, signal: np.ndarray) -> np.ndarray:
        """What reaches the word lines (array or 1, read, row) in units of the read voltage, see `InputConverter`."""
        return signal if self._in is None else self._in.levels(signal)

    def effective(self, banks: Banks) -> list[EffectiveCells]:
        """What outputs see of the cells of each bank."""
        if self._interconnect is None:
            return [without_wires(bank) for bank in banks.both]
        return self._interconnect.effective(banks)

    def maps(self, banks: Banks, array: int) -> TileMaps:
        """What wires do to the cells of the first tile of an array."""
        if self._interconnect is None:
            raise InputError("tile_maps: the array has no wires")
        return self._interconnect.maps(banks, array)

    def outputs(
        self,
        banks: Banks,
        signal: np.ndarray | PatchSignal,
        when: Moment | None = None,
        saturated: list[np.ndarray] | None = None,
    ) -> np.ndarray:
        """Outputs (array, sample, col) in units of the full scale; without a moment, their expectation.

        Converters act on the expectation as they do on a read.

        Parameters
        ----------
        banks : Banks
            The cells.
        signal : (array or 1, sample, row), or PatchSignal
            Inputs in units of the read voltage.
        when : Moment, optional
            Of the first sample.
        saturated : list, optional
            Receives for each row tile where currents exceed the range of the ADCs, (array, sample, col); with inputs in
            two phases, first of all tiles for the first phase.
        """
        polarity = "bipolar" if self._in is None else self._in.dac.polarity
        if isinstance(signal, PatchSignal):
            levels = self._levels_of_patches(banks, signal, when)
        else:
            levels = self.levels(signal)
        if when is not None and polarity == "phases":
            when = when._replace(repeats=2)
        outputs = self._converted(banks, levels, when, saturated)
        if when is not None:
            self.events += self._events_of_a_read * levels.shape[1]
            self._count(banks, levels)
        if polarity == "phases":
            if saturated is not None:
                saturated[:] = [both[:, phase::2] for phase in range(2) for both in saturated]
            return outputs[:, ::2] - outputs[:, 1::2]
        if polarity == "offset":
            # What the shift alone gives is measured once, long enough to be free of noise, without the converters.
            assert self._in is not None
            shift = np.zeros_like(levels[:1, :1])
            shift[:, :, : self.cut.rows[-1].stop] = self._in.dac.range
            outputs = outputs - sum(mean for mean, _ in self._parts(banks, shift, None))
        return outputs

    def count(self, banks: Banks, signal: np.ndarray) -> None:
        """Count energies of reads of inputs (array or 1, sample, row) that are not made; nothing without a counter."""
        self._count(banks, self.levels(signal))

    def _count(self, banks: Banks, levels: Any) -> None:
        """Count energies of reads; a plan has no counter."""
        if banks.lines.counter is not None:
            unit = 1.0 if self._in is None else self._in.dac.unit
            banks.lines.counter.read(banks, lambda: self.effective(banks), levels, self._coding, unit)

    def calibrate(self, banks: Banks, signal: np.ndarray) -> None:
        """Set the range of the ADCs from the expected outputs for some inputs, see `ADC`."""
        if self.out is None:
            raise InputError("calibrate: the array has no ADC")
        self.out.calibrate([mean for mean, _ in self._parts(banks, self.levels(signal), None)])

    def variance(self, banks: Banks, signal: np.ndarray) -> np.ndarray:
        """Variance of outputs at any time, (array, sample, output), without that of reference columns and converters.

        Parameters
        ----------
        banks : Banks
            The cells.
        signal : (array or 1, sample, row)
            Inputs in units of the read voltage.
        """
        levels, effective = self.levels(signal), self.effective(banks)[0]
        driven = cell_currents.drive(banks.lines.spec, self._site.backend, levels, self._coding).signal
        moments = self._moments.moments(banks.both, 0, effective, driven, self.cut.rows, ANY_TIME)
        total: Any = sum(variance for _, variance in moments)
        if self._in is not None and self._in.dac.polarity == "phases":
            total = total[:, ::2] + total[:, 1::2]
        return np.broadcast_to(total, (*total.shape[:2], moments[0][0].shape[2]))

    @property
    def electronic_variance(self) -> float:
        """Variance that the electronics add to an output, all row tiles and phases together, before rounding."""
        if self.out is None:
            return 0.0
        phases = 2 if self._in is not None and self._in.dac.polarity == "phases" else 1
        return phases * len(self.cut.rows) * self.out.adc.noise**2

    @property
    def _coding(self) -> str:
        return "voltage" if self._in is None else self._in.dac.coding

    def _levels_of_patches(self, banks: Banks, signal: PatchSignal, when: Moment | None) -> Any:
        """Levels of inputs that are patches; as images where the read can gather the patches."""
        backend, bank = self._site.backend, banks.lines
        if self._in is not None:
            if not self._in.alike:
                return self.levels(backend.asarray(signal.matrix()))
            stay = isinstance(signal.images, backend.xp.ndarray)
            back = (lambda x: x) if stay else backend.numpy
            signal = signal.converted(lambda x: back(self.levels(backend.asarray(x))))
        ordered = when is not None and when.within is None and bank.fluctuations is not None
        gathers = backend.kernels.patches is not None and self._moments.narrow(bank)
        if gathers and not ordered and bank.spec.conduction is None:
            return signal
        return backend.asarray(signal.matrix())

    def _converted(
        self, banks: Banks, levels: np.ndarray, when: Moment | None, saturated: list[np.ndarray] | None
    ) -> np.ndarray:
        """Outputs of all row tiles together."""
        parts = self._parts(banks, levels, when)
        if self.out is None:
            return reduce(operator.add, (mean for mean, _ in parts))
        total = np.zeros_like(parts[0][0])
        for part, (mean, variance) in enumerate(parts):
            if saturated is not None:
                saturated.append(self.out.beyond(mean))
            self.out.convert(mean, variance, total, part, noise=when is not None, **self._address(when, part))
        return total

    def _address(self, when: Moment | None, part: int) -> dict[str, Any]:
        at = {"first_array": self._site.first_array, "seed": self._site.key, "first_tile": row_tile(part)}
        if when is None:
            return at
        reads = {"index": when.read, "first_sample": when.first_sample}
        return at | reads | {"seed": when.key, "positions": when.positions, "repeats": when.repeats}

    def _parts(
        self, banks: Banks, levels: np.ndarray, when: Moment | None
    ) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """Analog outputs of each row tile, and the variance of noise that the converter is still to draw, if any."""
        site, spec = self._site, banks.lines.spec
        driven, common = cell_currents.drive(spec, site.backend, levels, self._coding)
        effective, rows = self.effective(banks), self.cut.rows
        moments = []
        for number, cells in enumerate(effective):
            if when is not None and when.within is None:
                moments.append(self._moments.sampled(banks.both, number, cells, driven, rows, when.seconds))
            else:
                within = ANY_TIME if when is None else when.within
                moments.append(self._moments.moments(banks.both, number, cells, driven, rows, within))
        added: list[Any]
        if self._interconnect is not None and spec.conduction is not None:
            common, added = None, self._beyond_ohmic(banks, effective, driven, levels)
        else:
            currents = [cell_currents.excess(bank, levels, rows, self._coding) for bank in banks.both]
            added = [] if currents[0] is None else currents
        analog: list[tuple[np.ndarray, np.ndarray | None]] = []
        for part in range(len(rows)):
            means = [bank[part][0] for bank in moments]
            if added:
                means = [
                    (mean + self._moments.differences(bank[part])).astype(mean.dtype)
                    for mean, bank in zip(means, added, strict=True)
                ]
            shared = None if common is None else common[:, :, rows[part]].sum(axis=2, keepdims=True)
            left = None
            variances = [bank[part][1] for bank in moments]
            for mean, variance, stream in zip(means, variances, (Stream.READ, Stream.REFERENCE_READ), strict=False):
                if when is None or not variance.any():
                    continue
                if self.out is not None and self._column != "reference":
                    left = variance
                else:
                    site.backend.add_noise(mean, variance, **self._address(when, part), stream=stream)
            analog.append((self._combined(means, shared), left))
        return analog

    def _beyond_ohmic(
        self, banks: Banks, effective: list[EffectiveCells], driven: np.ndarray, levels: np.ndarray
    ) -> list[list[np.ndarray]]:
        """What currents through wires of cells that are not ohmic exceed those that their effective cells give.

        (array, sample, line) of each row tile and bank, over the full scale; without noise, and with all traps empty.
        """
        exact, cut = self._exact(banks, levels), self.cut.rows
        lines = OutputMoments(pairs=False)
        steady = [lines.moments(banks.both, number, cells, driven, cut) for number, cells in enumerate(effective)]
        return [
            [exact[part][bank] - steady[bank][part][0] for part in range(len(cut))] for bank in range(len(effective))
        ]

    def _exact(self, banks: Banks, levels: np.ndarray) -> list[list[np.ndarray]]:
        """Currents through wires of cells that are not ohmic, of each row tile and bank, over the full scale.

        Raises
        ------
        InputError
            If inputs are widths of pulses: which lines are on changes during the read.
        """
        assert self._interconnect is not None
        spec = banks.lines.spec
        if self._coding == "width":
            raise InputError(
                f"dac.coding: 'width' with the wires of device '{spec.name}', whose cells are not ohmic, is not "
                "modelled; allowed: 'voltage', or no wires"
            )
        volts, full_scale = levels.astype(float) * spec.read.voltage, spec.read.voltage * spec.conductance.width
        parts = range(len(self.cut.rows))
        return [[own / full_scale for own in self._interconnect.currents(banks, part, volts)] for part in parts]

    def _combined(self, means: list[np.ndarray], common: np.ndarray | None) -> np.ndarray:
        """Outputs from the currents of banks; one that is the same for all cells cancels in differences."""
        mean = means[0]
        if self._column == "reference":
            return mean - means[1]
        if self._column == "pair":
            return mean
        return mean if common is None else mean + common.astype(mean.dtype)
