"""Attribution: how much of a loss of accuracy, or of another metric, each imperfection of the hardware causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.lazy_names import lazy_names

if TYPE_CHECKING:
    from memsim.attribution.of_experiment import limits
    from memsim.attribution.of_function import attribute

__all__ = ["attribute", "limits"]

__getattr__ = lazy_names(
    __name__, {"attribute": "memsim.attribution.of_function", "limits": "memsim.attribution.of_experiment"}
)
