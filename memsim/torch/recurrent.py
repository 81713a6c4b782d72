"""Long short-term memory on crossbars: the products of each time step are those of two linear layers."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from memsim.errors import InputError
from memsim.torch.hardware import Hardware
from memsim.torch.replacements import AnalogLinear

_SETTINGS = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")


class AnalogLSTM(nn.Module):
    """`torch.nn.LSTM` on crossbars.

    Each layer and direction has two arrays: one for the inputs, which is read for all time steps at once, and one for
    the hidden state, which is read at each step. Gates and cell state are digital. The time step is part of the address
    of each noise value.

    Attributes
    ----------
    inputs, hidden : ModuleList of AnalogLinear
        Weights of the inputs and of the hidden state, for each layer and direction: layer 0 forward, layer 0 backward
        (if bidirectional), layer 1 forward, and so on.
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size
        As of `torch.nn.LSTM`.
    """

    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size = 0

    def __init__(self, inputs: list[AnalogLinear], hidden: list[AnalogLinear], settings: dict[str, Any]) -> None:
        super().__init__()
        self.inputs, self.hidden, self.settings = nn.ModuleList(inputs), nn.ModuleList(hidden), settings
        for name, value in settings.items():
            setattr(self, name, value)

    @classmethod
    def of(cls, layer: nn.LSTM, hardware: Hardware, place: int = 0, label: str = "") -> Self:
        """The layer with the weights of one of torch.

        Raises
        ------
        InputError
            If it projects its hidden state, which is not supported.
        """
        if layer.proj_size:
            raise InputError(f"{label or 'LSTM'}: proj_size {layer.proj_size} is not supported; allowed: 0")
        inputs: list[AnalogLinear] = []
        hidden: list[AnalogLinear] = []
        for number, suffix in enumerate(_suffixes(layer.num_layers, layer.bidirectional)):
            for kind, layers in (("ih", inputs), ("hh", hidden)):
                weight = getattr(layer, f"weight_{kind}_{suffix}").detach().clone()
                bias = getattr(layer, f"bias_{kind}_{suffix}").detach().clone() if layer.bias else None
                own = place + 2 * number + (kind == "hh")
                layers.append(AnalogLinear(weight, bias, hardware, own, f"{label or 'LSTM'}.{kind}_{suffix}"))
        return cls(inputs, hidden, {name: getattr(layer, name) for name in _SETTINGS})

    def as_torch(self) -> nn.LSTM:
        """The layer of torch with the same weights."""
        weight = self._linear(self.inputs, 0).weight
        layer = nn.LSTM(**self.settings, device=weight.device, dtype=weight.dtype)
        with torch.no_grad():
            for number, suffix in enumerate(_suffixes(layer.num_layers, layer.bidirectional)):
                for kind, layers in (("ih", self.inputs), ("hh", self.hidden)):
                    own = self._linear(layers, number)
                    getattr(layer, f"weight_{kind}_{suffix}").copy_(own.torch_weight())
                    if own.bias is not None:
                        getattr(layer, f"bias_{kind}_{suffix}").copy_(own.bias)
        return layer

    def torch_names(self) -> dict[str, str]:
        """The parameter for each one of `torch.nn.LSTM`, by name."""
        return {
            f"{part}_{kind}_{suffix}": f"{layers}.{number}.{part}"
            for number, suffix in enumerate(_suffixes(self.num_layers, self.bidirectional))
            for kind, layers in (("ih", "inputs"), ("hh", "hidden"))
            for part in ("weight", "bias")
        }

    def flatten_parameters(self) -> None:
        """Do nothing; it is here for models that call it, as of `torch.nn.LSTM`."""

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Outputs and last states, with the axes of `torch.nn.LSTM`.

        Raises
        ------
        InputError
            For packed sequences, which are not supported.
        """
        x, state = input, hx
        if not isinstance(x, Tensor):
            raise InputError(
                f"{self._linear(self.inputs, 0).label}: {type(x).__name__} is not supported; allowed: Tensor"
            )
        batched, first = x.ndim == 3, self.batch_first
        series = x if batched and first else x.transpose(0, 1) if batched else x[None]  # (sample, step, feature)
        directions = 2 if self.bidirectional else 1
        size, layers = self.hidden_size, self.num_layers
        if state is None:
            zero = series.new_zeros(layers * directions, len(series), size)
            start = (zero, zero)
        else:
            start = state if batched else (state[0][:, None], state[1][:, None])
        last: list[tuple[Tensor, Tensor]] = []
        for layer in range(layers):
            both = []
            for direction in range(directions):
                number = layer * directions + direction
                outputs, end = self._direction(series, number, direction == 1, (start[0][number], start[1][number]))
                both.append(outputs)
                last.append(end)
            series = torch.cat(both, dim=2)
            if layer + 1 < layers:
                series = nn.functional.dropout(series, self.dropout, self.training)
        h, c = (torch.stack(parts) for parts in zip(*last, strict=True))
        if not batched:
            return series[0], (h[:, 0], c[:, 0])
        return (series if first else series.transpose(0, 1)), (h, c)

    def _direction(
        self, series: Tensor, number: int, backward: bool, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Outputs (sample, step, unit) of one layer in one direction, and its last states (sample, unit)."""
        driven = self._linear(self.inputs, number)(series)
        recurrent, (h, c) = self._linear(self.hidden, number), state
        outputs: list[Tensor] = []
        for step in range(series.shape[1]):
            place = series.shape[1] - 1 - step if backward else step
            # Gates of torch.nn.LSTM: input, forget, cell, output.
            gates = driven[:, place] + recurrent.at_step(h, step)
            i, f, g, o = gates.chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs[::-1] if backward else outputs, dim=1), (h, c)

    @staticmethod
    def _linear(layers: nn.ModuleList, number: int) -> AnalogLinear:
        layer = layers[number]
        assert isinstance(layer, AnalogLinear)
        return layer


def _suffixes(layers: int, bidirectional: bool) -> list[str]:
    """Endings of the names of parameters in `torch.nn.LSTM`."""
    return [f"l{layer}{end}" for layer in range(layers) for end in (("", "_reverse") if bidirectional else ("",))]
