"""Models of analog-to-digital converters, one a file, and their registry."""

from memsim.energy.components.adc.fixed import Fixed
from memsim.energy.components.adc.model import AdcModel, Conversion
from memsim.registry import Registry

ADC_MODELS: Registry[AdcModel] = Registry("model", (Fixed,))
"""Models by the name that tables give them (``components.adc.model``)."""

__all__ = ["ADC_MODELS", "AdcModel", "Conversion", "Fixed"]
