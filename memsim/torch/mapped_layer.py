"""How the weights of a layer lie on cells: their scale, what ideal cells hold of them, and learned factors of outputs.

The parameter `weight` is in units of its own where factors are learned: the weight of torch is `weight` times the
factor of its output. Sums of products here are in the units of `weight`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from memsim.arrays import Mapping
from memsim.arrays.programmed_layer import weight_scales
from memsim.arrays.programming.algorithms import Algorithm, Selective
from memsim.errors import InputError
from memsim.torch.fingerprint import fingerprint
from memsim.torch.hardware import Hardware
from memsim.torch.quantise import Through
from memsim.torch.weighted_layer import WeightedLayer

TOP_RANK = 1 << 52
"""Rank of the weight of a network on which its loss depends most."""


class Span(NamedTuple):
    """What weights and biases are divided by.

    Attributes
    ----------
    drive : float
        Voltage of the bias row, in units of the inputs.
    scale : float or (col,)
        Weight that spans the bounds.
    """

    drive: float
    scale: float | Tensor


class Slice(NamedTuple):
    """What the cells of a slice hold, as if the other slices had the same digits.

    Attributes
    ----------
    share : float
        Part of a weight that the slice stands for.
    weight : Tensor
        Shaped as the parameter.
    bias : (col,) or None
        Bias over the voltage of its row.
    """

    share: float
    weight: Tensor
    bias: Tensor | None


class MappedLayer(WeightedLayer):
    """Weights of a layer and their mapping; see `AnalogLayer` for the attributes."""

    scales: Tensor
    ranks: Tensor
    bias_ranks: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor | None, hardware: Hardware, place: int = 0, label: str = ""
    ) -> None:
        super().__init__(weight, bias, hardware, place, label)
        self.register_buffer("scales", weight.new_zeros(len(weight)))
        if isinstance(hardware.algorithm, Selective):  # 0 before `measure_sensitivity`
            for name, shape in (("ranks", weight.shape), ("bias_ranks", weight.shape[:1])):
                self.register_buffer(name, torch.zeros(shape, dtype=torch.int64))
        self.learns_scales = False
        self._passing = False  # while a forward pass goes on, fingerprints of weights are taken once
        self._known: tuple[tuple[int, ...], tuple[int, ...]] | None = None
        self._span: tuple[tuple[int, ...], Span] | None = None
        self._held: tuple[tuple[int, ...], list[Slice]] | None = None
        self.check_signs()

    @property
    def learned(self) -> bool:
        """Whether each output has a factor of its own, which training sets."""
        return isinstance(self.scales, nn.Parameter)

    def learn_scales(self, learn: bool) -> None:
        """Let the factors of outputs be trained, beginning with the scales of columns; or leave them as they are.

        Raises
        ------
        InputError
            If the hardware has one scale for the layer.
        """
        if learn and self.hardware.scales != "column":
            raise InputError(
                f"{self.label}: learn_scales needs hardware whose outputs have scales of their own; allowed: "
                "Hardware(scales='column')"
            )
        self.learns_scales = learn
        if learn and not self.learned:
            self._start_scales()
        if self.learned:
            self.scales.requires_grad_(learn)

    def _start_scales(self) -> None:
        scale = self.span.scale
        assert isinstance(scale, Tensor)
        with torch.no_grad():
            self.weight.div_(self.along_weight(scale))
        self._hold_scales(scale)

    def _hold_scales(self, scale: Tensor) -> None:
        del self.scales
        self.register_parameter("scales", nn.Parameter(scale.to(self.weight).clone()))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **kwargs: Any) -> None:
        stored = state_dict.get(f"{prefix}scales")
        has_factors = stored is not None and bool(stored.any())
        if has_factors and not self.learned:
            self._hold_scales(torch.ones_like(self.scales))
        elif stored is not None and not has_factors and self.learned:
            zeros = torch.zeros_like(self.scales.detach())
            del self.scales
            self.register_buffer("scales", zeros)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
        if not self.learned and self.learns_scales:
            self._start_scales()

    def torch_weight(self) -> Tensor:
        """The weight of the layer of torch."""
        return self.weight * self.along_weight(self.scales) if self.learned else self.weight

    def own_bias(self) -> Tensor | None:
        """The bias that a row of cells holds, in the units of `weight`; None without one."""
        bias = self.row_bias
        return bias / self.scales if bias is not None and self.learned else bias

    def _parts(self) -> list[Tensor]:
        """What the cells hold."""
        return [self.weight] if self.row_bias is None else [self.weight, self.row_bias, self.scales]

    def _counted(self) -> tuple[int, ...]:
        """The parameters, and how often torch has counted a write to them."""
        return tuple(number for part in self._parts() for number in (id(part), part._version))

    def version(self) -> tuple[int, ...]:
        """Numbers that change whenever weights on cells do; see `fingerprint`."""
        parts, counted = self._parts(), self._counted()
        if self._known is not None and self._known[0] == counted:
            return self._known[1]
        version = counted + tuple(fingerprint(part) for part in parts)
        if self._passing:
            self._known = counted, version
        return version

    def along_weight(self, values: Any) -> Any:
        """Numbers of outputs such that they multiply `weight`; a single number as it is."""
        return values.reshape(-1, *[1] * (self.weight.ndim - 1)) if isinstance(values, Tensor) else values

    def along_outputs(self, values: Any, y: Tensor) -> Any:
        """Numbers of outputs such that they multiply outputs y; a single number as it is."""
        return self.beside(values, y) if isinstance(values, Tensor) else values

    def check_signs(self) -> None:
        """Refuse weights that the mapping has no place for.

        Raises
        ------
        InputError
            If there are such weights.
        """
        if self.hardware.plan.kind != "single":
            return
        for part in (self.weight, self.row_bias):
            least = math.inf if part is None else float(part.detach().min())
            try:
                self.hardware.plan.check_signs(np.array([least]))
            except InputError as error:
                raise InputError(f"{self.label}: {error}") from None

    def selection(self) -> tuple[Algorithm | None, np.ndarray | None]:
        """What programs the cells, and the ranks of their weights where it selects some, (row, col), a bias included.

        Raises
        ------
        InputError
            If the sensitivities are not measured.
        """
        algorithm = self.hardware.algorithm
        if not isinstance(algorithm, Selective):
            return algorithm, None
        if not bool(self.ranks.any()):
            raise InputError(
                f"{self.label}: algorithm 'selective' needs the sensitivities of weights; call "
                "memsim.torch.measure_sensitivity(model, loader)"
            )
        ranks = self.as_matrices(self.ranks) / TOP_RANK
        if self.row_bias is not None:
            bias = self.bias_ranks.cpu().numpy().reshape(*ranks.shape[:-2], 1, -1) / TOP_RANK
            ranks = np.concatenate([ranks, bias], axis=-2)
        return dataclasses.replace(algorithm, share=float((ranks > 1 - algorithm.share).mean())), ranks

    @property
    def plan(self) -> Mapping:
        """How `weight` becomes states: where factors are learned, a weight of 1 spans the bounds."""
        plan = self.hardware.plan
        return dataclasses.replace(plan, scale=1.0) if self.learned else plan

    @property
    def span(self) -> Span:
        """What the weights are divided by."""
        version = self.version()
        if self._span is None or self._span[0] != version:
            self.check_signs()
            self._span = version, self._spanned()
        return self._span[1]

    def _spanned(self) -> Span:
        plan, bias = self.plan, self.own_bias()
        if plan.scale is None and plan.percentile == 100:  # the same numbers, in a tenth of the time
            sizes = self.weight.detach().abs()
            sizes = sizes.max().reshape(1, 1) if self._layer_scale and bias is None else sizes.flatten(1).amax(1)[None]
            matrices = sizes.cpu().numpy().astype(float)
            bias_matrix = None if bias is None else bias.detach().cpu().numpy().astype(float)[None]
        else:
            matrices, bias_matrix = self.matrices(), self.bias_matrix()
        try:
            drive, scale = weight_scales(matrices, bias_matrix, plan, "layer" if self._layer_scale else "column")
        except InputError as error:
            raise InputError(f"{self.label}: {error}") from None
        return Span(drive, scale if isinstance(scale, float) else torch.from_numpy(scale.reshape(-1)).to(self.weight))

    @property
    def _layer_scale(self) -> bool:
        return self.learned or self.hardware.scales == "layer"

    def bias_matrix(self) -> np.ndarray | None:
        """The bias that a row of cells holds, (col,) or (group, col), float64."""
        bias = self.own_bias()
        if bias is None:
            return None
        numbers = bias.detach().cpu().numpy().astype(float)
        return numbers.reshape(self.groups, -1) if self.groups > 1 else numbers

    @property
    def unit(self) -> float | Tensor:
        """Weight that an output of 1, in units of V_read (G_max - G_min), stands for; of all outputs or of each."""
        one = dataclasses.replace(self.plan, scale=1.0)
        return self.span.scale * one.unit(self.hardware.bounds)

    @property
    def common(self) -> float | Tensor:
        """Weight that the conductance stands for which digital arithmetic subtracts, see `Mapping.common`."""
        offset = self.hardware.cells.spec.conductance.offset
        conductance = self.plan.common(self.hardware.bounds, offset)
        return conductance * self.unit if conductance else 0.0

    def ideal_slices(self) -> list[Slice]:
        """What ideal cells hold of the parameters; the gradient passes straight through to these."""
        drive = self.span.drive
        bias = self.own_bias()
        bias = None if bias is None else bias / drive
        plan = self.plan
        if plan.slice_bits is None and plan.scale is None and plan.percentile == 100:
            return [Slice(1.0, self.weight, bias)]
        version = self.version()
        if self._held is None or self._held[0] != version:
            self._held = version, self._digits()
        return [
            Slice(share, Through.apply(self.weight, held), None if bias is None else Through.apply(bias, held_bias))
            for share, held, held_bias in self._held[1]
        ]

    def _digits(self) -> list[Slice]:
        """What ideal cells hold, without gradients."""
        matrices, bias, (drive, scale) = self.matrices(), self.bias_matrix(), self.span
        if bias is not None:
            matrices = np.concatenate([matrices, bias[..., None, :] / drive], axis=-2)
        across: Any = scale
        if isinstance(scale, Tensor):
            across = scale.cpu().numpy().astype(float).reshape(*matrices.shape[:-2], 1, -1)
        plan = dataclasses.replace(self.plan, scale=1.0)
        single = dataclasses.replace(plan, slices=1)
        states = plan.states(matrices / across)
        pairs = 2 if plan.kind == "pair" else 1
        lines = np.split(states, pairs * plan.slices, axis=-1)
        return self.as_slices(
            np.stack(
                [
                    single.weights(np.concatenate(lines[digit :: plan.slices], axis=-1)) * across
                    for digit in range(plan.slices)
                ]
            )
        )

    def as_slices(self, matrices: np.ndarray) -> list[Slice]:
        """Weights of cells (slice, ..., row, col), the row of biases last, as `Slice`s."""
        slices = []
        for share, matrix in zip(self.plan.shares, matrices, strict=True):
            bias = None
            if self.row_bias is not None:
                bias = torch.from_numpy(np.ascontiguousarray(matrix[..., self.rows, :]).reshape(-1)).to(self.weight)
            slices.append(Slice(float(share), self.as_weight(matrix[..., : self.rows, :]).to(self.weight), bias))
        return slices
