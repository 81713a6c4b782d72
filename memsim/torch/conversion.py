"""Models of torch with layers on hardware, and back."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.nn.parameter import is_lazy

from memsim.errors import InputError
from memsim.exchange.layer_names import check_patterns, matches
from memsim.philox import MAX_LAYERS
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.batch_norm_fusion import fuse
from memsim.torch.fast_paths import leave_fast_paths, restore_fast_paths
from memsim.torch.hardware import Hardware
from memsim.torch.modules import check_finite, check_model, chosen
from memsim.torch.recurrent import AnalogLSTM
from memsim.torch.replacements import AnalogConv1d, AnalogConv2d, AnalogLinear
from memsim.torch.succession import copied, pass_on

ANALOG: dict[type[nn.Module], Any] = {
    nn.Linear: AnalogLinear,
    nn.Conv1d: AnalogConv1d,
    nn.Conv2d: AnalogConv2d,
    nn.LSTM: AnalogLSTM,
}
"""What takes the place of each layer of torch."""
_UNSUPPORTED = (
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Bilinear,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
)
_FUNCTIONS = {
    F.linear: "linear",
    F.conv1d: "conv1d",
    F.conv2d: "conv2d",
    F.conv3d: "conv3d",
    torch.matmul: "matmul",
    torch.bmm: "bmm",
    torch.mm: "mm",
    torch.einsum: "einsum",
    operator.matmul: "@",
    F.scaled_dot_product_attention: "scaled_dot_product_attention",
}
"""Products that a model may make without a layer; they stay digital."""


@dataclass
class Conversion:
    """What a conversion did with each module that has weights.

    Attributes
    ----------
    rows : list of (str, str, str)
        Name, type and what became of it.
    functions : list of str
        Products that the model makes without a layer.
    shared : list of str
        Names under which a layer appears again.
    untied : list of (str, str)
        Parameters that were one in the model, and have numbers of their own now.
    traced : bool
        Whether the calls of functions could be listed.
    """

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    untied: list[tuple[str, str]] = field(default_factory=list)
    traced: bool = True

    def __str__(self) -> str:
        widths = [max(len(row[i]) for row in (("layer", "type", ""), *self.rows)) for i in range(2)]
        lines = [f"{'layer':<{widths[0]}}  {'type':<{widths[1]}}  result"]
        lines += [f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {result}" for name, kind, result in self.rows]
        if self.functions:
            lines.append(f"Digital products outside of layers: {', '.join(self.functions)}")
        if not self.traced:
            lines.append("Calls of functions could not be listed: torch.fx cannot trace this model.")
        lines += [f"{name}: shares the cells of a layer above" for name in self.shared]
        lines += [f"{name}: no longer shares its numbers with {other}" for name, other in self.untied]
        return "\n".join(lines)


def convert(
    model: nn.Module,
    hardware: Hardware,
    *,
    layers: Mapping[str, Hardware] | None = None,
    exclude: Collection[str] = (),
    fuse_batch_norm: bool = False,
    quiet: bool = False,
) -> nn.Module:
    """A copy of a model whose linear layers and convolutions run on hardware; they are not programmed yet.

    Parameters
    ----------
    model : nn.Module
        Any module; it is not changed.
    hardware : Hardware
        What the layers run on.
    layers : mapping of str to Hardware, optional
        Other hardware for some layers, by name. A name may contain the wildcards * and ?. The name of a module stands
        for all layers in it. Of several names that fit a layer, the first one counts.
    exclude : collection of str
        Names of layers that stay digital, as above.
    fuse_batch_norm : bool
        Fold each batch normalisation that directly follows a converted layer into its weights and biases. Its running
        statistics are used, so that the layer computes as in evaluation mode from then on. Those of layers that are
        used more than once stay, and the table says so.
    quiet : bool
        Do not print the table of converted, digital and unsupported layers.

    Returns
    -------
    nn.Module
        The model; `conversion` holds the table.

    Raises
    ------
    InputError
        If a name matches no layer, nothing can be converted, or weights are not finite.
    """
    check_model(model)
    names = _names(model)
    layers = dict(layers or {})
    for name, value in (("hardware", hardware), *((f"layers['{key}']", value) for key, value in layers.items())):
        if not isinstance(value, Hardware):
            raise InputError(
                f"{name}: {value!r} is not allowed; a memsim.torch.Hardware, such as Hardware.from_yaml('chip.yaml')"
            )
    check_patterns("layers", layers, names)
    check_patterns("exclude", exclude, [name for name, _ in model.named_modules() if name] or names)
    model = copied(model)
    report = Conversion(untied=_untied(model, [name for name in names if not _excluded(name, exclude)]))
    graph = _graph(model)
    report.traced = graph is not None
    report.functions = _functions(graph)
    unfused: dict[str, str] = {}
    if fuse_batch_norm:
        unfused = fuse(model, graph, [name for name in names if not _excluded(name, exclude)])
    made: dict[int, AnalogLayer | AnalogLSTM] = {}
    count = 1 + max((part.place for part in model.modules() if isinstance(part, AnalogLayer)), default=-1)
    for name, module in list(model.named_modules(remove_duplicate=False)):
        kind = type(module).__name__
        if type(module) in ANALOG:
            if _excluded(name, exclude):
                report.rows.append((name, kind, "digital (excluded)"))
                continue
            if id(module) in made:
                report.shared.append(name)
            else:
                check_finite(name, module)
                layer_hardware = chosen(name, layers, hardware)
                analog = ANALOG[type(module)].of(module, layer_hardware, count, name or kind)
                count += sum(isinstance(part, AnalogLayer) for part in analog.modules())
                if count > MAX_LAYERS:
                    raise InputError(f"model: more than {MAX_LAYERS} layers; no more can be addressed")
                pass_on(module, analog, analog.torch_names())
                made[id(module)] = analog
                report.rows.append((name, kind, f"on {layer_hardware.cells.name}"))
            if not name:
                made[id(module)].__dict__["conversion"] = report
                return _printed(made[id(module)], report, quiet)
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, made[id(module)])
        elif any(is_lazy(values) for values in module.parameters(recurse=False)):
            raise InputError(
                f"{name or 'model'}: {kind} has no weights yet; call the model once before it is converted"
            )
        elif isinstance(module, _UNSUPPORTED):
            report.rows.append((name, kind, "digital (not supported on hardware)"))
        elif name in unfused:
            report.rows.append((name, kind, f"digital ({unfused[name]})"))
        elif not isinstance(module, AnalogLayer) and next(module.parameters(recurse=False), None) is not None:
            report.rows.append((name, kind, "digital"))
    if not made:
        raise InputError(
            f"model: {type(model).__name__} has no layer that can be converted; allowed: "
            f"{', '.join(kind.__name__ for kind in ANALOG)}"
        )
    leave_fast_paths(model)
    model.__dict__["conversion"] = report
    return _printed(model, report, quiet)


def to_torch(model: nn.Module) -> nn.Module:
    """A copy of a converted model with layers of torch, which have the weights of the analog ones.

    These are the weights that were to be programmed, not those that the cells hold.
    """
    model = copied(model)
    if isinstance(model, AnalogLayer | AnalogLSTM):
        return _layer_of_torch(model)
    made: dict[int, nn.Module] = {}
    inner = tuple(f"{name}." for name, module in model.named_modules() if isinstance(module, AnalogLSTM))
    for name, module in list(model.named_modules(remove_duplicate=False)):
        if isinstance(module, AnalogLayer | AnalogLSTM) and not name.startswith(inner):
            if id(module) not in made:
                made[id(module)] = _layer_of_torch(module)
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, made[id(module)])
    restore_fast_paths(model)
    model.__dict__.pop("conversion", None)
    return model


def _layer_of_torch(analog: AnalogLayer | AnalogLSTM) -> nn.Module:
    layer = analog.as_torch()
    pass_on(analog, layer, {own: name for name, own in analog.torch_names().items()})
    return layer


def _untied(model: nn.Module, converted: Collection[str]) -> list[tuple[str, str]]:
    """Parameters that layers share before a conversion and not after it: those of layers which are converted."""
    first: dict[int, tuple[str, str]] = {}
    pairs = []
    for name, module in model.named_modules():
        for part, values in module.named_parameters(name, recurse=False):
            if id(values) not in first:
                first[id(values)] = name, part
            elif part != first[id(values)][1] and (name in converted or first[id(values)][0] in converted):
                pairs.append((part, first[id(values)][1]))
    return pairs


def _printed(model: nn.Module, report: Conversion, quiet: bool) -> nn.Module:
    if not quiet:
        print(report)
    return model


def _names(model: nn.Module) -> list[str]:
    return [name for name, module in model.named_modules() if type(module) in ANALOG]


def _excluded(name: str, exclude: Collection[str]) -> bool:
    return any(matches(name, pattern) for pattern in exclude)


def _graph(model: nn.Module) -> fx.Graph | None:
    """The calls of a model; None where they depend on values."""
    try:
        return fx.Tracer().trace(model)
    except Exception:  # whatever a forward method of a user does
        return None


def _functions(graph: fx.Graph | None) -> list[str]:
    if graph is None:
        return []
    methods = {"matmul": "matmul", "bmm": "bmm", "mm": "mm"}
    names = [
        (_FUNCTIONS if node.op == "call_function" else methods).get(node.target)
        for node in graph.nodes
        if node.op in ("call_function", "call_method")
    ]
    return sorted({name for name in names if name})
