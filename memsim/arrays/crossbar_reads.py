"""Reads of a crossbar: currents, outputs, products, and how they depend on inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from memsim.arrays import cell_currents, checks
from memsim.arrays.containers import like
from memsim.arrays.interconnect import TileMaps
from memsim.arrays.outputs import excess_matrices, known_inputs, outputs, weight_variances
from memsim.arrays.power import labelled_power
from memsim.arrays.products import product
from memsim.arrays.state import ArrayState
from memsim.philox import Occasion

if TYPE_CHECKING:
    import xarray as xr


class Reads:
    """Methods of a crossbar that read it."""

    _array: ArrayState

    def read(
        self,
        x: Any,
        *,
        first_sample: int = 0,
        index: int | Occasion | None = None,
        interval: float | None = None,
    ) -> Any:
        """Column currents with read noise, (..., col) [A].

        For independent Gaussian noise of every cell, I = V G + sqrt(V^2 S^2) N is exact in distribution. Telegraph and
        1/f noise go on from read to read: each sample is one read, in order, `interval` after the one before. Noise is
        not cut off where it exceeds a cell's conductance.

        Parameters
        ----------
        x : array_like
            (..., row), voltages in units of the read voltage. A stack takes (row,) and (sample, row) for all arrays, or
            (..., array, sample, row). A DataArray may have its dimension named row in any place. Currents have the type
            of x: NumPy, xarray, pandas, torch or, on a CUDA card, CuPy, where nothing passes through the host.
        first_sample : int
            Address of the first sample, for batches that are read in parts.
        index : int or Occasion, optional
            Address of this read's white noise: the number of one of the array's own reads, or the occasion of a read of
            a network. The array's own count of reads so far if not given.
        interval : float, optional
            Time between reads [s]; the device's ``read.duration`` if not given.
        """
        currents = self._outputs(x, first_sample, index, True, interval) * self._array.full_scale
        return like(x, currents, "current", "A")

    def output(
        self,
        x: Any,
        *,
        first_sample: int = 0,
        index: int | Occasion | None = None,
        noise: bool = True,
        interval: float | None = None,
        saturated: list[np.ndarray] | None = None,
        within: float | None = None,
    ) -> Any:
        """`read` in units of `full_scale`, dimensionless; without noise, the expectation over reads at any time.

        Parameters
        ----------
        x, first_sample, index, interval
            See `read`.
        noise : bool
            Whether reads are noisy.
        saturated : list, optional
            Receives, for each tile of rows, where currents exceed the range of the ADCs, (..., col).
        within : float, optional
            Time within which all reads take place, in place of an interval between them [s]. Telegraph and 1/f noise
            with longer time constants keeps its present value. Faster noise is drawn anew for each read, independent of
            the others. This is much faster than reads in the order of time.
        """
        seconds = None if within is None else checks.duration("within", within)
        return like(x, self._outputs(x, first_sample, index, noise, interval, saturated, seconds), "output", "1")

    def product(self, x: Any) -> Any:
        """Sums of inputs times weights, read with noise, (..., col), in units of weight times input; ``x @ crossbar``.

        For crossbars made by `from_weights`. Objects of xarray and pandas do not leave ``@`` to their right side; pass
        them here.

        Parameters
        ----------
        x : array_like
            Inputs (..., row), see `read`; in units of the read voltage. The sums have its type.

        Raises
        ------
        InputError
            If the shape does not fit, or no weights are mapped.

        Examples
        --------
        >>> xbar = Crossbar.from_weights([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]], "ideal")
        >>> xbar.product([1.0, 2.0, 3.0])  # about (2, 7)
        """
        return product(self._array, x)

    __array_ufunc__ = None
    __array_priority__ = 1000.0  # NumPy and CuPy leave ``x @ crossbar`` to `__rmatmul__`

    def __rmatmul__(self, x: Any) -> Any:
        return self.product(x)

    def __matmul__(self, x: Any) -> NoReturn:
        raise TypeError("crossbar @ x is not defined: inputs (..., row) stand on the left; write x @ crossbar")

    def library(self, x: Any) -> Any:
        """Library of arrays in which inputs x stay: CuPy for its arrays where the cells are on a card, else NumPy."""
        return self._array.library(x)

    def calibrate(self, x: Any) -> Self:
        """Set the range of the ADCs from the expected outputs for inputs x (see `read`), and return self.

        Raises
        ------
        InputError
            If there is no ADC, its range is fixed, or an array gives no output.
        """
        self._array.readout.calibrate(self._array.present, self._array.inputs(x).values)
        return self

    def count_reads(self, x: Any) -> Self:
        """Count the reads of inputs x (see `read`) in `event_counts` without making them, and return self.

        The energy of a read is that of its expected currents, so that an expected output can have the costs of a read.

        Raises
        ------
        InputError
            If the shape does not fit.
        """
        self._array.readout.count(self._array.present, self._array.inputs(x).values)
        return self

    def tile_maps(self, array: int = 0) -> TileMaps:
        """What wires do to the cells of the first tile of an array: the voltage of each, and how much less it counts.

        Raises
        ------
        InputError
            If there are no wires.
        """
        return self._array.readout.maps(self._array.present, array)

    def power(self, x: Any, array: int | None = None) -> xr.Dataset:
        """Electrical power of reads at constant voltages [W], (...) for inputs (..., row).

        Solved exactly, as `solve_wires` does, and summed over the tiles. Cells have the conductances of `conductance`,
        without read noise. Bit lines are at virtual grounds of 0 V, which deliver no power: the first variable is the
        sum of the others. Times the duration of a read, it is the energy that the drivers deliver to the array;
        converters and amplifiers come on top.

        Parameters
        ----------
        x : array_like
            Inputs, see `read`; in units of the read voltage. DACs act on them.
        array : int, optional
            Number of one array of a stack, from 0: x then has the shape (..., row), and the powers have no dimension
            ``array``. All arrays if not given.

        Returns
        -------
        xarray.Dataset
            ``power``, that the drivers deliver, and its parts: ``cell_power``, ``series_power`` (resistances in series
            with cells), ``word_line_power``, ``bit_line_power`` (segments of the lines), ``driver_power`` and
            ``sense_power`` (resistances of drivers and sense amplifiers). Parts that the array does not have are 0 W.
            Dimensions are those of x without ``row``, and ``array`` for a stack; where x has no names, ``sample``,
            and ``batch`` for further leading axes.

        Raises
        ------
        InputError
            If a shape does not fit, a conductance is below 0, or the DACs take two phases, an offset or pulse widths:
            allowed are polarity 'unsigned' or 'bipolar', with coding 'voltage'.

        Examples
        --------
        >>> xbar = Crossbar.from_conductance([[10e-6], [5e-6]], "taox-hfox-wu2018")
        >>> float(xbar.power([1, 1]).power)  # V_read^2 times 15 uS [W]
        """
        return labelled_power(self._array, x, array)

    def drift_compensation(self, x: Any, before: Any) -> np.ndarray:
        """Factor by which outputs of each array must be multiplied to undo their common drift.

        The ratio of the summed sizes of read currents, earlier and now: one number, or for a stack (array, 1, 1), for
        inputs (row,) (array, 1). This reads the array, with noise.

        Parameters
        ----------
        x : array_like
            Inputs, see `read`.
        before : (..., col)
            What `read` gave for them after programming [A].

        Raises
        ------
        InputError
            If shapes do not fit, or an array has no current.

        Notes
        -----
        Source: global drift compensation of Joshi et al., Nat. Commun. 11, 2473 (2020),
        doi:10.1038/s41467-020-16108-9.
        """
        host = self._array.site.backend.host
        return cell_currents.compensation(host(before), np.asarray(host(self.read(x))), self._array.axes)

    def known(self, x: Any) -> np.ndarray:
        """The inputs that the DACs' codes stand for, which arithmetic outside can use.

        (..., row) as x; for a stack, inputs that all arrays share have an array axis of length 1.
        """
        signal = self._array.inputs(x)
        return self._array.axes.outer(known_inputs(self._array, signal.values), signal.leading)

    def steepened(self, x: Any, gradient: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The gradient by voltages x, given the one by those that ohmic cells would need, (..., row).

        The same for ohmic cells; a current that the polynomial conduction adds to all columns is left out.

        Parameters
        ----------
        x : (..., row)
            The voltages, see `read`.
        gradient : (..., row), or (..., array, sample, row) of a stack
            Of ohmic cells: that by the outputs times the effective state.
        outputs : (..., col), or (..., array, sample, col) of a stack; axes of length 1 broadcast
            The gradient by the outputs, for currents whose coefficients depend on the state.
        """
        rows, signal, backend = self._array.shape[1], self._array.inputs(x), self._array.site.backend
        added = excess_matrices(self._array)
        if added is not None:
            across = self._array.axes.outer(backend.numpy(signal.values)[:, :, :rows], signal.leading)
            by_power = [outputs @ self._array.axes.cells(matrix).swapaxes(-1, -2) for matrix in added]
            return gradient + 2 * across * by_power[0] + 3 * across * across * by_power[1]
        slopes = cell_currents.slope(self._array.device.spec, backend, signal.values)
        if slopes is None:
            return gradient
        return gradient * self._array.axes.outer(backend.numpy(slopes)[:, :, :rows], signal.leading)

    def difference_variance(self, x: Any, first: int = 0, second: int = 1) -> np.ndarray:
        """Read variance of output `first` minus output `second`, in `full_scale` squared; axes as of `read` before col.

        Both columns share the reference column's noise, which cancels. The noise of the read-out electronics is part of
        it (`ADC.noise`); rounding is not.
        """
        banks, signal = self._array.present, self._array.inputs(x)
        spread = self._array.site.backend.numpy(self._array.readout.variance(banks, signal.values))
        spread = spread[:, :, first] + spread[:, :, second] + 2 * self._array.readout.electronic_variance
        return self._array.axes.outer(spread, signal.leading)

    def weight_deviation(self) -> np.ndarray:
        """Standard deviation of the weights in reads at any time, (row, col) or (array, row, col), in window units.

        Of the matrix of `output`: by white, telegraph and 1/f noise of the cells. The noise of a reference column,
        which all outputs share, is left out.
        """
        return self._array.axes.cells(np.sqrt(weight_variances(self._array)))

    def _outputs(
        self,
        x: Any,
        first_sample: int,
        index: int | Occasion | None,
        noise: bool,
        interval: float | None,
        saturated: list[np.ndarray] | None = None,
        within: float | None = None,
    ) -> Any:
        """Outputs (..., col) as `output` gives them, of NumPy or, for inputs of the backend, of the backend."""
        seconds = None if interval is None else checks.duration("interval", interval)
        signal, backend = self._array.inputs(x), self._array.site.backend
        raw = outputs(self._array, signal.values, first_sample, index, noise, seconds, saturated, within)
        read = self._array.axes.outer(raw, signal.leading)
        if saturated is not None:
            saturated[:] = [self._array.axes.outer(part, signal.leading) for part in saturated]
        return read if self._array.library(x) is backend.xp else backend.numpy(read)
