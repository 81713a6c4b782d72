"""Published claims of a study against measured numbers, with verdicts that follow from stated rules."""

from memsim.study.finding import Finding
from memsim.study.report import Report
from memsim.study.verification import verify

__all__ = ["Finding", "Report", "verify"]
