"""`memsim list`, `show` and `plot`: what there is, what it says, what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli import completion
from memsim.cli.console import console, table
from memsim.cli.loading import experiment_of
from memsim.cli.targets import output_option
from memsim.errors import printable
from memsim.plotting.save import DPI
from memsim.storage.library import find

if TYPE_CHECKING:
    import xarray as xr

    from memsim.plotting import LacksError
    from memsim.storage.files import Writer


@click.command("list", short_help="List the experiments that come with memsim.")
def list_() -> None:
    """List the experiments that come with memsim."""
    from memsim.cli.listing import rows_of

    rows = table("experiment", "title", "compared", right=("compared",))
    rows.columns[0].no_wrap = True
    for row in rows_of("experiments"):
        rows.add_row(*map(printable, row))
    console().print(rows)
    click.echo("\nRun one: memsim run NAME. Print one: memsim show NAME.")


@click.command(short_help="Print an experiment, or the metrics of a result.")
@click.argument("name", metavar="NAME|FILE", shell_complete=completion.experiments)
def show(name: str) -> None:
    """Print an experiment's YAML, or the metrics and the provenance of a result file (.nc), or a benchmark's tables.

    \b
    Examples:
      memsim show physical-01 > my.yaml     (change it, then: memsim run my.yaml)
      memsim show results/physical-01.nc
    """
    if not name.endswith(".nc"):
        experiment_of(name)
        click.echo(find("experiments", name).read_text(encoding="utf-8-sig").rstrip())
        return
    from memsim.cli.notes import print_notes
    from memsim.results.dataset import load
    from memsim.results.settings import kind_of
    from memsim.tasks.base import Task, load_object

    dataset = load(name)
    kind = kind_of(dataset)
    load_object(kind.print_metrics)(dataset)
    if not isinstance(kind, Task):
        return
    print_notes(dataset)
    screen = console()
    for key in ("seed", "backend", "created", "memsim_version", "python_version", "machine", "images_sha256"):
        if key in dataset.attrs:
            screen.print(f"{key:<16} {printable(dataset.attrs[key])}", soft_wrap=True)
    sizes = ", ".join(f"{dimension} {size}" for dimension, size in dataset.sizes.items())
    screen.print(f"{'dimensions':<16} {printable(sizes)}", soft_wrap=True)


class _Plot(click.Command):
    """A command whose help ends with the figures there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add every figure with its description."""
        from memsim.plotting import FIGURES

        with formatter.section("Figures"):
            formatter.write_dl([(name, figure.description) for name, figure in FIGURES.items()])


@click.command(cls=_Plot, short_help="Draw figures of a result.")
@click.argument("result", metavar="FILE.nc", type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--figure",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.figures,
    help="Draw this one; 'all' draws all that apply. May be repeated [default: the one that suits the result].",
)
@output_option(
    metavar="FIGURE",
    help="A .png, .pdf or .svg file; of several figures, the start and the ending of their names "
    "[default: FILE.png, or FILE-NAME.png with -f, beside the result, numbered].",
)
@click.option(
    "--dpi",
    type=click.IntRange(*DPI),
    help="Dots per inch of a .png file, and of pictures inside others [default: 200].",
)
@click.option("--force", is_flag=True, help="Replace the files that -o names.")
def plot(result: Path, names: tuple[str, ...], output: str | None, dpi: int | None, force: bool) -> None:
    """Draw figures of a result file.

    \b
    Examples:
      memsim plot results/physical-01.nc
      memsim plot results/decomposition-01.nc -f ranking -o ranking.pdf
      memsim plot results/lambda-01.nc -f lambda -f margins --dpi 600
      memsim plot results/corruptions-01.nc -f all -o figures/corruptions.svg
    """
    from memsim.plotting import check_format
    from memsim.results.dataset import load

    chosen = _chosen(names)
    target = Path(output) if output is not None else None
    if target is not None:
        check_format(target)
    elif force:
        raise click.UsageError("--force replaces the files that -o names; without -o, figures are numbered")
    several = len(chosen) > 1
    _places(result, chosen, target, several, force)
    dataset = load(result)
    pictures, left_out = _pictures(dataset, chosen, target or Path("figure.png"), dpi, lenient="all" in names)
    for path in _write(result, pictures, target, several, force):
        click.echo(printable(path))
    if left_out:
        click.echo(f"Left out: {printable('; '.join(left_out))}", err=True)


def _chosen(names: tuple[str, ...]) -> list[str | None]:
    """Names of the figures to draw; None stands for the one that suits the result."""
    from memsim.errors import nearest
    from memsim.plotting import FIGURES

    for name in names:
        if name not in FIGURES and name != "all":
            raise click.UsageError(f"unknown figure '{name}'{nearest(name, [*FIGURES, 'all'])}")
    return list(FIGURES if "all" in names else dict.fromkeys(names)) or [None]


def _places(result: Path, chosen: list[str | None], target: Path | None, several: bool, force: bool) -> list[Path]:
    """Where each figure goes; refused if it could not be written."""
    from memsim.storage.files import check_target, numbered

    if target is None:
        stems = [result.stem if name is None else f"{result.stem}-{name}" for name in chosen]
        return [numbered(result.parent, stem, (".png",)) for stem in stems]
    paths = [target.with_name(f"{target.stem}-{name}{target.suffix}") if several else target for name in chosen]
    for path in paths:
        check_target(path, force=force)
    return paths


def _pictures(
    dataset: xr.Dataset, chosen: list[str | None], form: Path, dpi: int | None, *, lenient: bool
) -> tuple[dict[str | None, bytes], list[str]]:
    """Figures by name as bytes, and those of the result's task that are left out, with what they need."""
    from memsim.cli.figure import picture
    from memsim.errors import OutputError
    from memsim.plotting import LacksError
    from memsim.results.settings import kind_of

    pictures: dict[str | None, bytes] = {}
    problems: dict[str, OutputError] = {}
    for name in chosen:
        if lenient and name not in kind_of(dataset).figures:
            continue
        try:
            pictures[name] = picture(dataset, form, name, dpi)
        except LacksError as error:
            if not lenient:
                raise _with_others(error, dataset) from None
            problems[f"{name} (needs {error.what})"] = error
        except OutputError as error:  # an older result may lack a variable
            if not lenient:
                raise
            problems[f"{name} ({_reason(dataset, error)})"] = error
    if not pictures:
        raise next(iter(problems.values()))
    return pictures, list(problems)


def _reason(dataset: xr.Dataset, error: Exception) -> str:
    """An error without the name of the result in front."""
    from memsim.results.dataset import source

    return str(error).removeprefix(f"{source(dataset)}: ")


def _with_others(error: LacksError, dataset: xr.Dataset) -> LacksError:
    """The error of a figure that does not apply, with the figures that do."""
    from memsim.plotting import LacksError
    from memsim.plotting.catalog import applicable

    names = applicable(dataset)
    return LacksError(f"{error}; figures of this result: {', '.join(names)}" if names else str(error))


def _write(
    result: Path, pictures: Mapping[str | None, bytes], target: Path | None, several: bool, force: bool
) -> list[Path]:
    """Write all figures or none; their paths."""
    from memsim.storage.files import ExistsError, write_files

    def writer(content: bytes) -> Writer:
        return lambda path: path.write_bytes(content)

    while True:
        paths = _places(result, list(pictures), target, several, force)
        try:
            write_files({path: writer(p) for path, p in zip(paths, pictures.values(), strict=True)}, force=force)
        except ExistsError:
            if target is not None:
                raise
            continue  # another command took a name while this one was writing
        return paths
