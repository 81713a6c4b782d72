"""`memsim verify`: what studies print against what memsim measures, with a verdict for every claim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.targets import RESULTS, output_option
from memsim.errors import printable

if TYPE_CHECKING:
    from memsim.storage.files import Writer
    from memsim.studies import Report

STEM = "verify"
_ENDINGS = {".md": "md", ".json": "json", ".nc": "nc"}


@click.command(short_help="Check the published claims of a study against measured numbers.")
@click.argument("study", required=False, metavar="[STUDY|FILE]", shell_complete=completion.studies)
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "json", "nc"]),
    help="Format of the report [default: a table, or what the ending of -o says].",
)
@output_option(
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
    help="Seeds that a spread is taken over, from that of the experiment upwards.",
)
@click.option("--claims", metavar="FILE", help="Your own study, in YAML, in place of STUDY.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the path of the report, or only the summary.")
def verify(
    study: str | None,
    form: str | None,
    output: str | None,
    force: bool,
    results: tuple[str, ...],
    data: str | None,
    seeds: int,
    claims: str | None,
    quiet: bool,
) -> None:
    """Check the published claims of STUDY, or list the studies that come with memsim.

    Every claim is measured, with a 95 % interval over images or repeats and, where a claim may be one draw of an
    ill-conditioned number, its spread over seeds. The verdicts follow from these numbers by the rules that the report
    ends with.

    \b
    Examples:
      memsim verify
      memsim verify akbay2025
      memsim verify akbay2025 --format md -o verify.md
      memsim verify akbay2025 --results results/decomposition-01.nc
      memsim verify my-study.yaml
    """
    if study is not None and claims is not None:
        raise click.UsageError(f"give STUDY or --claims, not both: '{study}' and '{claims}'")
    chosen = Path(claims) if claims is not None else study
    if chosen is None:
        _list_studies(form, output, force, results, data)
        return
    form, target = _target(form, output, force)

    from memsim.studies import verify as check

    with progress(quiet, "runs", lines=False) as advance:
        report = check(chosen, data=data, results=results, seeds=seeds, progress=advance)
    path = None
    if form == "nc" or target is not None:
        path = _write(report, form or "md", target, force)
    if quiet:
        click.echo(printable(path if path is not None else report.summary))
    elif form in ("md", "json") and path is None:
        click.echo(report.to_markdown() if form == "md" else report.to_json(), nl=False)
    else:
        from memsim.cli.verify_table import print_report

        print_report(report)
        if path is not None:
            click.echo(f"Report   {printable(path)}")


def _list_studies(*options: object) -> None:
    """Print the studies that come with memsim; refuse options that belong to one."""
    from memsim.cli.verify_table import print_studies

    if any(options):
        raise click.UsageError("name a study, for example: memsim verify akbay2025; without one, no option applies")
    print_studies()
    click.echo("\nCheck one: memsim verify NAME.")


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
