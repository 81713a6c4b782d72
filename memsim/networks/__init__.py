"""Networks trained by gradients, the baselines of local learning; on NumPy or CuPy through the array API.

`fit` trains a `Network` of some `Architecture` on a data set:

>>> network = Network.fresh(Architecture("cnn", (1, 64, 64), classes=10, dtype="float32"), seed=0)
>>> settings = {"loss": CrossEntropy(), "optimiser": Adam(), "epochs": 30, "seed": 0}
>>> found = fit(network, (x, y), (x_held_out, y_held_out), **settings)
>>> found.network.outputs(x_test)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.lazy_names import lazy_names
from memsim.networks.losses import (
    GRADIENTS,
    LOSSES,
    Combined,
    CrossEntropy,
    Focal,
    HingeMargin,
    LabelSmoothing,
    LogMarginCe,
    LogMarginMse,
    Loss,
    Mse,
)

if TYPE_CHECKING:
    from memsim.networks.architecture import ARCHITECTURES, Architecture
    from memsim.networks.network import Network
    from memsim.networks.optimise import SGD, Adam
    from memsim.networks.scores import Scores, evaluate
    from memsim.networks.state import Epoch, State
    from memsim.networks.training import Fit, fit

# Imported at first use: the losses alone need no NumPy and no Numba.
_MODULES = {
    "ARCHITECTURES": ".architecture",
    "Adam": ".optimise",
    "Architecture": ".architecture",
    "Epoch": ".state",
    "Fit": ".training",
    "Network": ".network",
    "SGD": ".optimise",
    "Scores": ".scores",
    "State": ".state",
    "evaluate": ".scores",
    "fit": ".training",
}

__all__ = [
    "ARCHITECTURES",
    "GRADIENTS",
    "LOSSES",
    "SGD",
    "Adam",
    "Architecture",
    "Combined",
    "CrossEntropy",
    "Epoch",
    "Fit",
    "Focal",
    "HingeMargin",
    "LabelSmoothing",
    "LogMarginCe",
    "LogMarginMse",
    "Loss",
    "Mse",
    "Network",
    "Scores",
    "State",
    "evaluate",
    "fit",
]

__getattr__ = lazy_names("memsim.networks", _MODULES)
