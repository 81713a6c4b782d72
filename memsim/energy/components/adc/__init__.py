"""Models of analog-to-digital converters, one a file, and their registry."""

from memsim.energy.components.adc.bound import Bound
from memsim.energy.components.adc.fixed import Fixed
from memsim.energy.components.adc.model import AdcModel, Conversion
from memsim.energy.components.adc.regression import Regression
from memsim.energy.components.adc.sar import Sar
from memsim.energy.components.adc.step import Step
from memsim.energy.components.adc.survey import Survey
from memsim.registry import Registry

ADC_MODELS: Registry[AdcModel] = Registry("model", (Fixed, Step, Regression, Survey, Bound, Sar))
"""Models by the name that tables give them (``components.adc.model``)."""

__all__ = [
    "ADC_MODELS",
    "AdcModel",
    "Bound",
    "Conversion",
    "Fixed",
    "Regression",
    "Sar",
    "Step",
    "Survey",
]
