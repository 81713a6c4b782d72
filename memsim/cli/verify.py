"""`memsim verify`: what the study prints against what memsim measures, with a verdict for every claim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli.bar import progress
from memsim.cli.console import console, printable
from memsim.cli.targets import RESULTS

if TYPE_CHECKING:
    from rich.console import Console

    from memsim.storage.files import Writer
    from memsim.studies import Finding, Report

STEM = "verify"
_ENDINGS = {".md": "md", ".json": "json", ".nc": "nc"}
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


@click.command(short_help="Check a study's published claims against measured numbers.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json", "nc"]),
    help="Format of the report [default: a table, or what the ending of -o says].",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="A .md, .json or .nc file, beside the table [default: the terminal; for nc, results/verify.nc, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
@click.option(
    "--results",
    multiple=True,
    metavar="FILE.nc",
    help="Load this result instead of running its experiment. May be repeated.",
)
@click.option("--data", metavar="PATH", help="Use these images, as for: memsim run --data.")
@click.option(
    "--seeds",
    type=click.IntRange(2, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="Seeds that a spread is taken over, from the experiment's upwards.",
)
@click.option("--claims", metavar="FILE", help="Your own claims, in YAML [default: those of the study].")
@click.option("-q", "--quiet", is_flag=True, help="Print only the path of the report, or only the summary.")
def verify(
    form: str | None,
    output: str | None,
    force: bool,
    results: tuple[str, ...],
    data: str | None,
    seeds: int,
    claims: str | None,
    quiet: bool,
) -> None:
    """Check the published claims of the study that memsim rebuilds.

    Every claim is measured, with a 95 % interval over images and, where a claim may be one draw of an ill-conditioned
    number, its spread over seeds. The verdicts follow from these numbers by the rules that the report ends with.

    \b
    Examples:
      memsim verify
      memsim verify --format md -o verify.md
      memsim verify --data ~/kitti-depth --format json
      memsim verify --results results/decomposition-01.nc
    """
    form, target = _target(form, output, force)

    from memsim.studies import verify as check

    with progress(quiet, "runs", lines=False) as advance:
        report = check(claims, data=data, results=results, seeds=seeds, progress=advance)
    path = None
    if form == "nc" or target is not None:
        path = _write(report, form or "md", target, force)
    if quiet:
        click.echo(printable(path if path is not None else report.summary))
    elif form in ("md", "json") and path is None:
        click.echo(report.to_markdown() if form == "md" else report.to_json(), nl=False)
    else:
        print_report(report)
        if path is not None:
            click.echo(f"Report   {printable(path)}")


def _target(form: str | None, output: str | None, force: bool) -> tuple[str | None, Path | None]:
    """Format and file of the report; refused now if it could not be written."""
    from memsim.storage.files import check_target, numbered

    if output is None:
        if force:
            raise click.UsageError("--force replaces the file that -o names")
        if form == "nc":
            numbered(RESULTS, STEM)
        return form, None
    target = Path(output)
    form = form or _ENDINGS.get(target.suffix)
    if form is None or not (target.name or target.is_dir()):
        raise click.UsageError(f"-o {output}: give a name that ends in {', '.join(_ENDINGS)}, or a --format")
    if not target.suffix and not target.is_dir():
        target = target.with_suffix(f".{form}")
    if _ENDINGS.get(target.suffix, form) != form:
        raise click.UsageError(f"-o {output}: the ending is not that of --format {form}")
    check_target(target, force=force)
    return form, target


def _write(report: Report, form: str, target: Path | None, force: bool) -> Path:
    from memsim.results.dataset import writer
    from memsim.storage.files import write_files, write_numbered

    write: Writer
    if form == "nc":
        write = writer(report.to_dataset())
    else:
        text = report.to_markdown() if form == "md" else report.to_json()
        write = lambda path: path.write_text(text, encoding="utf-8")  # noqa: E731
    if target is None:
        return write_numbered(RESULTS, STEM, {".nc": write})[0]
    write_files({target: write}, force=force)
    return target


def print_report(report: Report) -> None:
    """Print a report: a line of numbers for each claim, the cause under it, the rules at the end."""
    from memsim.studies.verdict import RULES, TOLERANCES

    screen = console()
    screen.print(printable(f"{report.study} ({report.source})"), style="bold")
    for note in report.notes:
        screen.print(printable(note))
    _print_row(screen, "", "claim", "published", "measured", "95 % interval", "verdict")
    for where, findings in report.groups:
        screen.print()
        screen.print(printable(where), style="bold")
        for finding in findings:
            _print_finding(screen, finding, report.seeds)
    screen.print(f"\n{printable(report.summary)}.\n")
    for i, rule in enumerate(RULES, 1):
        _print_indented(screen, f"{i}. {rule}")
    for text in (TOLERANCES, *report.footnotes):
        _print_indented(screen, text)


def _print_finding(screen: Console, finding: Finding, seeds: tuple[int, ...]) -> None:
    cells = (finding.claim.text, finding.published, finding.value, finding.interval, finding.verdict)
    _print_row(screen, _STYLES[finding.verdict], *map(printable, cells))
    if finding.verdict == "undetermined" and finding.spread is not None:
        _print_indented(screen, f"Seeds {seeds[0]} to {seeds[-1]}: {finding.spread_text}.")
    condition = f"Only given {finding.condition}: {finding.cause}." if finding.condition else finding.sentence
    _print_indented(screen, printable(condition))


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

    kept = text.replace(" %", "\u00a0%")  # a sign never starts a line
    filled = textwrap.fill(kept, screen.width, initial_indent="  ", subsequent_indent="  ")
    screen.print(filled.replace("\u00a0", " "), soft_wrap=True)
