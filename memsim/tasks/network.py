"""Results of `memsim.torch.evaluate`: what a network of PyTorch achieves on hardware, over programmings and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.tasks.base import Drawing, Metric, ResultKind
from memsim.tasks.coordinates import LAYER, TIME
from memsim.tasks.network_cost_variables import NETWORK_COST_COORDINATES, NETWORK_COST_VARIABLES
from memsim.tasks.registry import NETWORK
from memsim.tasks.variable import POSITIVE, SHARE, Variable

OVER_TIME = ("repeat", "time")
OF_LAYERS = ("repeat", "time", "layer")

_DECLARED = (
    Variable(
        "accuracy",
        OVER_TIME,
        "1",
        "accuracy",
        "share of samples whose largest output is that of their class",
        bounds=SHARE,
    ),
    Variable(
        "accuracy_lifetime",
        ("repeat",),
        "s",
        "time until the accuracy falls by one point",
        "time since the end of the programming until accuracy is one percentage point below its first value, linear in "
        "the logarithm of the time; infinite where it does not fall so far within the times",
        bounds=POSITIVE,
    ),
    Variable("metric", OVER_TIME, "1", "metric", "mean of the metric of the user over the samples"),
    Variable(
        "output_snr",
        OF_LAYERS,
        "dB",
        "SNR of a layer's outputs",
        "10 log10 of the variance of the outputs that the exact weights give over the mean square of what the layer "
        "gives minus them, over the samples of the first batch",
    ),
    Variable(
        "cell_weight_error",
        OF_LAYERS,
        "1",
        "error of the weights in cells",
        "root mean square of the weights that the cells hold, as outputs see them, minus the exact ones, over that of "
        "the exact ones",
    ),
    Variable(
        "clipped_inputs",
        OF_LAYERS,
        "1",
        "clipped inputs",
        "share of the inputs of a layer that exceed the range of its DACs; NaN without DACs",
        bounds=SHARE,
    ),
    Variable(
        "saturated_outputs",
        OF_LAYERS,
        "1",
        "saturated outputs",
        "share of the outputs of the tiles of a layer that exceed the range of their ADCs; NaN without ADCs",
        bounds=SHARE,
    ),
)

SCORES = (
    Metric("accuracy", "accuracy", "%", 100.0, ".2f"),
    Metric("metric", "metric"),
)
"""What a network achieves; a result has one of them."""
LAYER_METRICS = (
    Metric("output_snr", "SNR of outputs", "dB", form=".1f"),
    Metric("cell_weight_error", "weight error", "%", 100.0, ".2f"),
    Metric("clipped_inputs", "clipped inputs", "%", 100.0, ".2f"),
    Metric("saturated_outputs", "saturated outputs", "%", 100.0, ".2f"),
)
"""What is measured of each layer, as tables and figures show it."""


def score_label(attributes: Mapping[str, Any], score: Metric) -> str:
    """What a network achieves, in words; a metric of the user has the name of its function, which a result states."""
    name = str(attributes.get("metric", ""))
    return name if score.variable == "metric" and name.isidentifier() else score.label


EVALUATION = ResultKind(
    name=NETWORK,
    variables={v.name: v for v in _DECLARED} | NETWORK_COST_VARIABLES,
    coordinates={"time": TIME, "layer": LAYER, **NETWORK_COST_COORDINATES},
    figures={
        "network": Drawing(
            "accuracy over time, and what limits it in each layer", "memsim.plotting.figures.network:network"
        )
    },
    default_figure=lambda dataset: "network",
    print_metrics="memsim.cli.network_table:print_network",
    comparison="memsim.plotting.network_pairs:compare_networks",
    comparison_figure="memsim.plotting.figures.network_comparison:compare_networks_figure",
    origin="the evaluation of a network, not the result of an experiment; evaluate again with: memsim.torch.evaluate",
)
