"""Losses by name: the value of a sample and its gradient by the outputs, on any array of the array API standard.

For outputs o and targets t of K classes, y the class of the largest target, p = softmax(o), and the margin
m = o_y - max_{j != y} o_j:

=================  ===========================================  ==============================================
name               value of a sample                            source
=================  ===========================================  ==============================================
mse                sum (o - t)^2                                study
cross-entropy      -sum t log p                                 robust-vision
label-smoothing    cross-entropy of (1 - smoothing) t +         Szegedy et al. 2016, section 7
                   smoothing/K                                  (doi:10.1109/CVPR.2016.308)
hinge-margin       max(0, margin - m)                           robust-vision
log-margin-mse     mse - weight log(max(m, floor))              study
log-margin-ce      cross-entropy - weight log(max(m, floor))    study
focal              -alpha (1 - p_y)^gamma log p_y               Lin et al. 2017, eq. 5 (arXiv:1708.02002)
combined           label-smoothing + 0.5 hinge-margin           robust-vision
=================  ===========================================  ==============================================

Study: Y. Akbay, "A Systematic Decomposition of Neural Network Robustness", preprint 2025/2026; robust-vision is the
framework around it.

Each loss has a file with its dataclass, whose fields are its settings in experiments; `LOSSES` lists them.
"""

from memsim.networks.losses.batch import array_namespace
from memsim.networks.losses.combined import Combined
from memsim.networks.losses.cross_entropy import CrossEntropy
from memsim.networks.losses.focal import Focal
from memsim.networks.losses.hinge_margin import HingeMargin
from memsim.networks.losses.label_smoothing import LabelSmoothing
from memsim.networks.losses.log_margin_ce import LogMarginCe
from memsim.networks.losses.log_margin_mse import LogMarginMse
from memsim.networks.losses.loss import Loss
from memsim.networks.losses.mse import GRADIENTS, Mse
from memsim.registry import Registry

LOSSES: Registry[Loss] = Registry(
    "loss", (Mse, CrossEntropy, LabelSmoothing, HingeMargin, LogMarginMse, LogMarginCe, Focal, Combined)
)
"""Losses by the name that experiments give them (``training.loss``)."""

__all__ = [
    "GRADIENTS",
    "LOSSES",
    "Combined",
    "CrossEntropy",
    "Focal",
    "HingeMargin",
    "LabelSmoothing",
    "LogMarginCe",
    "LogMarginMse",
    "Loss",
    "Mse",
    "array_namespace",
]
