"""A verified study: findings with their numbers, and as Dataset, JSON or Markdown."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from memsim.metrics.intervals import coverage_of_percentiles
from memsim.studies.basis import meanings, split_counts
from memsim.studies.finding import Finding
from memsim.studies.markdown import to_markdown
from memsim.studies.verdict import MEANINGS, VERDICTS, tolerances

if TYPE_CHECKING:
    import xarray as xr

REPORT_VERSION = 2
"""Version 1 had a single study; it called the rule "relation", the number without a condition "given"."""


@dataclass(frozen=True)
class Source:
    """Where measured numbers come from: an experiment, its images, and the file if it was not run anew."""

    experiment: str
    images: str
    images_sha256: str
    file: str = ""
    changed: str = ""


@dataclass(frozen=True)
class Report:
    """Findings of a study and where their numbers come from."""

    study: str
    title: str
    source: str
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    seeds: tuple[int, ...]
    provenance: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        counts = Counter(finding.verdict for finding in self.findings)
        return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}

    @property
    def summary(self) -> str:
        """The counts in one line."""
        count = len(self.findings)
        verdicts = ", ".join(f"{verdict} {n}" for verdict, n in self.counts.items())
        return f"{count} claim{'s' * (count != 1)}: {verdicts}"

    @property
    def by_basis(self) -> str:
        """The counts apart for calibrated and predicted numbers; empty where no claim says which it is."""
        return split_counts((finding.claim.basis, finding.verdict) for finding in self.findings)

    @property
    def bases(self) -> str:
        """What calibrated and predicted mean; empty where no claim says which it is."""
        return meanings(finding.claim.basis for finding in self.findings)

    @property
    def groups(self) -> list[tuple[str, list[Finding]]]:
        """Findings by the place where their claims are printed, in order."""
        return [(where, list(part)) for where, part in groupby(self.findings, key=lambda finding: finding.claim.where)]

    @property
    def notes(self) -> list[str]:
        """What a reader must know besides the numbers: images, stored results, seeds."""
        lines = [f"Images: {text}" for text in dict.fromkeys(source.images for source in self.sources) if text]
        usual = Counter(source.images_sha256 for source in self.sources if source.images).most_common(1)
        for source in self.sources:
            if source.file:
                changed = f"; changed settings: {source.changed}" if source.changed else ""
                unusual = source.images and source.images_sha256 != usual[0][0]
                other = "; other images than most" if unusual else ""
                lines.append(f"Loaded: {source.experiment} from {source.file}{changed}{other}")
        if self.seeds:
            lines.append(f"Seeds: {self.seeds[0]} to {self.seeds[-1]} where a spread over seeds is given")
        return lines

    @property
    def footnotes(self) -> list[str]:
        """What the marks at intervals mean: methods that do not hold the true value in 95 of 100 samples."""
        counts = sorted({f.measured.samples for f in self.findings if f.measured.method == "percentile"})
        shares = ", ".join(f"{coverage_of_percentiles(n)} % with {n} images or repeats" for n in counts)
        notes = [f"* percentiles of resamples; of medians of normal data they hold {shares}"] if counts else []
        if any(f.measured.method == "extreme" for f in self.findings):
            notes.append("** of a smallest or largest value: resamples of these values only, with no stated coverage")
        return notes

    @property
    def tolerances(self) -> str:
        """The rules of the claims with their tolerances, and the methods of intervals, in words."""
        return tolerances(finding.claim.rule for finding in self.findings)

    def to_markdown(self) -> str:
        """The report as Markdown text."""
        head = (self.title, self.source, self.summary)
        notes = [*self.notes, *filter(None, [self.by_basis])]
        footnotes = [*filter(None, [self.bases]), *self.footnotes]
        return to_markdown(head, notes, self.groups, self.tolerances, footnotes, self.provenance)

    def to_dataset(self) -> xr.Dataset:
        """The report on the dimensions claim and interval, see `memsim.studies.dataset`."""
        from memsim.studies.dataset import to_dataset

        return to_dataset(self.findings, self._attributes())

    def _attributes(self) -> dict[str, str | int]:
        return {
            "memsim_report": REPORT_VERSION,
            "study": self.study,
            "title": f"Published claims against measured numbers: {self.title}",
            "source": self.source,
            "rules": "\n".join((*MEANINGS, self.tolerances, *filter(None, [self.bases]))),
            "footnotes": "\n".join(self.footnotes),
            "summary": self.summary,
            "notes": "\n".join(self.notes),
            "seeds": json.dumps(list(self.seeds)),
            "runs": json.dumps([vars(source) for source in self.sources]),
            **self.provenance,
        }

    def to_json(self) -> str:
        """The report as JSON text; numbers that do not exist are null."""
        claims = [
            {
                "name": f.claim.name,
                "claim": f.claim.text,
                "where": f.claim.where,
                "unit": f.claim.unit or "1",
                "published": f.claim.published,
                "up_to": f.claim.up_to,
                "rule": f.claim.rule,
                "basis": f.claim.basis or None,
                "measured": f.measured.value,
                "interval": [f.measured.low, f.measured.high],
                "interval_method": f.measured.method or None,
                "elsewhere": f.elsewhere,
                "without": None if f.without is None else vars(f.without),
                "seeds": None if f.spread is None else vars(f.spread),
                "verdict": f.verdict,
                "condition": f.condition or None,
                "cause": f.cause,
            }
            for f in self.findings
        ]
        content = {
            "study": self.study,
            "title": self.title,
            "source": self.source,
            **self.provenance,
            "rules": [*MEANINGS, self.tolerances, *filter(None, [self.bases])],
            "footnotes": self.footnotes,
            "seeds": list(self.seeds),
            "runs": [vars(source) for source in self.sources],
            "verdicts": self.counts,
            "claims": claims,
        }
        return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """The value with None for every number that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
