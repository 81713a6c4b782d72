"""A verified study: findings with their numbers, and as Dataset, JSON or Markdown."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import coverage_of_percentiles
from memsim.studies.finding import Finding
from memsim.studies.markdown import to_markdown
from memsim.studies.verdict import RULES, TOLERANCES, VERDICTS, Measured, Spread

if TYPE_CHECKING:
    import xarray as xr

REPORT_VERSION = 1
_NONE = float("nan")


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
    source: str
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    seeds: tuple[int, ...]
    provenance: Mapping[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        found = Counter(finding.verdict for finding in self.findings)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return f"{len(self.findings)} claims: " + ", ".join(f"{verdict} {n}" for verdict, n in self.counts.items())

    @property
    def groups(self) -> list[tuple[str, list[Finding]]]:
        """Findings by the place where their claims are printed, in order."""
        return [(where, list(part)) for where, part in groupby(self.findings, key=lambda found: found.claim.where)]

    @property
    def notes(self) -> list[str]:
        """What a reader must know besides the numbers: images, stored results, seeds."""
        texts = list(dict.fromkeys(source.images for source in self.sources))
        lines = [f"Images: {text}" for text in texts]
        usual = Counter(source.images_sha256 for source in self.sources).most_common(1)[0][0]
        for source in self.sources:
            if source.file:
                changed = f"; changed settings: {source.changed}" if source.changed else ""
                other = "; other images than most" if source.images_sha256 != usual else ""
                lines.append(f"Loaded: {source.experiment} from {source.file}{changed}{other}")
        if self.seeds:
            lines.append(f"Seeds: {self.seeds[0]} to {self.seeds[-1]} where a spread over seeds is given")
        return lines

    @property
    def footnotes(self) -> list[str]:
        """What the marks at intervals mean: methods that do not hold the true value in 95 of 100 samples."""
        counts = sorted({f.measured.images for f in self.findings if f.measured.method == "percentile"})
        shares = ", ".join(f"{coverage_of_percentiles(n)} % with {n} images" for n in counts)
        notes = [f"* percentiles of resamples; of medians of normal data they hold {shares}"] if counts else []
        if any(f.measured.method == "extreme" for f in self.findings):
            notes.append("** of a smallest or largest value: resamples of these images only, with no stated coverage")
        return notes

    def to_markdown(self) -> str:
        """The report as Markdown text."""
        head = (self.study, self.source, self.summary)
        return to_markdown(head, self.notes, self.groups, self.footnotes, self.provenance)

    def to_dataset(self) -> xr.Dataset:
        """The report on the dimensions claim and interval, with labelled text and numbers."""
        import xarray as xr

        def column(values: list[Any], meaning: str, dims: tuple[str, ...] = ("claim",)) -> tuple[Any, ...]:
            array = np.array(values, dtype=object if values and isinstance(values[0], str) else float)
            return dims, array, {"long_name": meaning} | ({} if array.dtype == object else {"units": "1"})

        found = self.findings
        blank = Measured(_NONE, _NONE, _NONE)
        spreads = [f.spread or Spread(_NONE, _NONE, _NONE, _NONE) for f in found]
        givens = [f.given or blank for f in found]
        over = ("claim", "interval")
        variables = {
            "published": column([f.claim.published for f in found], "published number"),
            "relation": column([f.claim.relation for f in found], "how the measured number should compare with it"),
            "unit": column([f.claim.unit or "1" for f in found], "unit of the numbers; x is a factor"),
            "measured": column([f.measured.value for f in found], "measured number"),
            "measured_interval": column(
                [[f.measured.low, f.measured.high] for f in found], "95 % interval over images", over
            ),
            "interval_method": column(
                [f.measured.method for f in found],
                "method of measured_interval: of a share (Clopper-Pearson), of means (bootstrap-t), percentiles of "
                "resamples, the same of an extreme value",
            ),
            "elsewhere": column(
                [_NONE if f.elsewhere is None else f.elsewhere for f in found], "what other published numbers give"
            ),
            "given": column([g.value for g in givens], "second measurement, with the condition changed"),
            "given_interval": column([[g.low, g.high] for g in givens], "95 % interval of given", over),
            "seed_mean": column([s.mean for s in spreads], "mean over seeds"),
            "seed_sd": column([s.sd for s in spreads], "standard deviation over seeds"),
            "seed_min": column([s.smallest for s in spreads], "smallest over seeds"),
            "seed_max": column([s.largest for s in spreads], "largest over seeds"),
            "verdict": column([f.verdict for f in found], "verdict by the rules in the attributes"),
            "condition": column([f.condition for f in found], "condition of the verdict 'only given'"),
            "cause": column([f.cause for f in found], "cause of the verdict"),
        }
        coordinates = {
            "claim": column([f.claim.name for f in found], "name of the claim"),
            "statement": column([f.claim.text for f in found], "what is claimed"),
            "where": column([f.claim.where for f in found], "where it is printed"),
            "interval": (("interval",), np.array(["low", "high"], dtype=object), {"long_name": "end of the interval"}),
        }
        return xr.Dataset(variables, coordinates, self._attributes())

    def _attributes(self) -> dict[str, str | int]:
        return {
            "memsim_report": REPORT_VERSION,
            "title": f"Published claims against measured numbers: {self.study}",
            "source": self.source,
            "rules": "\n".join((*RULES, TOLERANCES)),
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
                "relation": f.claim.relation,
                "measured": f.measured.value,
                "interval": [f.measured.low, f.measured.high],
                "interval_method": f.measured.method or None,
                "elsewhere": f.elsewhere,
                "given": None if f.given is None else vars(f.given),
                "seeds": None if f.spread is None else vars(f.spread),
                "verdict": f.verdict,
                "condition": f.condition or None,
                "cause": f.cause,
            }
            for f in self.findings
        ]
        content = {
            "study": self.study,
            "source": self.source,
            **self.provenance,
            "rules": [*RULES, TOLERANCES],
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
