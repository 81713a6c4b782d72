"""Numbers of events of a macro for one product of a vector and a matrix: no cell is simulated."""

from __future__ import annotations

import dataclasses

import numpy as np

from memsim.energy.components import Components
from memsim.energy.counts import Counts
from memsim.energy.phases import PhasedCircuit
from memsim.tasks.macro.schema import MacroSpec


def circuit_of(spec: MacroSpec, components: Components) -> PhasedCircuit:
    """What a macro consists of.

    Serial inputs need no DAC: without one in the table, drivers of lines pass each bit.
    """
    drivers_alone = spec.input.coding == "serial" and components.dac is None
    read = spec.read
    return PhasedCircuit(
        arrays=spec.size.cores,
        row_tiles=(spec.size.rows,),
        line_tiles=(spec.size.columns,),
        outputs=spec.outputs,
        slices=spec.weights.slices,
        dac_bits=None if drivers_alone else spec.input.bits,
        adc_bits=spec.output.bits,
        coding=spec.input.coding,
        magnitude_bits=spec.input.magnitude_bits,
        input_phases=spec.input.reads,
        share=spec.output.share,
        read_voltage=0.0 if read is None else read.voltage,
        read_duration=0.0 if read is None else read.duration,
        phases=spec.input.phases,
        digital=spec.input.accumulate == "digital",
        overlapped=spec.output.overlap,
    )


def cell_pulse_energy(spec: MacroSpec, components: Components) -> float:
    """Mean energy of one cell and input pulse [J]: V^2 G t times the activity, else that of the table.

    Raises
    ------
    InputError
        If neither the macro nor the table says it.
    """
    if spec.read is not None:
        read = spec.read
        return read.voltage**2 * read.conductance * read.duration * spec.input.share
    return 0.0 if "cell" in components.covered else components.need("cell", "energy")


def counts_of(spec: MacroSpec, circuit: PhasedCircuit, pulse_energy: float) -> Counts:
    """Expected events of the reads of one vector, with the energy of one cell and input pulse [J]."""
    reads, pulses = spec.input.reads, spec.input.reads * circuit.planes
    each = np.ones((circuit.arrays, 1))
    # By voltage and by width, every line has a pulse; of serial inputs, only the bits that are 1.
    driven = circuit.rows * pulses * (spec.input.share if circuit.coding == "serial" else 1.0)
    return dataclasses.replace(
        Counts.none(circuit),
        reads=reads,
        drives=driven * each,
        squares=circuit.rows * reads * spec.input.share * each,
        read_energy=pulses * circuit.rows * circuit.lines * pulse_energy * each[..., None],
    )
