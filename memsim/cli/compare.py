"""`memsim compare`: two results side by side, as a table and a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli.console import WIDE, console, table
from memsim.cli.targets import output_option
from memsim.errors import name_list, printable

if TYPE_CHECKING:
    import xarray as xr

    from memsim.plotting.changes import Change, Comparison, Measured

_LONGEST = 9
"""Characters of a number that leave room for two with intervals in 80 columns."""


@click.command(short_help="Compare two results: metrics, settings, figure.")
@click.argument("a", metavar="A.nc", type=click.Path(path_type=Path))
@click.argument("b", metavar="B.nc", type=click.Path(path_type=Path))
@output_option(
    metavar="FIGURE",
    help="A .png, .pdf or .svg file [default: A-B.png beside A, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
@click.option("--no-figure", is_flag=True, help="Do not draw the figure.")
def compare(a: Path, b: Path, output: str | None, force: bool, no_figure: bool) -> None:
    """Print what changed from result A to result B, with 95 % intervals, and draw both side by side.

    What both share is compared, the rest is listed: learners of the same name, also where names differ by the name of
    their device alone (and the only learners of both whatever their names); means over the noise types and levels that
    both have. Differences are paired where seeds, images and repeats are the same, else unpaired (Welch).

    \b
    Examples:
      memsim compare results/physical-01.nc results/tight-01.nc
      memsim compare results/physical-01.nc results/physical-01-2.nc -o seeds.pdf
    """
    from memsim.plotting import check_format
    from memsim.plotting.pairs import compare as side_by_side
    from memsim.results.dataset import load
    from memsim.storage.files import check_target, numbered, write_files, write_numbered

    if output is not None and no_figure:
        raise click.UsageError("-o names the figure that --no-figure leaves out; give one of them")
    if force and output is None:
        raise click.UsageError("--force replaces the file that -o names; without -o, figures are numbered")
    target = Path(output) if output is not None else None
    if target is not None:
        check_format(target)
        check_target(target, force=force)
    first, second = load(a), load(b)
    found = side_by_side(first, second)
    if not no_figure:
        from memsim.cli.figure import comparison

        stem = f"{a.stem}-{b.stem}"
        if target is None:
            numbered(a.parent, stem, (".png",))
        content = comparison(first, second, target or Path("figure.png"))
        if target is None:
            (target,) = write_numbered(a.parent, stem, {".png": lambda path: path.write_bytes(content)})
        else:
            write_files({target: lambda path: path.write_bytes(content)}, force=force)
    _print(found, (a, first), (b, second))
    if target is not None:
        click.echo(f"Figure   {printable(target)}")


def _print(found: Comparison, *results: tuple[Path, xr.Dataset]) -> None:
    """The tables, and what a reader must know besides."""
    from memsim.metrics.two_columns import MARK, NO_EXPECTATION

    screen, wide = console(), console(width=WIDE)
    for letter, (path, dataset) in zip("AB", results, strict=True):
        screen.print(printable(f"{letter}  {path}: {dataset.attrs.get('title', '')}"), style="bold", soft_wrap=True)
    for pair in found.tables:
        screen.print(f"\n{printable(pair.a if pair.a == pair.b else f'{pair.a} (A), {pair.b} (B)')}", soft_wrap=True)
        rows = table("", "A", "B", "change", right=("A", "B", "change"))
        for change in pair.changes:
            signs = [f" {MARK}" if marked else "" for marked in (*change.marked, any(change.marked))]
            cells = _cell(change, change.a), _cell(change, change.b), _difference(change)
            rows.add_row(printable(change.label), *(cell + sign for cell, sign in zip(cells, signs, strict=True)))
        wide.print(rows)
    screen.print()
    if note := _note(found):
        screen.print(note, soft_wrap=True)
    if any(any(change.marked) for change in found.changes):
        screen.print(f"{MARK}: {NO_EXPECTATION}.", soft_wrap=True)
    for line in _shared_and_rest(found, [dataset for _, dataset in results]):
        screen.print(line, soft_wrap=True)
    _print_settings(found)


def _shared_and_rest(found: Comparison, datasets: Sequence[xr.Dataset]) -> Iterator[str]:
    """Lines on what both results share, and on what only one of them has."""
    if not found.by_name:
        yield "Pair     the only one of each: no name is the same in both"
    for letter, names in (("A", found.only_a), ("B", found.only_b)):
        if names:
            yield f"Only {letter}   {printable(name_list(names))}"
    for words, severities in found.severities:
        yield f"Noise    {words}: {printable(severities)}"
    for label, reason in found.left_out:
        yield f"Not compared: {label} ({printable(reason)})"
    seeds, repeats = ([_labels(dataset, name) for dataset in datasets] for name in ("seed", "repeat"))
    if seeds[0] != seeds[1]:
        yield f"Seeds    {printable(seeds[0])} in A, {printable(seeds[1])} in B"
    if repeats[0] != repeats[1]:
        counts = [dataset.sizes.get("repeat", 1) for dataset in datasets]
        yield f"Repeats  {counts[0]} in A, {counts[1]} in B"
    for words, attribute in (("Images", "images_sha256"), ("Samples", "samples_sha256")):
        other = f"not the same; changes may come from the {words.lower()}"
        same = {True: "the same in both", False: other, None: "not known whether the same"}[found.same_images]
        if any(attribute in dataset.attrs for dataset in datasets):
            yield f"{words:<8} {same}"


def _labels(dataset: xr.Dataset, name: str) -> str:
    """Labels of a result, or an attribute, each once."""
    if name not in dataset.coords:
        return str(dataset.attrs.get(name, "-"))
    return ", ".join(dict.fromkeys(str(one) for one in dataset[name].values.ravel()))


def _print_settings(found: Comparison) -> None:
    screen = console()
    if not found.settings:
        screen.print("Settings the same in both", soft_wrap=True)
        return
    screen.print("\nSettings that differ")
    rows = table("setting", "A", "B")
    for row in found.settings:
        rows.add_row(*map(printable, row))
    screen.print(rows)
    screen.print()


def _note(found: Comparison) -> str:
    """What brackets, parentheses and stars mean; empty without intervals."""
    every = [one for change in found.changes for one in (change.a, change.b, change.interval) if one and one.bounded]
    parts = []
    if any(one.extremes is None for one in every):
        parts.append("Brackets: 95 % intervals.")
    if any(one.extremes is not None for one in every):
        parts.append("Parentheses: least and most of few programmings, whose intervals are not printed.")
    if any(change.interval is not None and change.interval.bounded for change in found.changes):
        if found.unpaired:
            parts.append(f"Changes are unpaired (Welch's interval): {', '.join(found.unpaired)} differ.")
        else:
            parts.append("Changes are means of paired differences (paired t-test).")
        parts.append("*: the 95 % interval of the change leaves out 0.")
    return " ".join(parts)


def _cell(change: Change, metric: Measured) -> str:
    """A value with its interval."""
    return f"{_number(change, metric.value)} {change.unit}".rstrip() + _ends(change, metric)


def _ends(change: Change, metric: Measured, sign: str = "") -> str:
    """The interval of a value, or the least and the most; empty if there is none."""
    if metric.extremes is not None:
        least, most = (_number(change, end, sign) for end in metric.extremes)
        return f" ({least} to {most})"
    if math.isnan(metric.low) or math.isnan(metric.high):
        return ""
    return f" [{_number(change, metric.low, sign)}, {_number(change, metric.high, sign)}]"


def _difference(change: Change) -> str:
    difference = change.difference
    text = "no number" if math.isnan(difference) else _number(change, difference, "+")
    text += _ends(change, change.interval, "+") if change.interval is not None else ""
    return f"{text} *" if change.beyond else text


def _number(change: Change, value: float, sign: str = "") -> str:
    """A number in the metric's format; short if it is large."""
    text = format(value, f"{sign}z{change.form}")  # z: no sign of 0
    return text if len(text) <= _LONGEST else format(value, f"{sign}z.3g")
