"""Published claims of a study against measured numbers, with verdicts that follow from stated rules."""

from memsim.studies.finding import Finding
from memsim.studies.report import Report
from memsim.studies.verification import verify

__all__ = ["Finding", "Report", "verify"]
