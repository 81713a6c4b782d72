"""Schema of an experiment of the task `infer`: trained networks from files, on arrays that are compared."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from memsim.arrays.checks import LARGEST_ERROR
from memsim.arrays.compensation import BATCH_NORM, COMPENSATIONS
from memsim.document.fields import Count, Place, Section, problem
from memsim.experiments.circuits import MappingKeys, MappingSpec
from memsim.experiments.energy import EnergySpec
from memsim.experiments.labelled import LabelledSpec
from memsim.experiments.learners import ArraySpec, LearnerBase, as_tuple
from memsim.experiments.programming import refuse_selection
from memsim.experiments.schema import DataExperimentSpec

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)]
LayerName = Annotated[str, Field(min_length=1, max_length=1000)]
Channels = Annotated[tuple[Number, ...], Field(min_length=1, max_length=64)]
Spreads = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=64)]


def _nothing(value: Any) -> Any:
    if value != []:
        raise problem("the task 'infer' trains nothing, so there is nothing to keep; leave it out")
    return value


class PreprocessingSpec(Section):
    """How images become inputs of a network: (scale * pixel - mean) / std, in a layout; pixels are from 0 to 1.

    NCHW is (sample, channel, y, x), NHWC has the channels last, NHW has none, and NC has all pixels on one axis.
    """

    layout: Annotated[Literal["NCHW", "NHWC", "NHW", "NC"], Field(examples=["NCHW"])]
    scale: Positive = 1.0
    mean: Annotated[Number | Channels, BeforeValidator(as_tuple)] = 0.0
    std: Annotated[Positive | Spreads, BeforeValidator(as_tuple)] = 1.0


class TrainedNetworkSpec(Section):
    """A trained network in a file: an ONNX model, or weights of one of memsim's architectures."""

    ALTERNATIVES: ClassVar[tuple[str, ...]] = ("onnx", "weights")
    """Keys of which a section has one; a change of one of them removes the other."""

    onnx: Place | None = Field(default=None, description="a network that is shipped, or the path of an ONNX file")
    weights: Place | None = Field(
        default=None, description="a network that is shipped, or the path of a training or safetensors file of memsim"
    )
    preprocessing: Annotated[PreprocessingSpec, Field(examples=["{layout: NCHW}"])]
    batch_norm: Literal["digital", "folded"] = Field(
        default="digital", description="whether batch normalisations are folded into the layers before them"
    )

    exclude: Annotated[tuple[LayerName, ...], BeforeValidator(as_tuple), Field(max_length=1000)] = Field(
        default=(), description="names of layers that stay digital; * and ? stand for other characters"
    )

    @property
    def kind(self) -> Literal["onnx", "weights"]:
        """Key that names the file."""
        return "weights" if self.onnx is None else "onnx"

    @property
    def file(self) -> str:
        """Name or path of the file."""
        return self.onnx or self.weights or ""

    @model_validator(mode="after")
    def _one_file(self) -> TrainedNetworkSpec:
        if (self.onnx is None) == (self.weights is None):
            which = "none is stated" if self.onnx is None else "both are stated"
            raise problem(f"{which}; allowed: 'onnx', an ONNX file, or 'weights', a file of memsim")
        return self


class NetworkArraySpec(ArraySpec):
    """The crossbars of all layers of a network, and how weights get onto them; see `memsim.torch.Hardware`."""

    mapping: MappingSpec = MappingKeys()
    scales: Literal["layer", "column"] = "layer"
    bias: Literal["digital", "row"] = "digital"
    cycles: Annotated[int, Count(1, 1_000_000)] = 1
    error: Annotated[float, Field(allow_inf_nan=False, ge=0, le=LARGEST_ERROR)] = 0.0

    @model_validator(mode="after")
    def _possible(self) -> NetworkArraySpec:
        if self.bounds is None:
            raise problem("weights span the bounds; allowed: [low, high] within [0, 1]", "bounds")
        if self.column is not None:
            raise problem("the mapping decides it; leave it out, or state array.mapping", "column")
        if self.mapping.scale is not None and self.scales == "column":
            raise problem("one for all weights; allowed with 'scales: layer', or leave it out", "mapping", "scale")
        if self.programming is not None and self.cycles != 1:
            text = f"algorithm '{self.programming.algorithm}' has no rounds of this kind; leave it out"
            raise problem(text, "cycles")
        refuse_selection(self.programming, "programming", "algorithm")
        return self


class InferenceSpec(LearnerBase):
    """One trained network on one kind of array."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array", "network", "aging"),)
    NAMES: ClassVar[tuple[str, ...]] = ("network on crossbars",)
    COLUMN: ClassVar[str | None] = "pair"

    array: NetworkArraySpec = NetworkArraySpec()
    network: Annotated[
        TrainedNetworkSpec, Field(examples=["{onnx: model.onnx, preprocessing: {layout: NCHW, scale: 1}}"])
    ]

    @property
    def programs(self) -> bool:
        """Weights are programmed into the cells."""
        return True

    @model_validator(mode="after")
    def _without_training(self) -> InferenceSpec:
        if self.aging.compensation == BATCH_NORM:
            allowed = ", ".join(kind for kind in COMPENSATIONS if kind != BATCH_NORM)
            text = f"'{BATCH_NORM}' is for networks that memsim trains or memsim.torch evaluates; allowed: {allowed}"
            raise problem(text, "aging", "compensation")
        if self.aging.refresh is not None and self.aging.refresh.budget is not None:
            raise problem("is for networks that memsim trains; allowed: 'after', a time", "aging", "refresh", "budget")
        return self


class InferSpec(DataExperimentSpec):
    """An experiment: labelled images, and trained networks on arrays."""

    INDEPENDENT: ClassVar[bool] = True

    task: Literal["infer"] = "infer"
    data: LabelledSpec = Field(default=LabelledSpec(), examples=["{source: digits}"])
    learners: Annotated[
        list[InferenceSpec],
        Field(
            min_length=1,
            max_length=1000,
            examples=["[{name: A, network: {onnx: model.onnx, preprocessing: {layout: NCHW}}}]"],
        ),
    ]
    repeats: Annotated[int, Count(1, 1000)] = Field(default=5, description="programmings of each network")
    calibration: Annotated[int, Count(1, 100_000)] = Field(
        default=200, description="training images by which the ranges of converters are set"
    )
    energy: EnergySpec | None = None
    keep: Annotated[list[str], BeforeValidator(_nothing), Field(json_schema_extra={"maxItems": 0})] = Field(default=[])
