"""`memsim device assess`: from a measurement to one page on what its device does in a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.loading import experiment_of
from memsim.cli.measurements import measurement_options
from memsim.cli.results import changed_by_options, setting_options
from memsim.cli.targets import output_option, targets, write
from memsim.errors import InputError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memsim.assessment import Assessment
    from memsim.storage.files import Writer

_WORDS = {".nc": "Devices", ".limits.nc": "Limits", ".yaml": "Profile", ".png": "Page"}
"""What each file holds, by its ending."""


@click.command(short_help="Accuracy, limits and costs of a measured device, beside others.")
@click.argument("file", metavar="FILE|FOLDER|PROFILE")
@click.option(
    "--task",
    default="digits-01",
    show_default=True,
    metavar="NAME|FILE",
    shell_complete=completion.experiments,
    help="Experiment in which the device takes the place of others.",
)
@setting_options
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME",
    help="Assess the device with this learner. May be repeated [default: the first that is programmed, or the first "
    "on crossbars].",
)
@click.option(
    "--against",
    metavar="NAMES",
    help="Devices beside it, names or files with commas, or none [default: all shipped ones, which takes minutes].",
)
@click.option("--metric", metavar="NAME", help="Variable or label of the metric [default: the first one of the task].")
@click.option("--components", metavar="NAME|FILE", help="Component table [default: the task's, or generic].")
@click.option("--node", metavar="NODE", help="Technology node [default: the task's, or 22 nm].")
@click.option("--name", metavar="NAME", help="Name of the profile [default: that of the file].")
@measurement_options
@click.option(
    "--backend",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
@output_option(
    metavar="FILE.nc",
    help="Result file; the profile, the limits and the page go beside it [default: results/NAME-TASK.nc, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the files that -o names, and make a profile whatever its faults.")
@click.option("--no-figure", is_flag=True, help="Do not draw the page.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the paths of what was written.")
def assess(
    file: str,
    task: str,
    settings: tuple[str, ...],
    data: str | None,
    seed: int | None,
    learners: tuple[str, ...],
    against: str | None,
    metric: str | None,
    components: str | None,
    node: str | None,
    name: str | None,
    model: str | None,
    window: str | None,
    columns: str | None,
    table: int | None,
    decimal: str | None,
    repeats: str | None,
    backend: str,
    output: str | None,
    force: bool,
    no_figure: bool,
    quiet: bool,
) -> None:
    """Say what a measured device does in a task: fit, profile, accuracy, what limits it, costs, other devices.

    FILE holds measured pulses, as for memsim device fit; a PROFILE (.yaml, or a shipped name) is assessed as it is. The
    device takes the place of others in the task, beside all shipped ones. Networks are trained once and programmed onto
    each device. Learners that learn in place (--learner) do so on each device with the settings of the task, which
    were chosen for its own device.

    \b
    Examples:
      memsim device assess pulses.csv --task digits-01
      memsim device assess mine.yaml --against pcm-joshi2020,hfox-wan2022
      memsim device assess pulses.csv --task physical-01 --window "1 uS, 100 uS"
    """
    from memsim.assessment import assess as assessed
    from memsim.assessment import is_profile
    from memsim.fit.profile import check_name, name_of
    from memsim.kernels.compile import spare_linear_algebra

    experiment = changed_by_options(experiment_of(task), settings, None, data, seed)
    others = None if against is None else [other.strip() for other in against.split(",") if other.strip() != "none"]
    if others is not None and "" in others:
        raise InputError(f"--against {against!r}: a name is empty; allowed: names with commas, or none")
    fitted = not is_profile(file)
    endings = (".nc", ".limits.nc", *((".yaml",) if fitted else ()), *(() if no_figure else (".png",)))
    stem = f"{name or name_of(file)}-{experiment.name}"
    if name is not None:
        check_name(name)
    paths = targets(output, endings, stem, force and output is not None)
    read: dict[str, list[str | None]] = {
        "the measurement": [file],
        "--task": [task],
        "--data": [data],
        "--components": [components],
    }
    _refuse_inputs(paths or [], read | {"--against": list(others or [])})

    spare_linear_algebra()
    with progress(quiet, "", lines=False) as advance:
        assessment = assessed(
            file,
            experiment,
            name=name,
            model=model,
            window=window,
            columns=columns,
            table=table,
            decimal=decimal,
            repeats=repeats,
            force=force,
            against=others,
            learners=learners,
            metric=metric,
            components=components,
            node=node,
            backend=backend,
            progress=advance,
        )
    writers = _writers(assessment, endings)
    if paths is not None:
        paths = [path for ending, path in zip(endings, paths, strict=True) if ending in writers]
    written = write(paths, stem, writers, force)
    if not quiet:
        from memsim.cli.assess_report import print_assessment

        print_assessment(assessment, has_window=window is not None)
    for ending, path in zip(writers, written, strict=True):
        click.echo(printable(path) if quiet else f"{_WORDS[ending]:<8} {printable(path)}")


def _writers(assessment: Assessment, endings: tuple[str, ...]) -> dict[str, Writer]:
    """What is written, by the endings of the files."""
    from memsim.cli.figure import quiet_matplotlib
    from memsim.results.dataset import writer

    text = assessment.device.to_yaml()
    writers: dict[str, Writer] = {
        ".nc": writer(assessment.comparison),
        ".yaml": lambda path: path.write_text(text, encoding="utf-8"),
    }
    if assessment.limits is not None:
        writers[".limits.nc"] = writer(assessment.limits)
    if ".png" in endings:
        quiet_matplotlib()
        from memsim.plotting import render
        from memsim.plotting.assessment import assessment_page

        png = render(assessment_page(assessment), Path("page.png"))
        writers[".png"] = lambda path: path.write_bytes(png)
    return {ending: writers[ending] for ending in endings if ending in writers}


def _refuse_inputs(paths: Sequence[Path], inputs: Mapping[str, Sequence[str | None]]) -> None:
    """Refuse to write to a file that is read; `inputs` says what names it."""
    for path in filter(Path.exists, paths):
        for what, places in inputs.items():
            if any(place and Path(place).exists() and path.samefile(place) for place in places):
                raise click.UsageError(
                    f"{path} is a file of {what}, and would be replaced; choose another name with -o"
                )
