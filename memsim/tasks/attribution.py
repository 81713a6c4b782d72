"""Results of attributions: how a loss of accuracy, or of another metric, is divided among imperfections."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, ResultKind
from memsim.tasks.coordinates import IMAGE_TASK, LAYER
from memsim.tasks.registry import ATTRIBUTION
from memsim.tasks.variable import SHARE, Variable

_ONE = ("learner", "repeat")
_EACH = ("learner", "imperfection", "repeat")
_MEAN = ("learner", "imperfection")
_UNIT = "in the unit of the metric, which attributes name"
_INTERVAL = (
    "95 %, Student's t corrected for skewness over the repeats; with sampled orders, normal, of repeats and orders"
)


def _with_mean(name: str, long_name: str, meaning: str) -> tuple[Variable, ...]:
    """A variable of each imperfection, its mean over the repeats, and the interval of the mean."""
    return (
        Variable(name, _EACH, "1", long_name, f"{meaning}; {_UNIT}"),
        Variable(f"{name}_mean", _MEAN, "1", f"mean {long_name}", f"mean of {name} over repeats"),
        Variable(
            f"{name}_interval",
            (*_MEAN, "interval"),
            "1",
            f"95 % interval of the mean {long_name}",
            f"interval of {name}_mean",
            interval=_INTERVAL,
        ),
    )


_DECLARED = (
    Variable("ideal_metric", _ONE, "1", "metric without imperfections", f"all imperfections are ideal; {_UNIT}"),
    Variable("real_metric", _ONE, "1", "metric with all imperfections", f"nothing is ideal; {_UNIT}"),
    Variable(
        "metric_loss",
        _ONE,
        "1",
        "loss by all imperfections",
        "by how much real_metric is worse than ideal_metric; negative where it is better",
    ),
    *_with_mean(
        "loss_share",
        "share of the loss",
        "Shapley value: mean change of the metric when the imperfection joins others, over the orders in which they "
        "can join; over all imperfections, the shares add up to metric_loss; NaN where the hardware has no such one",
    ),
    Variable(
        "loss_share_error",
        _MEAN,
        "1",
        "sampling error of the share",
        "standard error of loss_share_mean by the choice of the orders; 0 where all orders count",
    ),
    *_with_mean(
        "improvement",
        "gain by one remedy",
        "by how much the metric is better than real_metric where this imperfection alone is ideal, and those that act "
        "on it only",
    ),
    *_with_mean(
        "loss_alone",
        "loss by one imperfection alone",
        "by how much the metric is worse than ideal_metric where only this imperfection exists; NaN where it cannot "
        "exist without another one",
    ),
    Variable(
        "combination_metric",
        ("learner", "combination", "repeat"),
        "1",
        "metric of a combination",
        f"with the imperfections of the combination, and no others; {_UNIT}; NaN where it was not needed",
    ),
    Variable(
        "combination_member",
        ("combination", "imperfection"),
        "1",
        "whether an imperfection is part of a combination",
        "which imperfections exist in a combination",
        flags=("ideal", "real"),
        bounds=SHARE,
    ),
)

RESULT = ResultKind(
    name=ATTRIBUTION,
    variables={v.name: v for v in _DECLARED},
    coordinates={
        "learner": IMAGE_TASK["learner"],
        "interval": IMAGE_TASK["interval"],
        "imperfection": Coordinate("imperfection", "what differs from ideal hardware"),
        "imperfection_layer": Coordinate("imperfection", LAYER.long_name),
        "imperfection_kind": Coordinate("imperfection", "imperfection, whatever the layer"),
        "ideal_state": Coordinate("imperfection", "what stands in its place where it is ideal"),
    },
    figures={
        "waterfall": Drawing(
            "from the ideal metric to the real one, by imperfections", "memsim.plotting.figures.waterfall:waterfall"
        )
    },
    default_figure=lambda dataset: "waterfall",
    print_metrics="memsim.cli.attribution_table:print_attribution",
    origin="an attribution, not the result of an experiment; compute it again with: memsim limits",
)
