"""Published claims against measured numbers: the one place that joins claims, runs, measurements and verdicts."""

from __future__ import annotations

import datetime
import importlib.metadata
import math
import platform
from collections.abc import Sequence
from pathlib import Path

from memsim.errors import InputError
from memsim.studies.claims import ClaimSpec, load_claims, used_names
from memsim.studies.expression import Expression
from memsim.studies.finding import Finding
from memsim.studies.measure import Measurements
from memsim.studies.report import Report, Source
from memsim.studies.runs import Progress, Run, all_seeds, run_all
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


def verify(
    claims: str | Path | None = None,
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
    claims : str or Path, optional
        A claims file; the claims of the study that memsim rebuilds, if not given.
    data : str or Path, optional
        Images instead of the experiments' own, as for `memsim.run`.
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
        If a claim, an option or a file is not allowed.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or not 2 <= seeds <= MAX_SEEDS:
        raise InputError(f"seeds: {seeds!r} is not a whole number from 2 to {MAX_SEEDS}")
    study = load_claims(claims)
    runs = run_all(study, data=data, results=results, seeds=seeds, backend=backend, progress=progress)
    measurements = Measurements(study, runs)
    return Report(
        study.spec.study,
        study.spec.source,
        tuple(_finding(claim, measurements) for claim in study.spec.claims),
        tuple(_source(run) for run in runs.values()),
        tuple(all_seeds(runs.values())),
        {
            "memsim_version": importlib.metadata.version("memsim"),
            "python_version": platform.python_version(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
    )


def _finding(claim: ClaimSpec, measurements: Measurements) -> Finding:
    formula = Expression.parse(claim.measured)
    measured = measurements.interval(formula)
    spread = measurements.spread(formula) if claim.seeds else None
    elsewhere = given = None
    if claim.elsewhere is not None:
        elsewhere = measurements.interval(Expression.parse(claim.elsewhere.gives)).value
    if claim.given is not None:
        given = measurements.interval(Expression.parse(claim.given.measured))
    case = Case(
        claim.published,
        measured,
        claim.relation,
        claim.unit == "%",
        elsewhere,
        claim.elsewhere.relation if claim.elsewhere else "equal",
        measurements.tasks(formula) <= {claim.task},
        spread,
        given,
    )
    verdict = judge(case)
    # The causes of the claims file are those of its experiments, not of what a stored result changed in them.
    text = None if measurements.changed(used_names(claim)) else claim.cause.get(verdict)
    cause = _plain(claim, case, verdict) if text is None else _filled(text, claim, case, measurements)
    return Finding(claim, measured, verdict, cause, spread, elsewhere, given)


def _filled(text: str, claim: ClaimSpec, case: Case, measurements: Measurements) -> str:
    """A cause of the claims file with the measured numbers in it."""
    nothing = float("nan")
    spread = case.spread or Spread(nothing, nothing, nothing, nothing)
    own = {
        "published": case.published,
        "measured": case.measured.value,
        "low": case.measured.low,
        "high": case.measured.high,
        "elsewhere": nothing if case.elsewhere is None else case.elsewhere,
        "given": nothing if case.given is None else case.given.value,
        "seed_mean": spread.mean,
        "seed_sd": spread.sd,
        "seed_min": spread.smallest,
        "seed_max": spread.largest,
    }
    return Template.parse(text).fill(own | {name: measurements.point(name) for name in used_names(claim)})


def _plain(claim: ClaimSpec, case: Case, verdict: str) -> str:
    """A cause made of the numbers alone, for a verdict that the claims file does not explain."""
    off = _deviation(case, case.measured)
    if verdict == CONTRADICTS and claim.elsewhere is not None and case.elsewhere is not None:
        relation = {"equal": "", "at least": "at least ", "at most": "at most "}[case.elsewhere_relation]
        return f"{claim.elsewhere.where} gives {relation}{number(case.elsewhere)}"
    if verdict == UNDETERMINED:
        if not case.same_task:
            return f"a claim about {claim.task}, which is not the task measured here"
        return "one draw of an ill-conditioned number" if math.isfinite(case.measured.value) else "no number comes out"
    if verdict == ONLY_GIVEN and case.given is not None:
        return f"without it {number(case.given.value)}, {_deviation(case, case.given)}"
    if verdict == REPRODUCES:
        inside = case.relation == "equal" and not near(case, case.measured)
        return f"{off}; the published number lies in the interval" if inside else off
    return off


def _deviation(case: Case, measured: Measured) -> str:
    if case.relation != "equal":
        side = "above" if measured.value > case.published else "below"
        return f"{number(measured.value)} is {side} {number(case.published)}"
    if case.percent:
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
