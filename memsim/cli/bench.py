"""`memsim bench`: how fast memsim is on this machine, beside what the machine can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli.bar import progress
from memsim.cli.targets import output_option, targets, write
from memsim.errors import printable

if TYPE_CHECKING:
    from memsim.storage.files import Writer

_NAME = "bench"


@click.command(short_help="Measure speeds beside the machine's limits.")
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option(
    "--size",
    "sizes",
    type=int,
    multiple=True,
    metavar="N",
    help="Lines of the square arrays. May be repeated [default: 1024 and 4096; wires 256 and 1024].",
)
@click.option("--batch", type=int, default=256, show_default=True, metavar="N", help="Samples of reads and of trains.")
@click.option(
    "--repeats", type=int, default=7, show_default=True, metavar="N", help="Calls of which the median is taken."
)
@click.option(
    "--ratio",
    "ratios",
    type=float,
    multiple=True,
    metavar="X",
    help="Resistance of a cell that is on over that of a wire segment. May be repeated "
    "[default: 1e4 and 1e3; 1e2 with all cells on].",
)
@click.option(
    "--experiment",
    "experiments",
    multiple=True,
    metavar="NAME",
    help="Experiment that is run. May be repeated [default: physical-01].",
)
@click.option(
    "--largest-direct",
    type=int,
    default=256,
    show_default=True,
    metavar="N",
    help="Largest array with wires that direct solvers solve too.",
)
@click.option(
    "--backend", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, help="Where to compute."
)
@output_option(
    metavar="FILE",
    help="Result file; the figure goes beside it [default: results/bench.nc, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the files that -o names.")
@click.option("--no-figure", is_flag=True, help="Do not draw the roofline.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the path of the result.")
def bench(
    kinds: tuple[str, ...],
    sizes: tuple[int, ...],
    batch: int,
    repeats: int,
    ratios: tuple[float, ...],
    experiments: tuple[str, ...],
    largest_direct: int,
    backend: str,
    output: str | None,
    force: bool,
    no_figure: bool,
    quiet: bool,
) -> None:
    """Measure how fast memsim is on this machine, beside ceilings and other programs in the same run.

    KIND is read, update, normals, wires or run (whole processes); all of them if none is given, which takes some
    minutes. Prints medians and their ratio to a copy of the state or a float32 matrix product of the same size, writes
    them as a result file and draws the roofline: operations a second against operations a byte.

    \b
    Examples:
      memsim bench
      memsim bench read update --size 1024 --size 4096 --batch 256
      memsim bench wires --ratio 1e4 --largest-direct 512
      memsim bench run --experiment physical-01 --repeats 9
    """
    from memsim.bench.options import Options

    given = {"experiments": experiments} if experiments else {}
    options = Options(kinds, sizes, batch, repeats, ratios, largest_direct=largest_direct, backend=backend, **given)
    endings = (".nc",) if no_figure or options.chosen == ("run",) else (".nc", ".png")
    paths = targets(output, endings, _NAME, force)

    from memsim.bench import bench as measure
    from memsim.results.dataset import writer

    with progress(quiet, "measurements", lines=False) as advance:
        done = 0

        def report(label: str) -> None:
            nonlocal done
            if advance is not None:
                advance(label, done, options.count)
            done += 1

        dataset = measure(options, report)
    writers: dict[str, Writer] = {".nc": writer(dataset)}
    if len(endings) > 1:
        from memsim.cli.figure import picture

        png = picture(dataset, Path("figure.png"))
        writers[".png"] = lambda path: path.write_bytes(png)
    paths = write(paths, _NAME, writers, force)
    if quiet:
        click.echo(printable(paths[0]))
        return

    from memsim.cli.bench_table import print_bench

    print_bench(dataset)
    for what, path in zip(("Results", "Figure"), paths, strict=False):
        click.echo(f"{what:<8} {printable(path)}")
