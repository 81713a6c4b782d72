"""Device models fitted to measurements: pulses, retention, read noise, current against voltage."""

from memsim.fit.device import KINDS, fit_device, kind_of, read_measurement
from memsim.fit.profile import check_name, checked_window, extended, profile_of
from memsim.fit.pulses.fits import Candidate, PulseFit
from memsim.fit.pulses.models import MODELS
from memsim.fit.sections.section import SectionFit

__all__ = [
    "KINDS",
    "MODELS",
    "Candidate",
    "PulseFit",
    "SectionFit",
    "check_name",
    "checked_window",
    "extended",
    "fit_device",
    "kind_of",
    "profile_of",
    "read_measurement",
]
