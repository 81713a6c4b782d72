"""Layers that take the places of those of torch: linear ones and convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from memsim.arrays import Patches
from memsim.errors import InputError
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.hardware import Hardware

Axes = Sequence[int]
"""A number for each axis of an image."""


class AnalogLinear(AnalogLayer):
    """`torch.nn.Linear` on crossbars: inputs (..., row), outputs (..., col).

    The first axis of the inputs counts samples; all axes between it and the last one are positions, such as tokens.
    """

    @property
    def in_features(self) -> int:
        return self.rows

    @property
    def out_features(self) -> int:
        return len(self.weight)

    @classmethod
    def of(cls, layer: nn.Linear, hardware: Hardware, place: int = 0, label: str = "") -> Self:
        """The layer with the weights of one of torch."""
        return cls(*_copied(layer), hardware, place, label)

    def forward(self, x: Tensor) -> Tensor:
        if not x.ndim or x.shape[-1] != self.rows:
            raise InputError(f"{self.label}: inputs of shape {tuple(x.shape)}; allowed: (..., {self.rows})")
        return super().forward(x)

    def at_step(self, x: Tensor, step: int) -> Tensor:
        """Outputs of a recurrent layer at a time step; all steps of a sequence are one call of the layer."""
        self.step = step
        try:
            return self(x)
        finally:
            self.step = 0

    def as_torch(self) -> nn.Linear:
        """The layer of torch with the same weights."""
        outputs, inputs = self.weight.shape
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs, bias=self.bias is not None, **_where(self.weight))
        return _filled(layer, self)

    def as_matrices(self, weight: Tensor) -> np.ndarray:
        return weight.detach().cpu().numpy().astype(float).T

    @property
    def rows(self) -> int:
        return self.weight.shape[1]

    def as_weight(self, matrices: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(matrices.T))

    def as_mask(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows.T)

    def product(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.linear(x, weight)


class _Convolution(AnalogLayer):
    """Convolutions of any number of axes, which the crossbars see as those of images.

    Attributes
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation
        As of `torch.nn.Conv2d`.
    around : tuple of int
        Padding before and after, from the last axis to the first, as of `torch.nn.functional.pad`; the constructor
        takes it as `padding`.
    groups : int
        Groups of channels, each with cells of its own.
    padding_mode : str
        What surrounds the inputs.
    """

    AXES = 2
    KIND: type[nn.Module] = nn.Conv2d

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        hardware: Hardware,
        place: int = 0,
        label: str = "",
        *,
        stride: tuple[int, ...] | None = None,
        padding: tuple[int, ...] | None = None,
        dilation: tuple[int, ...] | None = None,
        groups: int = 1,
        padding_mode: str = "zeros",
    ) -> None:
        if weight.ndim != self.AXES + 2:
            raise InputError(f"{label or 'weight'}: shape {tuple(weight.shape)}; allowed: {self.AXES + 2} axes")
        super().__init__(weight, bias, hardware, place, label)
        self.stride = stride or (1,) * self.AXES
        self.around = padding or (0,) * (2 * self.AXES)
        self.dilation = dilation or (1,) * self.AXES
        self.groups, self.padding_mode = groups, padding_mode

    @classmethod
    def of(cls, layer: Any, hardware: Hardware, place: int = 0, label: str = "") -> Self:
        """The layer with the weights of one of torch."""
        return cls(
            *_copied(layer),
            hardware,
            place,
            label,
            stride=tuple(layer.stride),
            padding=tuple(layer._reversed_padding_repeated_twice),
            dilation=tuple(layer.dilation),
            groups=layer.groups,
            padding_mode=layer.padding_mode,
        )

    @property
    def in_channels(self) -> int:
        return self.weight.shape[1] * self.groups

    @property
    def out_channels(self) -> int:
        return len(self.weight)

    @property
    def kernel_size(self) -> tuple[int, ...]:
        return tuple(self.weight.shape[2:])

    @property
    def padding(self) -> str | tuple[int, ...]:
        """As of the layer of torch; "same" where it differs before and after."""
        before, after = self.around[::2][::-1], self.around[1::2][::-1]
        return before if before == after else "same"

    def as_torch(self) -> nn.Module:
        """The layer of torch with the same weights."""
        outputs, inputs, *kernel = self.weight.shape
        layer = nn.utils.skip_init(
            self.KIND,
            inputs * self.groups,
            outputs,
            tuple(kernel),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias is not None,
            padding_mode=self.padding_mode,
            **_where(self.weight),
        )
        return _filled(layer, self)

    def forward(self, x: Tensor) -> Tensor:
        batched = x.ndim == self.AXES + 2
        channels = self.in_channels
        if x.ndim - batched != self.AXES + 1 or x.shape[batched] != channels:
            raise InputError(
                f"{self.label}: inputs of shape {tuple(x.shape)}; allowed: {channels} channels and {self.AXES} axes, "
                "with samples first or without"
            )
        y = super().forward(self.padded(x))
        return y if batched else y[0]

    def padded(self, x: Tensor) -> Tensor:
        x = x if x.ndim == self.AXES + 2 else x[None]
        if not any(self.around):
            return x
        return F.pad(x, self.around, mode="constant" if self.padding_mode == "zeros" else self.padding_mode)

    def output_axis(self, y: Tensor) -> int:
        return 1

    def as_matrices(self, weight: Tensor) -> np.ndarray:
        numbers = weight.detach().cpu().numpy().astype(float)
        grouped = numbers.reshape(self.groups, len(numbers) // self.groups, -1).swapaxes(1, 2)
        return grouped if self.groups > 1 else grouped[0]

    @property
    def rows(self) -> int:
        return self.weight[0].numel()

    def as_mask(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows).reshape(1, *self.weight.shape[1:])

    def as_weight(self, matrices: np.ndarray) -> Tensor:
        grouped = matrices if matrices.ndim == 3 else matrices[None]
        return torch.from_numpy(np.ascontiguousarray(grouped.swapaxes(1, 2)).reshape(self.weight.shape))

    def as_images(self, x: Tensor) -> Tensor:
        return x if x.ndim == 4 else x[:, :, None]

    def as_outputs(self, y: Tensor, x: Tensor) -> Tensor:
        return y if x.ndim == 4 else y[:, :, 0]


class AnalogConv2d(_Convolution):
    """`torch.nn.Conv2d` on crossbars; each read is that of the pixels under the kernel at one position."""

    AXES, KIND = 2, nn.Conv2d

    def product(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, None, self.stride, 0, self.dilation, self.groups)

    def patches(self, x: Tensor) -> Patches | None:
        (_, channels, *kernel), (_, _, *image) = self.weight.shape, x.shape
        return _patches(channels, image, kernel, self.stride, self.dilation)


class AnalogConv1d(_Convolution):
    """`torch.nn.Conv1d` on crossbars; each read is that of the samples of a signal under the kernel at one position."""

    AXES, KIND = 1, nn.Conv1d

    def product(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.conv1d(x, weight, None, self.stride, 0, self.dilation, self.groups)

    def patches(self, x: Tensor) -> Patches | None:
        (_, channels, kernel), (_, _, length) = self.weight.shape, x.shape
        return _patches(channels, (1, length), (1, kernel), (1, *self.stride), (1, *self.dilation))


def _patches(channels: int, image: Axes, kernel: Axes, stride: Axes, dilation: Axes) -> Patches:
    """Patches of images (channel, y, x) that are padded already."""
    (height, width), (tall, wide), (down, along), (below, beside) = image, kernel, stride, dilation
    return Patches((channels, height, width), (tall, wide), (down, along), (0, 0), (below, beside))


def _copied(layer: Any) -> tuple[Tensor, Tensor | None]:
    """Weight and bias of a layer of torch."""
    return layer.weight.detach().clone(), None if layer.bias is None else layer.bias.detach().clone()


def _where(weight: Tensor) -> dict[str, Any]:
    return {"device": weight.device, "dtype": weight.dtype}


def _filled(layer: Any, analog: AnalogLayer) -> Any:
    """A layer of torch with the weights of an analog one."""
    with torch.no_grad():
        layer.weight.copy_(analog.torch_weight())
        if analog.bias is not None:
            layer.bias.copy_(analog.bias)
    return layer
