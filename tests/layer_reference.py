"""A linear layer on ideal cells with converters by its equations, in plain torch; independent of memsim."""

from __future__ import annotations

import torch

G_MIN, G_MAX = 20e-6, 100e-6
OFFSET = G_MIN / (G_MAX - G_MIN)
"""Conductance of state 0 in units of the window."""


class Codes(torch.autograd.Function):
    """Clipped to [low, high] and rounded to steps; the gradient is that of the clipping."""

    @staticmethod
    def forward(ctx, x, low, high, step):
        ctx.save_for_backward((x >= low) & (x <= high))
        return torch.round(x.clamp(low, high) / step) * step

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None, None


def converted(x, largest, bits, signed=True):
    most = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return Codes.apply(x, -largest if signed else 0.0, largest, largest / most)


class Chip:
    """A linear layer on ideal cells with converters, by its equations: conductances from weights, V from inputs."""

    def __init__(self, layer, kind, scales, bias, bounds, tile, input_range, signed=None):
        self.kind, self.bounds, self.tile, self.input_range = kind, bounds, tile, input_range
        weight = layer.weight.detach()
        self.scale = weight.abs().amax(1) if scales == "column" else weight.abs().max().expand(len(weight))
        self.row = bias == "row"
        self.drive = max(1.0, float((layer.bias.detach().abs() / self.scale).max())) if self.row else 0.0
        self.signed = True if signed is None else signed

    def states(self, shares):
        """Conductances [G_max - G_min] that the output of a column sees, for shares of the scales (col, row)."""
        low, high = self.bounds
        if self.kind == "pair":
            return shares * (high - low)
        if self.kind == "single":
            return low + shares * (high - low) + OFFSET
        middle = 0.0 if self.kind == "reference" else (low + high) / 2 + OFFSET
        return middle + shares * (high - low) / 2

    def currents(self, layer, x, bits):
        """Voltages (sample, row) and currents of each row tile (sample, col)."""
        gain = 1 / self.input_range
        weight = layer.weight / self.scale[:, None]
        if self.row:
            weight = torch.cat([weight, (layer.bias / self.drive / self.scale)[:, None]], 1)
            x = torch.cat([x, torch.full((len(x), 1), self.drive, dtype=x.dtype)], 1)
        volts, cells = converted(x * gain, 1.0, bits), self.states(weight)
        return volts, [
            volts[:, k : k + self.tile] @ cells[:, k : k + self.tile].T for k in range(0, volts.shape[1], self.tile)
        ]

    def outputs(self, layer, x, bits, out_bits, out_range):
        volts, currents = self.currents(layer, x, bits)
        total = sum(converted(current, out_range, out_bits, self.signed) for current in currents)
        total = total - volts.sum(1, keepdim=True) * self.states(torch.zeros(1, dtype=x.dtype))
        low, high = self.bounds
        double = 2 if self.kind in ("reference", "offset") else 1
        y = total * self.scale * double / (high - low) * self.input_range
        return y if self.row else y + layer.bias


def digits(weight, scale, bits, slices):
    """Digits of |weight| / scale with a sign, (slice, ...), each from -1 to 1, the least first; by division."""
    base = 2**bits
    number = torch.round((weight.abs() / scale).clamp(max=1) * (base**slices - 1))
    parts = []
    for _ in range(slices):
        parts.append(torch.remainder(number, base) * weight.sign() / (base - 1))
        number = torch.floor(number / base)
    return torch.stack(parts)
