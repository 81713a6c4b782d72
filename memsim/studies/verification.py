"""Published claims against measured numbers: the one place that joins claims, runs, measurements and verdicts."""

from __future__ import annotations

import datetime
import importlib.metadata
import math
import platform
from collections.abc import Sequence
from pathlib import Path

from memsim.errors import InputError
from memsim.studies.claims import ClaimSpec
from memsim.studies.finding import Finding
from memsim.studies.measure import Measurements
from memsim.studies.report import Report, Source
from memsim.studies.runs import Progress, Run, all_seeds, run_all
from memsim.studies.study import load_study
from memsim.studies.text import Template, number
from memsim.studies.verdict import (
    CONTRADICTS,
    ONLY_GIVEN,
    REPRODUCES,
    UNDETERMINED,
    Case,
    Measured,
    Spread,
    judge,
    near,
)

SEEDS = 10
MAX_SEEDS = 1000
_MEASURED = ("measured", "elsewhere", "condition")
"""What is measured for a claim, as its keys call it."""


def verify(
    study: str | Path,
    *,
    data: str | Path | None = None,
    results: Sequence[str | Path] = (),
    seeds: int = SEEDS,
    backend: str = "auto",
    progress: Progress | None = None,
) -> Report:
    """Measured numbers and a verdict for every claim of a study.

    Parameters
    ----------
    study : str or Path
        Name of a shipped study, see `memsim.study_names`, or the path of a YAML file.
    data : str or Path, optional
        Images instead of those of the experiments, as for `memsim.run`. Images with labels are for the experiments
        with classes, others for those without.
    results : sequence of str or Path
        Result files, each loaded instead of running the experiment of its name.
    seeds : int
        How many seeds a spread is taken over, from the experiment's seed upwards; 2 to 1000.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    progress : callable, optional
        Called as ``progress(run, runs_done, runs)``.

    Returns
    -------
    Report
        Findings in the order of the claims, with ``to_dataset()``, ``to_json()`` and ``to_markdown()``.

    Raises
    ------
    MemsimError
        If there is no such study, or a claim, an option or a file is not allowed.

    Examples
    --------
    >>> import memsim as ms
    >>> report = ms.verify("akbay2025")  # doctest: +SKIP
    >>> report.counts  # doctest: +SKIP
    {'contradicts itself': 9, ...}
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or not 2 <= seeds <= MAX_SEEDS:
        raise InputError(f"seeds: {seeds!r} is not a whole number from 2 to {MAX_SEEDS}")
    claims = load_study(study)
    runs = run_all(claims, data=data, results=results, seeds=seeds, backend=backend, progress=progress)
    measurements = Measurements(claims.spec.quantities, runs)
    return Report(
        claims.spec.name,
        claims.spec.title,
        claims.spec.source,
        tuple(_finding(claim, measurements) for claim in claims.spec.claims),
        tuple(_source(run) for run in runs.values()),
        tuple(all_seeds(runs.values())),
        {
            "memsim_version": importlib.metadata.version("memsim"),
            "python_version": platform.python_version(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )


def _finding(claim: ClaimSpec, measurements: Measurements) -> Finding:
    formulas = {path[0]: formula for path, formula in claim.formulas}
    measured, *others = (measurements.interval(formulas[key]) if key in formulas else None for key in _MEASURED)
    assert measured is not None  # every claim has a measured number
    elsewhere, without = others
    case = Case(
        claim.published,
        measured,
        claim.rule,
        claim.unit == "%",
        None if elsewhere is None else elsewhere.value,
        claim.elsewhere.relation if claim.elsewhere else "equal",
        not claim.task or measurements.tasks(formulas["measured"]) <= {claim.task},
        measurements.spread(formulas["measured"]) if claim.seeds else None,
        without,
        claim.up_to,
    )
    verdict = judge(case)
    # The causes of a study are those of its experiments, not of what a stored result changed in them.
    text = None if measurements.changed(claim.quantities) else claim.cause.get(verdict)
    cause = _plain(claim, case, verdict) if text is None else _filled(text, claim, case, measurements)
    return Finding(claim, measured, verdict, cause, case.spread, case.elsewhere, without)


def _filled(text: str, claim: ClaimSpec, case: Case, measurements: Measurements) -> str:
    """A cause of the study with the measured numbers in it."""
    nothing = float("nan")
    spread = case.spread or Spread(nothing, nothing, nothing, nothing)
    reserved = {
        "published": case.published,
        "measured": case.measured.value,
        "low": case.measured.low,
        "high": case.measured.high,
        "elsewhere": nothing if case.elsewhere is None else case.elsewhere,
        "without": nothing if case.without is None else case.without.value,
        "seed_mean": spread.mean,
        "seed_sd": spread.sd,
        "seed_min": spread.smallest,
        "seed_max": spread.largest,
    }
    return Template.parse(text).fill(reserved | {name: measurements.point(name) for name in claim.quantities})


def _plain(claim: ClaimSpec, case: Case, verdict: str) -> str:
    """A cause made of the numbers alone, for a verdict that the study does not explain."""
    off = _deviation(case, case.measured)
    if verdict == CONTRADICTS and claim.elsewhere is not None and case.elsewhere is not None:
        relation = {"equal": "", "at least": "at least ", "at most": "at most "}[case.elsewhere_relation]
        return f"{claim.elsewhere.where} gives {relation}{number(case.elsewhere)}"
    if verdict == UNDETERMINED:
        if not case.same_task:
            return f"a claim about {claim.task}, which is not the task measured here"
        return "one draw of an ill-conditioned number" if math.isfinite(case.measured.value) else "no number comes out"
    if verdict == ONLY_GIVEN and case.without is not None:
        return f"without it {number(case.without.value)}, {_deviation(case, case.without)}"
    if verdict == REPRODUCES:
        inside = case.by.relation == "equal" and not near(case, case.measured)
        return f"{off}; the published number lies in the interval" if inside else off
    return off


def _deviation(case: Case, measured: Measured) -> str:
    if case.by.relation != "equal":
        side = "above" if measured.value > case.published else "below"
        return f"{number(measured.value)} is {side} {number(case.published)}"
    if case.up_to is not None:
        return f"{number(measured.value)} beside {number(case.published)} to {number(case.up_to)}"
    if case.percent and case.by.points is not None:
        return f"{measured.value - case.published:+.1f} percentage points off"
    if case.published == 0 or not math.isfinite(measured.value):
        return f"{number(measured.value)} in place of {number(case.published)}"
    percent = 100 * (measured.value / case.published - 1)
    return (
        f"{percent:+.1f} % off" if abs(percent) < 1000 else f"{number(measured.value / case.published)} times as much"
    )


def _source(run: Run) -> Source:
    changed = ", ".join(f"{key}={value}" for key, value in run.changed.items())
    return Source(run.group.title, run.images, run.images_sha256, run.file, changed)
