"""Assessment of a device: from a measurement to accuracy, what limits it, costs, and other devices beside it."""

from memsim.assessment.of_device import Assessment, assess, assumptions, is_profile
from memsim.assessment.ranking import Ranked, ranking

__all__ = ["Assessment", "Ranked", "assess", "assumptions", "is_profile", "ranking"]
