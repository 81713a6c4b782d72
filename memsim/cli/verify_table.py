"""Tables of `memsim verify`: the studies that come with memsim, and the report of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.cli.console import console, table
from memsim.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from memsim.studies import Finding, Report

_STYLES = {
    "contradicts itself": "magenta",
    "undetermined": "yellow",
    "only given": "cyan",
    "reproduces": "green",
    "refuted": "red",
}
# Widths of the columns beside the claim; together they leave it 21 of 80 characters.
_WIDTHS = (9, 8, 19, 18)
_WIDEST_CLAIM = 44


def print_studies() -> None:
    """Print the studies that come with memsim: name, title, number of claims, duration, and the source below."""
    from memsim.cli.listing import rows_of

    rows = table("study", "title and source", "claims", "a run takes", right=("claims", "a run takes"))
    rows.columns[0].no_wrap = True
    for name, title, source, claims, duration in rows_of("studies"):
        rows.add_row(*map(printable, (name, title, claims, duration)))
        rows.add_row("", printable(source), "", "")
    console().print(rows)


def print_report(report: Report) -> None:
    """Print a report: a line of numbers for each claim, the cause under it, the rules at the end."""
    from memsim.studies.verdict import MEANINGS

    screen = console()
    screen.print(printable(f"{report.title} ({report.source})"), style="bold")
    for note in report.notes:
        screen.print(printable(note))
    _print_row(screen, "", "claim", "published", "measured", "95 % interval", "verdict")
    for where, findings in report.groups:
        screen.print()
        screen.print(printable(where), style="bold")
        for finding in findings:
            _print_finding(screen, finding, report.seeds)
    screen.print(f"\n{printable(report.summary)}.")
    if report.by_basis:
        _print_indented(screen, f"{report.by_basis}.")
    screen.print()
    for i, meaning in enumerate(MEANINGS, 1):
        _print_indented(screen, f"{i}. {meaning}")
    for text in (report.tolerances, *filter(None, [report.bases]), *report.footnotes):
        _print_indented(screen, text)


def _print_finding(screen: Console, finding: Finding, seeds: tuple[int, ...]) -> None:
    cells = (finding.claim.text, finding.published, finding.value, finding.interval, finding.verdict)
    _print_row(screen, _STYLES[finding.verdict], *map(printable, cells))
    if finding.verdict == "undetermined" and finding.spread is not None:
        _print_indented(screen, f"Seeds {seeds[0]} to {seeds[-1]}: {finding.spread_text}.")
    _print_indented(screen, printable(finding.explanation))


def _print_row(screen: Console, style: str, *cells: str) -> None:
    from rich.table import Table

    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=min(_WIDEST_CLAIM, screen.width - sum(_WIDTHS) - len(_WIDTHS) - 1), overflow="fold")
    for width, justify in zip(_WIDTHS, ("right", "right", "center", "left"), strict=True):
        row.add_column(width=width, justify=justify, overflow="fold")  # type: ignore[arg-type]
    row.columns[-1].style = style
    row.add_row(*cells)
    screen.print(row)


def _print_indented(screen: Console, text: str) -> None:
    import textwrap

    joined = text.replace(" %", "\u00a0%")  # a sign never starts a line
    filled = textwrap.fill(joined, screen.width, initial_indent="  ", subsequent_indent="  ")
    screen.print(filled.replace("\u00a0", " "), soft_wrap=True)
