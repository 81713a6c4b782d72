"""The hardware of an analog network: a frozen description, in Python or in a YAML file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from memsim.arrays import ADC, DAC, Mapping, Wires
from memsim.arrays.checks import LARGEST_ERROR, check_bounds, whole
from memsim.arrays.checks import number as checked_number
from memsim.arrays.interconnect import tiles
from memsim.arrays.programmed_layer import check_scales
from memsim.arrays.programming.algorithms import Algorithm, algorithm_of
from memsim.document import Document
from memsim.document.fields import NONE_WORD, Count, Section
from memsim.errors import InputError, nearest
from memsim.experiments.circuits import ADCSpec, DACSpec, MappingKeys, MappingSpec, Tile, WiresSpec
from memsim.experiments.devices import Choice, Devices
from memsim.experiments.learners import Pair, PartName, Seed, as_tuple
from memsim.experiments.programming import Programming
from memsim.philox import MAX_SEED
from memsim.profiles import DeviceProfile, device_of
from memsim.profiles.idealised import PARTS, idealised

BIASES = ("digital", "row")


class HardwareSpec(Section):
    """Keys of a hardware file."""

    device: Choice = "ideal"
    tile: Tile = None
    dac: Annotated[DACSpec | None, NONE_WORD] = None
    adc: Annotated[ADCSpec | None, NONE_WORD] = None
    wires: Annotated[WiresSpec | None, NONE_WORD] = None
    bounds: Pair = (0.0, 1.0)
    mapping: MappingSpec = MappingKeys()
    scales: Literal["layer", "column"] = "layer"
    cycles: Annotated[int, Count(1, 1_000_000)] = 1
    error: Annotated[float, Field(allow_inf_nan=False, ge=0, le=LARGEST_ERROR)] = 0.0
    programming: Annotated[Programming | None, NONE_WORD] = None
    ideal: Annotated[tuple[PartName, ...], BeforeValidator(as_tuple)] = ()
    bias: Literal["digital", "row"] = "digital"
    seed: Seed = 0


@dataclass(frozen=True, repr=False)
class Hardware:
    """What layers with weights run on.

    Inputs are divided by the input range of their layer, and the DACs convert them to voltages. Each tile of cells has
    its own wires and converters. All other arithmetic is digital.

    Parameters
    ----------
    device : DeviceProfile or str
        The cells; a name of a shipped profile, or the path of a YAML file.
    tile : (rows, columns), optional
        Size of the arrays over which larger layers are split. Columns are bit lines, of which an output has one or,
        with pairs, two for each slice. One array of any size if not given.
    dac, adc : DAC, ADC or int, optional
        Converters of inputs and outputs; a number is their resolution [bit]. Ideal if not given.
    wires : Wires, optional
        Resistances of the lines of each tile; none if not given.
    bounds : (float, float)
        Range of the states w that the weights span.
    mapping : Mapping or {"pair", "reference", "offset", "single"}
        Which cells hold a weight, and which weight spans the bounds; a string is the kind. Weights beyond
        ``mapping.percentile`` of the sizes of the weights are cut off; by default, none are. Biases are never cut off.
    scales : {"layer", "column"}
        Whether all weights of a layer have one scale, or the weights of each output have their own, so that its largest
        |weight| spans the bounds and a digital factor of the output undoes it. `Training.learn_scales` trains these
        factors.
    cycles : int
        Rounds of programming, see `memsim.Crossbar.program`.
    error : float
        Standard deviation of a further Gaussian error of each cell, in units of the window.
    programming : Algorithm or str, optional
        Algorithm, or its name, such as "radar"; see docs/programming.md. "selective" needs
        `measure_sensitivity`. If not given, cells are programmed in rounds of pulses, or with the error that the device
        states for its own programming.
    ideal : tuple of str
        Parts of the device that are taken as ideal: bounds, update, c2c, d2d, read; see docs/circuits.md.
    bias : {"digital", "row"}
        Biases are added as numbers, or are a further row of cells.
    seed : int
        Key of every random number, 0 to 2^64 - 1.

    Attributes
    ----------
    cells : DeviceProfile
        The device with its ideal parts.

    Raises
    ------
    InputError
        If a setting is not allowed.

    Examples
    --------
    >>> Hardware(device="pcm-joshi2020", tile=(512, 512), dac=8, adc=8, seed=7)
    """

    device: DeviceProfile | str = "ideal"
    tile: tuple[int, int] | None = None
    dac: DAC | int | None = None
    adc: ADC | int | None = None
    wires: Wires | None = None
    bounds: tuple[float, float] = (0.0, 1.0)
    mapping: Mapping | str = "pair"
    scales: str = "layer"
    cycles: int = 1
    error: float = 0.0
    programming: Algorithm | str | None = None
    ideal: tuple[str, ...] = ()
    bias: str = "digital"
    seed: int = 0
    cells: DeviceProfile = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, converter in (("dac", DAC), ("adc", ADC)):
            bits = getattr(self, name)
            if isinstance(bits, int) and not isinstance(bits, bool):
                object.__setattr__(self, name, converter(bits=bits))
        parts: tuple[tuple[str, type], ...] = (("dac", DAC), ("adc", ADC), ("wires", Wires))
        for name, kind in parts:
            part = getattr(self, name)
            if part is not None and not isinstance(part, kind):
                number = " or a number of bits," if kind is not Wires else ""
                raise InputError(f"{name}: {part!r} is not allowed; a memsim.{kind.__name__},{number} or None")
        tiles(self.tile, 1, 1)
        check_bounds(self.bounds, device_of(self.device))
        whole("cycles", self.cycles, 1)
        checked_number("error", self.error, 0, LARGEST_ERROR)
        if isinstance(self.mapping, str):
            object.__setattr__(self, "mapping", Mapping(self.mapping))
        if not isinstance(self.mapping, Mapping):
            raise InputError(f"mapping: {self.mapping!r} is not allowed; a memsim.Mapping, or the name of its kind")
        check_scales(self.mapping, self.scales)
        if isinstance(self.programming, str):
            object.__setattr__(self, "programming", algorithm_of(self.programming))
        if not isinstance(self.programming, Algorithm | None):
            raise InputError(
                f"programming: {self.programming!r} is not allowed; an algorithm, such as Radar(window=0.01), or its "
                "name"
            )
        if self.programming is not None and self.cycles != 1:
            raise InputError(f"cycles: algorithm '{self.programming.name}' has no rounds of this kind; leave it out")
        if not isinstance(self.ideal, str | Iterable):
            raise InputError(f"ideal: {self.ideal!r} is not allowed; some of {', '.join(PARTS)}")
        if isinstance(self.ideal, str):
            object.__setattr__(self, "ideal", (self.ideal,))
        object.__setattr__(self, "ideal", tuple(self.ideal))
        for part in self.ideal:
            if part not in PARTS:
                raise InputError(f"ideal: unknown part {part!r}{nearest(part, PARTS)}; allowed: {', '.join(PARTS)}")
        if self.bias not in BIASES:
            raise InputError(f"bias: {self.bias!r} is not allowed; allowed: {' or '.join(BIASES)}")
        if isinstance(self.seed, bool) or not (isinstance(self.seed, int) and 0 <= self.seed <= MAX_SEED):
            raise InputError(f"seed: {self.seed!r} is not a whole number from 0 to {MAX_SEED}")
        device = device_of(self.device)
        object.__setattr__(self, "device", device)
        object.__setattr__(self, "cells", idealised(device, self.ideal).device)

    def __repr__(self) -> str:
        named = {part.name: getattr(self, part.name) for part in fields(self) if part.init and part.name != "device"}
        values = [f"{name}={value!r}" for name, value in named.items() if value != _default(name)]
        return f"Hardware({', '.join([f'device={self.cells.name!r}', *values])})"

    @property
    def inputs(self) -> DAC | None:
        """The converters of inputs."""
        assert not isinstance(self.dac, int)
        return self.dac

    @property
    def outputs(self) -> ADC | None:
        """The converters of outputs."""
        assert not isinstance(self.adc, int)
        return self.adc

    @property
    def algorithm(self) -> Algorithm | None:
        """The algorithm of programming; None for rounds of pulses, or the device's error model."""
        assert not isinstance(self.programming, str)
        return self.programming

    @property
    def plan(self) -> Mapping:
        """How weights become states."""
        assert not isinstance(self.mapping, str)
        return self.mapping

    @classmethod
    def from_yaml(cls, path: str | os.PathLike[str]) -> Hardware:
        """The hardware that a YAML file describes; its keys are the parameters of `Hardware`.

        The file may name shipped devices and files in its own folder.

        Raises
        ------
        InputError
            If the file cannot be read, or a key or value is not allowed (with file, line and the nearest match).
        """
        return cls._of(Document.from_file(path, what="a description of hardware"), Devices(folder=Path(path).parent))

    @classmethod
    def _of(cls, document: Document, devices: Devices) -> Hardware:
        spec = document.validate(HardwareSpec)
        device = devices.find(spec.device)
        if device is None:
            name = devices.name(spec.device)
            text = f"device: there is no '{name}' among the shipped devices or beside this file"
            raise document.error([(("device",), text)])
        try:
            return cls(
                device=device,
                tile=spec.tile,
                dac=spec.dac.converter if spec.dac else None,
                adc=spec.adc.converter if spec.adc else None,
                wires=spec.wires.wires if spec.wires else None,
                mapping=spec.mapping.mapping,
                programming=spec.programming.chosen if spec.programming else None,
                **{key: getattr(spec, key) for key in ("bounds", "scales", "cycles", "error", "ideal", "bias", "seed")},
            )
        except InputError as error:
            key = str(error).partition(": ")[0]
            raise document.error([(tuple(key.split(".")), str(error))]) from None

    def settings(self) -> dict[str, Any]:
        """All settings as plain data, the device by name."""
        values = {part.name: getattr(self, part.name) for part in fields(self) if part.init}
        values["device"] = self.cells.name
        parts = {
            key: asdict(values[key])
            for key in ("mapping", "dac", "adc", "wires", "programming")
            if values[key] is not None
        }
        if self.algorithm is not None:
            parts["programming"]["algorithm"] = self.algorithm.name
        return values | parts


def _default(name: str) -> Any:
    """The value that `Hardware` keeps of a parameter which is not stated."""
    return Mapping() if name == "mapping" else getattr(Hardware, name)
