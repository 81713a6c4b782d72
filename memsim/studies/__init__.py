"""Studies: published claims against measured numbers, with verdicts that follow from stated rules."""

from memsim.studies.finding import Finding
from memsim.studies.report import Report
from memsim.studies.study import study_names
from memsim.studies.verification import verify

__all__ = ["Finding", "Report", "study_names", "verify"]
