"""Parameters of CrossSim as what a crossbar of memsim needs; CrossSim itself is not needed.

CrossSim multiplies a matrix (output, input) by inputs on its right, ``core @ x``. memsim has inputs on the left, ``x @
xbar``, and weights (row, col) of inputs in outputs, which are the transpose.

Source: CrossSim 3 (Sandia National Laboratories), the modules of `parameters`, `cores` and `circuits`.
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import ADC, DAC, Crossbar, Mapping, Wires
from memsim.errors import InputError, nearest, shown
from memsim.exchange.crosssim_device import crosssim_device
from memsim.exchange.fields import Fields
from memsim.profiles import DeviceProfile
from memsim.real_arrays import check_real

_PARTS = ("core", "xbar", "simulation")
_STYLES = {1: "BALANCED", 2: "BITSLICED", 3: "OFFSET"}
_BALANCED = {1: "ONE_SIDED", 2: "TWO_SIDED"}
_OFFSETS = {1: "DIGITAL_OFFSET", 2: "UNIT_COLUMN_SUBTRACTION"}
_RANGES = {1: "CALIBRATED", 2: "MAX", 3: "GRANULAR"}
_CUTS = {1: "MAX", 2: "EQUAL"}
_LARGEST = 1 << 20
"""Rows or columns of a tile that is limited in the other direction alone."""


class CrossSimSettings(NamedTuple):
    """What parameters of CrossSim are in memsim.

    Attributes
    ----------
    device : DeviceProfile
        The cells.
    mapping : Mapping
        Which cells hold a weight.
    dac, adc : DAC, ADC or None
        Converters of inputs and outputs.
    wires : Wires or None
        Resistances of the lines.
    tile : (rows, columns) or None
        Size of the arrays over which larger matrices are split.
    not_converted : dict of str to str
        Dotted name of each field that has no equivalent and has an effect in CrossSim: its value and the reason.
    """

    device: DeviceProfile
    mapping: Mapping
    dac: DAC | None
    adc: ADC | None
    wires: Wires | None
    tile: tuple[int, int] | None
    not_converted: dict[str, str]

    def crossbar(self, matrix: Any, **options: Any) -> Crossbar:
        """A crossbar that holds the matrix of a core: ``x @ crossbar`` is about ``matrix @ x``.

        Parameters
        ----------
        matrix : (output, input)
            As `AnalogCore` takes it.
        **options
            Further parameters of `Crossbar.from_weights`, such as `seed`.

        Raises
        ------
        InputError
            If the matrix or an option is not allowed.
        """
        hardware = {"dac": self.dac, "adc": self.adc, "wires": self.wires, "tile": self.tile}
        check_real("matrix", matrix)
        try:
            weights = np.asarray(matrix, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"matrix: {shown(matrix)} is not an array (output, input) of numbers") from None
        weights = np.swapaxes(weights, -1, -2) if weights.ndim >= 2 else weights
        return Crossbar.from_weights(weights, self.device, mapping=self.mapping, **hardware | options)


def from_crosssim(params: Any) -> CrossSimSettings:
    """What parameters of CrossSim describe, for a crossbar.

    Classes and fields are read by their names, so that CrossSim need not be installed. A field without an equivalent is
    listed if its value has an effect in CrossSim. docs/coming-from-other-tools.md has a table of all fields.

    Parameters
    ----------
    params : CrossSimParameters or dict
        The parameters, or the nested dict that ``params.as_dict()`` gives and ``params.to_json`` writes. Fields that
        are missing in a dict have the defaults of CrossSim.

    Raises
    ------
    InputError
        If it is something else, a word is not known, or a value is not allowed.

    Examples
    --------
    >>> settings = from_crosssim({"xbar": {"adc": {"mvm": {"model": "SignMagnitudeADC", "bits": 8,
    ...     "calibrated_range": [-4, 4]}}}})
    >>> settings.adc
    >>> y = x @ settings.crossbar(matrix, seed=1)
    """
    if isinstance(params, Named):
        for name in params:
            if name not in _PARTS:
                raise InputError(f"params: unknown part '{name}'{nearest(str(name), _PARTS)}")
    elif type(params).__name__ != "CrossSimParameters":
        raise InputError(f"params: {shown(params)} is not allowed; CrossSimParameters, or its nested dict")
    listed: dict[str, str] = {}
    whole = Fields(params, "", listed)
    core, xbar = whole.part("core"), whole.part("xbar")
    whole.pass_over("simulation")
    device = crosssim_device(xbar.part("device"))
    spec = device.spec.conductance
    mapping = _mapping(core, xbar.part("device"))
    largest_input = _largest_input(core, xbar)
    dac = _dac(xbar, largest_input)
    adc = _adc(xbar, largest_input * spec.max / spec.width, mapping)
    wires = _wires(xbar.part("array"), 1 / spec.max)
    settings = CrossSimSettings(device, mapping, dac, adc, wires, _tile(core, mapping), listed)
    whole.close()
    return settings


def _mapping(core: Fields, device: Fields) -> Mapping:
    """Which cells hold a weight, and which weight spans the window."""
    style = core.option("style", "BALANCED", _STYLES)
    bits = int(device.number("cell_bits", 0))
    sliced, balanced, offset = core.part("bit_sliced"), core.part("balanced"), core.part("offset")
    slices, inner = 1, style
    if style == "BITSLICED":
        inner = sliced.option("style", "BALANCED", {1: "BALANCED", 3: "OFFSET"})
        slices = int(sliced.number("num_slices", 2))
        weight_bits = int(core.number("weight_bits", 0))
        bits = -(-(weight_bits - (inner == "BALANCED")) // slices) if weight_bits else 1
        if not weight_bits:
            core.report("weight_bits", "slices need a number of bits; each has 1 here")
    kind = "pair"
    if inner == "OFFSET":
        digital = offset.option("style", "DIGITAL_OFFSET", _OFFSETS) == "DIGITAL_OFFSET"
        kind = "offset" if digital else "reference"
        if not digital:
            offset.report("style", "the column is subtracted before the conversion here, and after it there")
        if bits and slices == 1:
            device.report("cell_bits", "the lowest of the levels is left out there, and used here")
    else:
        if balanced.option("style", "ONE_SIDED", _BALANCED) == "TWO_SIDED":
            balanced.report("style", "one of the two cells stays at the lowest conductance here")
        balanced.leave_out("each pair has one conversion, of its difference, here", subtract_current_in_xbar=True)
        balanced.leave_out("the two cells of a pair have columns of their own here", interleaved_posneg=False)
    core.leave_out("numbers are real here", complex_matrix=False, complex_input=False)
    core.pass_over("weight_bits")
    scale = _scale(core.part("mapping").part("weights"))
    return Mapping(kind, slices=slices, slice_bits=bits or None, **scale)


def _scale(weights: Fields) -> dict[str, float]:
    """The weight that spans the window."""
    weights.pass_over("clipping", "min", "max", "row_partition_priority", "col_partition_priority")
    share = weights.read("percentile", 1.0 if not (weights.has("min") or weights.has("max")) else None)
    if share is None:
        low, high = weights.number("min", -1.0), weights.number("max", 1.0)
        if low != -high:
            weights.report("min", "weights span the window with both signs equally here")
        weights.leave_out("larger weights are cut off here", clipping=True)
        return {"scale": max(abs(low), abs(high))}
    share = weights.number("percentile", 1.0)
    if share > 1:
        weights.report("percentile", "the largest weight spans the window here; Mapping(scale=...) sets another one")
        return {}
    if share < 1:
        weights.report("percentile", "of the sizes of weights here; the same for as many weights of either sign")
    return {"percentile": 100 * (2 * share - 1)}


def _largest_input(core: Fields, xbar: Fields) -> float:
    """Input that the DACs turn into the largest voltage, and in units of which CrossSim states currents."""
    inputs = core.part("mapping").part("inputs")
    if not inputs.read("_match", True) or not xbar.part("adc").read("_match", True):
        inputs.report("vmm", "x @ core has converters of its own there; x @ crossbar stands for core @ x here")
    inputs.pass_over("vmm")
    mvm = inputs.part("mvm")
    mvm.pass_over("clipping", "min", "max")
    if mvm.read("percentile", None) is not None:
        mvm.report("percentile", "one range for all inputs here: DAC(range=...)")
        return 1.0
    low, high = mvm.number("min", -1.0), mvm.number("max", 1.0)
    if not low < high:
        raise InputError(f"{mvm.path}.min: {low:g} is not below max, which is {high:g}")
    signed = bool(xbar.part("dac").part("mvm").read("signed", True))
    if low != (-high if signed else 0.0):
        mvm.report("min", f"the range of inputs begins at {'minus its end' if signed else '0'} here")
    return (high - low) / 2 if signed else high - low


def _dac(xbar: Fields, largest: float) -> DAC | None:
    xbar.part("dac").pass_over("vmm")
    dac = xbar.part("dac").part("mvm")
    dac.pass_over("input_bitslicing", "slice_size")
    model, bits = dac.read("model", "IdealDAC"), int(dac.number("bits", 0))
    signed = bool(dac.read("signed", True))
    if model == "IdealDAC" or bits == 0:
        return None
    if model not in ("QuantizerDAC", "SignMagnitudeDAC"):
        raise InputError(f"{dac.path}.model: '{model}' is not known{nearest(str(model), _DACS)}")
    if model == "QuantizerDAC" and signed:
        dac.report("model", f"{2**bits} levels without 0 there; {2**bits - 1} levels with 0 here")
    coding = "serial" if dac.read("input_bitslicing", False) else "voltage"
    return DAC(bits=bits, range=largest, polarity="bipolar" if signed else "unsigned", coding=coding)


_DACS = ("IdealDAC", "QuantizerDAC", "SignMagnitudeDAC")
_ADC_ERRORS = (
    "gain_db",
    "sigma_capacitor",
    "sigma_comparator",
    "sigma_C1",
    "sigma_C2",
    "sigma_Cpar",
    "symmetric_cdac",
    "split_cdac",
    "group_size",
)
"""Fields of ADCs of one kind, which are left out with the kind."""
_ADCS = ("IdealADC", "QuantizerADC", "SignMagnitudeADC", "RampADC", "SarADC", "PipelineADC", "CyclicADC")


def _adc(xbar: Fields, unit: float, mapping: Mapping) -> ADC | None:
    """The ADCs; `unit` is a current of 1 of CrossSim in units of V_read (G_max - G_min)."""
    xbar.part("adc").pass_over("vmm")
    adc = xbar.part("adc").part("mvm")
    model, bits = adc.read("model", "IdealADC"), int(adc.number("bits", 0))
    if model not in _ADCS:
        raise InputError(f"{adc.path}.model: '{model}' is not known{nearest(str(model), _ADCS)}")
    if model == "IdealADC" or bits == 0:
        adc.pass_over_rest()
        return None
    adc.pass_over("signed", *_ADC_ERRORS)
    if model not in ("QuantizerADC", "SignMagnitudeADC"):
        adc.report("model", "its errors are ADC(gain=..., offset=..., dnl=..., inl=...) here, which are 0")
    adc.leave_out("codes are rounded to the nearest here", stochastic_rounding=False)
    adc.leave_out("all bits of the inputs have one conversion here", adc_per_ibit=False)
    adc.pass_over("calibrated_range")
    kind = adc.option("adc_range_option", "CALIBRATED", _RANGES)
    if kind != "CALIBRATED":
        hint = f"range={unit:g} times the rows of a tile" if kind == "MAX" else "by the smallest step"
        adc.report("adc_range_option", f"the size of the array sets it there ({hint}); Crossbar.calibrate here")
        return ADC(bits=bits, range="max")
    limits = adc.numbers("calibrated_range")
    if mapping.slices > 1 and limits.shape == (mapping.slices, 2):
        if not (limits == limits[0]).all():
            adc.report("calibrated_range", "all slices have one range here, that of the widest one there")
        limits = limits[np.argmax(np.abs(limits).max(axis=1))]
    if limits.shape != (2,) or not limits[0] < limits[1]:
        raise InputError(f"{adc.path}.calibrated_range: {shown(adc.read('calibrated_range', None))} is not [min, max]")
    low, high = map(float, limits)
    signed = low < 0
    if low not in (-high, 0.0):
        adc.report("calibrated_range", "a range begins at minus its end or at 0 here")
    elif signed and model == "QuantizerADC":
        adc.report("model", f"{2**bits} levels without 0 there; {2**bits - 1} levels with 0 here")
    return ADC(bits=bits, range=max(abs(low), abs(high)) * unit, signed=signed)


def _wires(array: Fields, smallest: float) -> Wires | None:
    """Wires; CrossSim states their resistances in units of the smallest resistance of a cell."""
    array.leave_out("currents of a column have no largest value here", Icol_max=0)
    lines = array.part("parasitics")
    lines.pass_over("gate_input", "disable_slices", "selected_rows")
    row, col = lines.number("Rp_row", 0.0), lines.number("Rp_col", 0.0)
    if not lines.read("enable", False) or not (row or col):
        return None
    lines.leave_out("inputs drive word lines here, not the gates of transistors", gate_input=False)
    return Wires(word_resistance=row * smallest, bit_resistance=col * smallest)


def _tile(core: Fields, mapping: Mapping) -> tuple[int, int] | None:
    """Size of the arrays; a pair takes two columns."""
    rows, outputs = int(core.number("rows_max", 1024)), int(core.number("cols_max", 1024))
    weights = core.part("mapping").part("weights")
    if rows <= 0 and outputs <= 0:
        return None
    for name in ("row_partition_strategy", "col_partition_strategy"):
        if weights.option(name, "EQUAL", _CUTS) == "EQUAL":
            weights.report(name, "each tile is filled before the next one here; no difference where tiles are full")
    lines = (2 if mapping.kind == "pair" else 1) * mapping.slices
    return rows if rows > 0 else _LARGEST, outputs * lines if outputs > 0 else _LARGEST
