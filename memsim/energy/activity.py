"""Numbers of events that the energy of a layer follows from, whatever counted them.

==================  ===================================================================================================
word lines          Each driven level charges its line in every tile of lines: C V^2.
gates               1T1R: each input step toggles the gate lines of all rows, each pulse and verify read one gate line.
DAC                 One conversion for each row of each tile and read; of serial inputs, one for each bit.
integrator          2^n - 1 unit steps for serial inputs of n bits, else one; of each output of each row tile.
sample-hold         One for each input pulse of each output of each row tile; one for each verify read.
ADC                 One for each output of each row tile and read; one for each verify read.
register            The bits of the inputs, for each tile; a bit for serial inputs in each step.
buffer, link        The bits of inputs and outputs, once each; the bits of outputs.
==================  ===================================================================================================
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from memsim.energy.architecture import Architecture
from memsim.energy.counts import Circuit, Counts


@dataclass(frozen=True)
class Activity:
    """What the arrays of a layer did.

    Attributes
    ----------
    cells, half_selected : float
        Energy in the cells [J].
    line_cells : float
        Sum over driven word lines of V^2 times the number of cells on the line [V^2].
    line_drives, bit_line_drives : float
        Toggles of word lines, and of bit lines by pulses.
    gate_toggles, gate_cells : float
        Toggles of gate lines, and the same times the number of cells on the line.
    dac_conversions, integration_steps, samples, adc_conversions : float
        Of the converters.
    resolved_bits : float
        Bits that all conversions of outputs resolve.
    register_bits, buffer_bits, link_bits : float
        Bits read or written, and moved.
    array_steps : float
        Input steps of single tiles.
    """

    cells: float = 0.0
    half_selected: float = 0.0
    line_cells: float = 0.0
    line_drives: float = 0.0
    bit_line_drives: float = 0.0
    gate_toggles: float = 0.0
    gate_cells: float = 0.0
    dac_conversions: float = 0.0
    integration_steps: float = 0.0
    samples: float = 0.0
    adc_conversions: float = 0.0
    resolved_bits: float = 0.0
    register_bits: float = 0.0
    buffer_bits: float = 0.0
    link_bits: float = 0.0
    array_steps: float = 0.0

    def __add__(self, other: Activity) -> Activity:
        names = [item.name for item in dataclasses.fields(self)]
        return Activity(**{name: getattr(self, name) + getattr(other, name) for name in names})


def read_activity(circuit: Circuit, counts: Counts, architecture: Architecture) -> Activity:
    """What the reads of a layer did.

    Parameters
    ----------
    circuit : Circuit
        Its arrays.
    counts : Counts
        Events of a phase.
    architecture : Architecture
        Bits of activations where no converter says them.
    """
    tall, wide = len(circuit.row_tiles), len(circuit.line_tiles)
    reads, stack = counts.reads, circuit.arrays
    pulsed = circuit.coding != "voltage"
    drives = float(counts.drives.sum())
    squares = (drives if pulsed else float(counts.squares.sum())) * circuit.read_voltage**2
    steps = reads * circuit.planes
    outputs = reads * stack * tall * circuit.outputs
    vectors = reads / circuit.input_phases
    bits_in, bits_out = circuit.dac_bits or architecture.bits, circuit.adc_bits or architecture.bits
    moved_in = vectors * stack * circuit.rows * bits_in
    moved_out = vectors * stack * circuit.outputs / circuit.slices * bits_out
    return Activity(
        cells=float(counts.read_energy.sum()),
        line_cells=squares * circuit.lines,
        line_drives=drives * wide,
        gate_toggles=steps * stack * circuit.rows * wide,
        gate_cells=steps * stack * circuit.rows * circuit.lines,
        dac_conversions=0.0 if circuit.dac_bits is None else steps * stack * circuit.rows * wide,
        integration_steps=outputs * circuit.unit_steps,
        samples=outputs * circuit.planes,
        adc_conversions=outputs * len(circuit.conversions),
        resolved_bits=outputs * sum(circuit.conversions),
        register_bits=reads * stack * circuit.rows * wide * bits_in,
        buffer_bits=moved_in + moved_out,
        link_bits=moved_out,
        array_steps=float(steps * stack * circuit.tiles),
    )


def write_activity(circuit: Circuit, counts: Counts, architecture: Architecture) -> Activity:
    """What the pulses and verify reads of a layer did; each selects one cell.

    Parameters are those of `read_activity`. A word line is charged to the full voltage of a pulse. Unselected lines
    stay at their voltage from pulse to pulse (assumed).
    """
    sets, resets, verified = (
        part.sum(axis=0).astype(float) for part in (counts.set_pulses, counts.reset_pulses, counts.verify_reads)
    )
    widths = np.array(circuit.line_tiles, float)
    pulses = sets + resets
    squares = counts.write_squares.sum(axis=0) + verified * circuit.read_voltage**2
    half = counts.half_selected_energy if architecture.selection == "V/2" else counts.third_selected_energy
    reads = float(verified.sum())
    return Activity(
        cells=float(counts.write_energy.sum()),
        half_selected=float(half.sum()),
        line_cells=float((squares * widths).sum()),
        line_drives=float((pulses + verified).sum()),
        bit_line_drives=float(pulses.sum()),
        gate_toggles=float((pulses + verified).sum()),
        gate_cells=float(((pulses + verified) * widths).sum()),
        integration_steps=reads,
        samples=reads,
        adc_conversions=0.0 if circuit.adc_bits is None else reads,
        resolved_bits=reads * (circuit.adc_bits or 0),
    )
