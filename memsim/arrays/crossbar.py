"""Crossbar arrays of one device: program them with local rules, read them with noise; many arrays in one call."""

from __future__ import annotations

from collections.abc import Mapping as Named
from pathlib import Path
from typing import Any, Self

import numpy as np

from memsim.arrays import array_files, memory, spice
from memsim.arrays.construction import array_state
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.crossbar_description import Description
from memsim.arrays.crossbar_reads import Reads
from memsim.arrays.crossbar_updates import Updates
from memsim.arrays.mapping import Mapping
from memsim.arrays.measured import measured_array
from memsim.arrays.products import mapped_array
from memsim.arrays.state import ArrayState
from memsim.arrays.wires.line_resistances import Wires
from memsim.errors import OutputError
from memsim.philox import NO_SCOPE, Scope
from memsim.profiles import DeviceProfile


class Crossbar(Reads, Updates, Description):
    """A crossbar array of one device, or a stack of equal ones.

    Inputs have the axes (..., row), outputs (..., col). One matrix takes any leading axes. A stack follows the rules of
    ``numpy.matmul``: inputs are (row,) or (sample, row) for all arrays, or (..., array, sample, row); outputs are
    (array, col), (array, sample, col) or (..., array, sample, col). Samples of several leading axes are numbered in C
    order.

    The state of a cell is its weight w, dimensionless: w in [0, 1] spans the device's window,
    G = G_min + w (G_max - G_min). The CPU gives the same bits for any thread count, and array a of a large ensemble is
    array 0 of one that starts at ``first_array=a``.

    A device without an update model is only programmed: `train` makes ideal steps on a plan, exact and without noise,
    and `program` brings the plan into the cells with the device's error model. Until then reads are those of the plan.

    Parameters
    ----------
    device : DeviceProfile or str
        The cells; a name is looked up among the shipped profiles, or is the path of a YAML file.
    rows, cols : int
        Word lines (inputs) and outputs: bit lines, or pairs of them.
    arrays : int, optional
        Size of a stack of arrays: images, or Monte-Carlo devices. Not given, the crossbar is one matrix (row, col), and
        nothing has an array axis. A stack has it, also a stack of one.
    seed : int
        Key of every random number, 0 to 2^64 - 1.
    bounds : (float, float) or None, optional
        Range of w that weights span. Each end that lies strictly inside the nominal window [0, 1] is also a compliance
        limit: targets and pulses do not exceed it, except in a cell whose own window lies beyond it. An end at 0 or 1
        limits nothing, so each cell keeps its own window. Beyond [0, 1], or None for no bounds, only for a device whose
        window is nominal by convention; its bounds are literal. Default [0, 1].
    initial : (float, float)
        Fresh cells are uniform in this range of w.
    column : {"single", "reference", "pair"}, optional
        How an output is read: from a column alone; minus the current of a reference column whose cells stay at their
        own G_min; or as the difference of a pair of columns, the second of which learns the opposite of the first, so
        that weights have both signs. The device's own default (``read.column``) if not given.
    dtype : {"float32", "float64"}
        Precision of the state.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    first_array : int
        Address of the first array, for ensembles that are computed in parts.
    scope : Scope, optional
        Which layer of which network the array is, for several that share a seed; see `memsim.philox`.
    faults : array_like, optional
        Which cells are stuck, (row, line) or of a stack (array, row, line), axes as of `state`: -1 off, 0 sound, 1
        on, 2 inside the window, where ``faults.stuck_at`` of the device says. Drawn by the rates of the device if not
        given, in the reference column as well, whose cells are sound with a map.
    dac, adc : DAC or ADC, optional
        Converters of inputs and outputs; ideal if not given.
    wires : Wires, optional
        Resistances of the lines, of which each tile has its own; none if not given.
    tile : (rows, columns), optional
        Size of the arrays over which larger matrices are split; the outputs of those above each other are converted
        apart and added. One array of any size if not given.
    count_cell_pulses : bool, optional
        Whether the pulses of each cell are counted, see `cell_pulses`; it takes 16 bytes a cell. If not given, they are
        where the device specifies endurance.
    prior_cycles : float
        Cycles of set and reset pulses that all cells have seen before, for a device whose endurance says what they do;
        see `wear`.
    count : bool
        Whether events are counted that energy, latency and wear follow from, see `cost`. It changes no other result.

    Raises
    ------
    InputError
        If a size, bound or name is not allowed.
    BackendError
        If the backend cannot run here.
    """

    def __init__(
        self,
        device: DeviceProfile | str,
        rows: int,
        cols: int,
        *,
        arrays: int | None = None,
        seed: int = 0,
        bounds: tuple[float, float] | None = (0.0, 1.0),
        initial: tuple[float, float] = (0.0, 0.01),
        column: str | None = None,
        dtype: str = "float32",
        backend: str = "auto",
        first_array: int = 0,
        scope: Scope = NO_SCOPE,
        faults: Any = None,
        dac: DAC | None = None,
        adc: ADC | None = None,
        wires: Wires | None = None,
        tile: tuple[int, int] | None = None,
        count_cell_pulses: bool | None = None,
        prior_cycles: float = 0.0,
        count: bool = False,
    ) -> None:
        self._array = array_state(
            device,
            rows,
            cols,
            arrays=arrays,
            seed=seed,
            bounds=bounds,
            initial=initial,
            column=column,
            dtype=dtype,
            backend=backend,
            first_array=first_array,
            scope=scope,
            faults=faults,
            dac=dac,
            adc=adc,
            wires=wires,
            tile=tile,
            count_cell_pulses=count_cell_pulses,
            prior_cycles=prior_cycles,
            count=count,
        )

    @classmethod
    def _of(cls, array: ArrayState) -> Crossbar:
        """The crossbar that consists of these arrays."""
        crossbar = cls.__new__(cls)
        crossbar._array = array
        return crossbar

    @classmethod
    def from_conductance(
        cls,
        conductance: Any,
        device: DeviceProfile | str,
        *,
        column: str = "single",
        missing: float | None = None,
        **options: Any,
    ) -> Crossbar:
        """A crossbar of cells with measured conductances, which reads reproduce whatever the device's window is.

        The measurement is the end of the programming: time counts from it, and drift, relaxation and read noise act on
        the measured conductances. `conductance` equals them to 3e-7 of the larger of G and G_min in float32, to 6e-16
        in float64.

        A conductance may lie outside the window that the device-to-device spread draws for its cell. The window of this
        cell is then widened to hold it, so that later pulses begin there. A cell with two states is at the nearer one,
        and this state is the measured one. A conductance beyond the `bounds` stays there until a pulse changes the
        cell. The rates of stuck cells in the device are not used, as a map has the conductances of stuck cells in it.
        Cells that `faults` marks are stuck at their measured conductances.

        Parameters
        ----------
        conductance : (row, col) or (array, row, col)
            Measured conductances [S]; lines in place of columns for pairs: all first ones, then all second. Also a
            DataArray with these dimensions and the attribute `units`, see `memsim.read_conductance_map`.
        device : DeviceProfile or str
            What the cells are besides their conductances.
        column : {"single", "reference", "pair"}
            How an output is read, see `Crossbar`; from a column alone if not given, whatever the device's default is.
            The cells of a reference column are not measured; they stay at their own G_min.
        missing : float, optional
            Conductance of the cells that were not measured (NaN, or masked) [S]. They are refused if not given.
        **options
            Further parameters of `Crossbar`; `arrays` copies of a matrix differ in all that is not measured.

        Raises
        ------
        InputError
            If a conductance or an option is not allowed.

        Warns
        -----
        WindowWarning
            If conductances lie outside the device's nominal window, or beyond the bounds of the array.

        Examples
        --------
        >>> xbar = Crossbar.from_conductance([[2e-6, 5e-6], [9e-6, 3e-6]], "taox-hfox-wu2018")
        >>> xbar.output([1, 1], noise=False) * xbar.full_scale  # V_read (1, 1) G [A]
        """
        return cls._of(measured_array(conductance, device, column, missing, options))

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        device: DeviceProfile | str,
        *,
        mapping: Mapping | str = "pair",
        algorithm: str | None = None,
        cycles: int = 1,
        **options: Any,
    ) -> Crossbar:
        """A crossbar that holds weights: ``x @ crossbar`` is about ``x @ weights``.

        A reference column is brought to the middle of the bounds exactly, in every cell's own window (assumed), or
        with the device's error model.

        Parameters
        ----------
        weights : (row, col) or (array, row, col)
            Of inputs (rows) in outputs (columns): one matrix, or a stack.
        device : DeviceProfile or str
            The cells.
        mapping : Mapping or str
            How weights become states; a string is its kind.
        algorithm, cycles
            How they are programmed, see `program`.
        **options
            Further parameters of `Crossbar`; `arrays` copies of a matrix are programmed, each with its own errors.

        Raises
        ------
        InputError
            If the weights or an option are not allowed.
        """
        return cls._of(mapped_array(weights, device, mapping, {"algorithm": algorithm, "cycles": cycles}, options))

    def to_netcdf(self, path: Any, *, force: bool = False) -> Path:
        """Write the whole array as netCDF and return the path: it goes on as this one would, see `from_netcdf`.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or it cannot be written.
        """
        return array_files.save(self._array, path, force=force)

    @classmethod
    def from_netcdf(cls, path: Any, *, backend: str = "auto") -> Crossbar:
        """The array that `to_netcdf` wrote.

        Raises
        ------
        OutputError
            If the file is missing or does not hold a crossbar.
        """
        return cls._of(array_files.load(path, backend))

    def to_spice(self, path: Any, x: Any = None, *, array: int = 0, force: bool = False) -> Path:
        """Write one read of an array as a SPICE netlist and return the path.

        ``ngspice -b FILE`` solves it and prints the current of every bit line, ``i(vsense_t_u_j)`` for bit line j in
        the tile t down and u across the matrix, positive out of the line [A]. The head of the file says what the names
        of the nodes mean and which currents are expected.

        Every tile is a circuit of its own. Drivers are sources, sense amplifiers are sources of 0 V, with their
        resistances; lines without resistance are one node. Cells have the conductances of `conductance`, without read
        noise: ohmic ones are resistors, others are sources (B elements) with the current of their law. Cells of 0 S are
        left out, unless they carry the common current of the form `polynomial`. Pairs of columns lie side by side, and
        a reference column lies behind the last line.

        Parameters
        ----------
        path : str or Path
            The file.
        x : (row,), optional
            Inputs in units of the read voltage, on which DACs act; 1 for all rows if not given.
        array : int
            Number of the array in a stack, from 0.
        force : bool
            Whether a file that exists is replaced.

        Raises
        ------
        InputError
            If a shape does not fit, there are more than 4 194 304 cells, a conductance is below 0, or the DACs take two
            phases, an offset or pulse widths: allowed are polarity 'unsigned' or 'bipolar', with coding 'voltage'.
        OutputError
            If the file exists and `force` is false, or it cannot be written.

        Notes
        -----
        The time of ngspice grows steeply with the size of a tile: 2 s for 64 x 64 ohmic cells with wires, 100 s for
        128 x 128 (ngspice 39 on one core).

        Examples
        --------
        >>> xbar = Crossbar("taox-hfox-wu2018", 8, 4, wires=Wires(1.0, 1.0))
        >>> xbar.to_spice("array.cir")  # then: ngspice -b array.cir
        """
        return spice.save(self._array, path, x, array, force=force)

    def memory(self) -> dict[str, np.ndarray]:
        """All that settings and seed do not tell of what reads see, by name, with the axis array first; copies.

        States, write noise, the history of cells, what goes on in correlated noise, pulses, and counters of steps and
        reads. Cells have the axes (array, line, row); rows are padded to a multiple of 64.
        """
        return memory.stack_memory(self._array)

    def restore(self, stored: Named[str, np.ndarray]) -> Self:
        """Let a fresh stack of the same settings go on from what `memory` gave, and return self.

        Raises
        ------
        OutputError
            If an array is missing, or does not fit these cells.
        """
        try:
            memory.restore_stack(self._array, stored)
        except KeyError as error:
            raise OutputError(f"there is no {error}") from None
        except (TypeError, ValueError, OverflowError) as error:
            raise OutputError(f"{error}; this array has {self.shape}, {self.dtype}") from None
        return self
