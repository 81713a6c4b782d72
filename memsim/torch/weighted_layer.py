"""A layer with weights on hardware: what layers of each kind say, the ranges of converters, and tiles."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from memsim.arrays import ADC, Patches
from memsim.arrays.interconnect import tiles
from memsim.errors import InputError
from memsim.torch.exchange import check_device
from memsim.torch.hardware import Hardware

DTYPES = {torch.float32: "float32", torch.float64: "float64"}


class WeightedLayer(nn.Module):
    """Weights, their hardware, and the ranges of its converters; see `AnalogLayer` for the attributes."""

    weight: Tensor
    bias: Tensor | None
    input_range: Tensor
    output_range: Tensor
    groups: int = 1

    def __init__(
        self, weight: Tensor, bias: Tensor | None, hardware: Hardware, place: int = 0, label: str = ""
    ) -> None:
        super().__init__()
        if weight.dtype not in DTYPES:
            raise InputError(f"{label or 'weight'}: weights of {weight.dtype}; allowed: float32 or float64")
        if not weight.numel():
            raise InputError(f"{label or 'weight'}: shape {tuple(weight.shape)}; a layer has inputs and outputs")
        self.weight, self.hardware, self.place = nn.Parameter(weight), hardware, place
        self.label = label or type(self).__name__
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias))
        for name in ("input_range", "output_range"):
            self.register_buffer(name, torch.tensor(math.nan, dtype=torch.float64))

    def check_weights(self) -> None:
        """Refuse weights of a type or on a device that cells cannot hold.

        Raises
        ------
        InputError
            If they are no numbers of 32 or 64 bits, or have no numbers.
        """
        if self.weight.dtype not in DTYPES:
            raise InputError(
                f"{self.label}: weights of {self.weight.dtype}; allowed: float32 or float64, such as model.float()"
            )
        if self.weight.is_meta:
            check_device(self.label, self.weight.device)

    def matrices(self) -> np.ndarray:
        """The weights as (row, col), or (group, row, col), float64."""
        return self.as_matrices(self.weight)

    def as_matrices(self, weight: Tensor) -> np.ndarray:
        """Numbers in the shape of `weight` as (row, col), or (group, row, col), float64."""
        raise NotImplementedError

    def as_weight(self, matrices: np.ndarray) -> Tensor:
        """Matrices as of `matrices` in the shape of `weight`."""
        raise NotImplementedError

    def as_mask(self, rows: np.ndarray) -> Tensor:
        """Numbers (row, 1), one for each input of the products, to be multiplied with `weight`."""
        raise NotImplementedError

    def as_torch(self) -> nn.Module:
        """The layer of torch with the same weights."""
        raise NotImplementedError

    def product(self, x: Tensor, weight: Tensor) -> Tensor:
        """Outputs without bias of some weights, by torch."""
        raise NotImplementedError

    def output_axis(self, y: Tensor) -> int:
        """The axis of outputs y that counts the outputs of a sample."""
        return y.ndim - 1

    def patches(self, x: Tensor) -> Patches | None:
        """How inputs become rows, of a convolution."""
        return None

    def padded(self, x: Tensor) -> Tensor:
        """Inputs with what surrounds them, of a convolution, and with an axis of samples."""
        return x

    def as_images(self, x: Tensor) -> Tensor:
        """Inputs as a crossbar takes them: (read, row), or (sample, channel, y, x)."""
        return x.reshape(-1, x.shape[-1])

    def as_outputs(self, y: Tensor, x: Tensor) -> Tensor:
        """Outputs of a crossbar for inputs x with the axes of this layer."""
        return y.reshape(*x.shape[:-1], -1)

    @property
    def rows(self) -> int:
        """Inputs of each product, without a row of biases."""
        raise NotImplementedError

    @property
    def row_bias(self) -> Tensor | None:
        """The bias that a row of cells holds; None without one."""
        return self.bias if self.hardware.bias == "row" else None

    def tiles(self) -> list[slice]:
        """Rows of each row tile, a row of biases included."""
        return list(tiles(self.hardware.tile, self.rows + (self.row_bias is not None), 1).rows)

    def of_rows(self, weight: Tensor, rows: slice) -> Tensor:
        """The weights of some rows, and 0 for the others, in the shape of `weight`."""
        if rows.start == 0 and rows.stop >= self.rows:
            return weight
        matrices = np.zeros((self.rows, 1))
        matrices[rows] = 1.0
        return weight * self.as_mask(matrices).to(weight)

    def biased(self, y: Tensor) -> Tensor:
        """Sums of products with the bias added."""
        return y if self.bias is None else y + self.beside(self.bias, y)

    def beside(self, bias: Tensor, y: Tensor) -> Tensor:
        """A bias with axes that broadcast to outputs y."""
        return bias.reshape(-1, *[1] * (y.ndim - 1 - self.output_axis(y)))

    @property
    def gain(self) -> float:
        """Voltage of an input of 1, in units of the read voltage.

        Raises
        ------
        InputError
            If the DACs need an input range, and the layer has not been calibrated.
        """
        dac, largest = self.hardware.inputs, self.input_range.item()
        if math.isnan(largest):
            if dac is not None:
                raise InputError(f"{self.label}: the input range is not known; call memsim.torch.calibrate(model, x)")
            return 1.0
        voltage = 1.0 if dac is None else dac.range
        return voltage / largest if largest > 0 else voltage  # inputs of 0 alone, while a calibration goes on

    @property
    def adc(self) -> ADC | None:
        """The ADCs with the calibrated range.

        Raises
        ------
        InputError
            If the range follows the outputs, and the layer has not been calibrated.
        """
        adc = self.hardware.outputs
        if adc is None or not isinstance(adc.range, str):
            return adc
        if math.isnan(self.output_range.item()):
            raise InputError(
                f"{self.label}: the range '{adc.range}' of the ADCs is not known; call memsim.torch.calibrate(model, x)"
            )
        return replace(adc, range=self.output_range.item())
