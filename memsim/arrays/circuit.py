"""What the crossbars of a layer consist of, for costs."""

from __future__ import annotations

from memsim.arrays.converters import DAC
from memsim.arrays.programming.device_pulses import device_pulses
from memsim.arrays.readout import Readout
from memsim.energy.counts import Circuit
from memsim.profiles.schema import DeviceSpec


def circuit_of(spec: DeviceSpec, readout: Readout, arrays: int) -> Circuit:
    """The circuit of a stack of arrays with their periphery.

    Parameters
    ----------
    spec : DeviceSpec
        The cells.
    readout : Readout
        Converters and tiles.
    arrays : int
        Size of the stack.
    """
    dac, adc, _, _ = readout.periphery
    pulses = device_pulses(spec)
    rows, lines = (tuple(part.stop - part.start for part in parts) for parts in readout.cut)
    return Circuit(
        arrays,
        rows,
        lines,
        outputs=readout.outputs_of_a_tile,
        slices=1,
        dac_bits=None if dac is None else dac.bits,
        adc_bits=None if adc is None else adc.bits,
        coding="voltage" if dac is None else dac.coding,
        magnitude_bits=1 if dac is None or dac.bits is None else _largest_code(dac).bit_length(),
        input_phases=2 if dac is not None and dac.polarity == "phases" else 1,
        share=1 if adc is None else adc.share,
        read_voltage=spec.read.voltage,
        read_duration=spec.read.duration,
        set_voltage=pulses.set_voltage,
        set_width=pulses.set_width,
        reset_voltage=pulses.reset_voltage,
        reset_width=pulses.reset_width,
    )


def _largest_code(dac: DAC) -> int:
    """Size of the largest code on a word line; an offset shifts the smallest one to 0."""
    return 2 * dac.codes[1] if dac.polarity == "offset" else dac.codes[1]
