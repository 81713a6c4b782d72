"""The report of `memsim device fit`: models side by side, the numbers of the chosen one, and what limits them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from memsim.cli.console import table
from memsim.cli.options import with_options
from memsim.errors import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from memsim.fit import Candidate, PulseFit, SectionFit
    from memsim.fit.pulses.quantities import Number
    from memsim.fit.pulses.spread import Spread

_CRITERIA = ("AIC - min", "BIC - min")
_OF_CRITERIA = (
    "Numbers says how many numbers are fitted. AIC - min and BIC - min are the differences from the lowest AIC and BIC."
)


def print_fit(screen: Console, fit: PulseFit | SectionFit, *, has_window: bool) -> None:
    """Print a fit; `has_window` says whether the user gave the window that weights without a unit stand for."""
    from memsim.fit import SectionFit

    if isinstance(fit, SectionFit):
        print_section(screen, fit)
        return
    print_models(screen, fit)
    print_chosen(screen, fit, has_window=has_window)


def print_models(screen: Console, found: PulseFit) -> None:
    """Print the models side by side."""
    chosen, data = found.chosen, found.data
    size = f"{data.reads:,} reads, {len(data.devices)} device(s), {len(data.sweeps)} sweeps"
    screen.print(printable(f"{data.name}: {size}"), style="bold")
    screen.print()
    screen.print(models_table(found.candidates, chosen))
    screen.print(
        f"The model with the star is reported below. {_OF_CRITERIA} Held out is the log-likelihood per read of "
        f"{found.split}, under a fit to the other reads. The noise says what write noise is relative to; log: "
        "noise is Gaussian in the logarithm of the conductance; slow: some read noise is correlated over pulses.",
        soft_wrap=True,
    )
    for name, reason in found.not_fitted.items():
        screen.print(printable(f"Not fitted  {name}: {with_options(reason)}"), soft_wrap=True)


def print_chosen(screen: Console, found: PulseFit, *, has_window: bool) -> None:
    """Print the numbers of the chosen model, and how its predictions miss; see `print_fit`."""
    from memsim.fit.criteria import p_in_words

    data = found.data
    screen.print(f"\n{found.chosen.name}", style="bold")
    print_numbers(screen, found.fitted.numbers)
    for key, spread in found.fitted.spreads.items():
        screen.print(_between(key, spread, data.unit or ""), soft_wrap=True)
    d = found.diagnostics
    screen.print(
        f"Residuals: mean {d.mean:+.3f} (expected 0), variance {d.variance:.3f} (1), lag-1 correlation "
        f"{d.correlation:+.3f} (0), skewness {d.skewness:+.2f}, excess {d.excess:+.2f}; probability of such skewness "
        f"and excess if the model is right: {p_in_words(d.normality, 2)}, of such correlations if residuals are "
        f"independent: {p_in_words(d.independence, 2)}",
        soft_wrap=True,
    )
    screen.print(
        f"Trains   95 % bands of simulated trains contain {found.review.covered:.0%} of the reads",
        soft_wrap=True,
    )
    for note in data.notes:
        screen.print(f"Note     {printable(with_options(note))}", soft_wrap=True)
    for limit in found.review.limits:
        screen.print(f"Limit    {printable(with_options(limit))}", soft_wrap=True)
    for fault in found.review.faults:
        screen.print(
            f"Fault    {printable(with_options(fault))}; -o writes no profile of it without --force", soft_wrap=True
        )
    if data.unit is None and not has_window:
        screen.print(
            "Window   assumed: the data have no unit, so a profile's window is a nominal 1 uS to 100 uS; "
            'give yours with --window "MIN, MAX"',
            soft_wrap=True,
        )


def models_table(candidates: Sequence[Candidate], chosen: Candidate) -> Table:
    """The models side by side, a star before the chosen one."""
    headings = ("numbers", "log-likelihood", "held out", *_CRITERIA)
    rows = table("model", "noise", *headings, right=headings)
    # Only the words of the noise may stand in several lines.
    for column in (rows.columns[0], *rows.columns[2:]):
        column.no_wrap = True
    lowest = {name: min(getattr(c, name) for c in candidates) for name in ("aic", "bic")}
    for candidate in candidates:
        rows.add_row(
            ("* " if candidate is chosen else "  ") + candidate.name,
            _noise(candidate),
            str(candidate.parameters),
            f"{candidate.log_likelihood:.1f}",
            f"{candidate.held_out:.4f}",
            f"{candidate.aic - lowest['aic']:.1f}",
            f"{candidate.bic - lowest['bic']:.1f}",
        )
    return rows


def _between(key: str, spread: Spread, unit: str) -> str:
    """The spread of one quantity between devices, and where a further device lies, as a sentence."""
    from memsim.fit.pulses.quantities import quantity_text

    low, high = spread.another
    what = {"low": "the lower ends of the windows", "high": "the upper ends of the windows", "step": "the step sizes"}[
        key
    ]
    if key == "step":
        unit, further = "%", f"steps of {_plain(math.exp(low))} to {_plain(math.exp(high))} times the average"
    else:
        further = f"this end at {quantity_text(low, unit)} to {quantity_text(high, unit)}"
    upper = quantity_text(spread.sigma_high, unit)
    if spread.sigma_low > 0:
        interval = f"95 % interval {quantity_text(spread.sigma_low, unit)} to {upper}"
        scatter = f"have a standard deviation of {quantity_text(spread.sigma, unit)} ({interval})"
    else:
        scatter = f"are compatible with equal devices (standard deviation below {upper} at 95 %)"
    return f"Between devices, {what} {scatter}; 95 % of further devices have {further}."


def _plain(value: float) -> str:
    from memsim.units import format_quantity

    return format_quantity(value, "1", 2)


def _noise(candidate: Candidate) -> str:
    """The kind of noise of a candidate, in short words, which fit in the narrowest column."""
    problem = candidate.problem
    words = ["window" if problem.write == "range" else problem.write]
    if problem.axis.logarithmic:
        words.append("log")
    if problem.slow:
        words.append("slow")
    return ", ".join(words)


def print_section(screen: Console, found: SectionFit) -> None:
    """Print the forms that were tried, the numbers with intervals, and the section as it stands in a profile."""
    from memsim.document import Document

    screen.print(printable(f"{found.name}: {found.title}"), style="bold")
    screen.print()
    headings = ("numbers", "log-likelihood", *_CRITERIA)
    rows = table("form", *headings, right=headings)
    lowest = {name: min(getattr(form, name) for form in found.forms) for name in ("aic", "bic")}
    for form in found.forms:
        rows.add_row(
            form.name,
            str(form.parameters),
            f"{form.log_likelihood:.1f}",
            f"{form.aic - lowest['aic']:.1f}",
            f"{form.bic - lowest['bic']:.1f}",
        )
    screen.print(rows)
    screen.print(f"{_OF_CRITERIA}\n", soft_wrap=True)
    print_numbers(screen, found.numbers)
    for note in found.notes:
        screen.print(f"Note     {printable(with_options(note))}", soft_wrap=True)
    if found.unlimited:
        names = " and ".join(found.unlimited)
        screen.print(printable(f"Note     the data set no limit to {names}: no profile is written"), soft_wrap=True)
    data: dict = dict(found.section)
    for key in reversed(found.path.split(".")):
        data = {key: data}
    click.echo(f"\n{Document.from_data(data).to_yaml()}", nl=False)


def print_numbers(screen: Console, numbers: tuple[Number, ...]) -> None:
    """Print fitted numbers with their intervals."""
    rows = table("number", "value", "95 % interval", "meaning", right=("value",))
    rows.columns[0].no_wrap = True
    for item in numbers:
        rows.add_row(item.name, item.value_text, item.interval_text, item.meaning)
    screen.print(rows)
