"""`memsim device fit`: from a measurement to a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.console import console
from memsim.cli.fit_report import print_fit
from memsim.cli.measurements import measurement_options
from memsim.cli.targets import output_option
from memsim.errors import printable

if TYPE_CHECKING:
    from memsim.fit import PulseFit, SectionFit
    from memsim.profiles import DeviceProfile
    from memsim.storage.files import Writer


@click.command(short_help="Fit a profile to measured pulses, retention, read noise or I-V.")
@click.argument("file", metavar="FILE|FOLDER")
@output_option(metavar="PROFILE.yaml", help="Write a profile [default: only print the fit].")
@click.option(
    "--force",
    is_flag=True,
    help="Replace the files that -o and --figure name, and write a profile whatever its faults.",
)
@output_option("--figure", metavar="FIGURE", help="Draw data against model into a .png, .pdf or .svg file.")
@click.option("--kind", metavar="KIND", help="pulses, retention, read-noise or iv [default: what the headings say].")
@click.option("--name", metavar="NAME", help="Name of the profile [default: that of the file, or of --device].")
@click.option(
    "--device",
    metavar="NAME|FILE",
    shell_complete=completion.devices,
    help="Profile that retention, read noise or I-V is added to with -o.",
)
@measurement_options
@click.option("-q", "--quiet", is_flag=True, help="Print only the paths of what was written.")
def fit(
    file: str,
    output: str | None,
    force: bool,
    figure: str | None,
    kind: str | None,
    model: str | None,
    window: str | None,
    name: str | None,
    device: str | None,
    columns: str | None,
    table: int | None,
    decimal: str | None,
    repeats: str | None,
    quiet: bool,
) -> None:
    """Fit device models to a measurement, compare them, and write a profile.

    Pulses: conductance or normalised weight after each set and reset pulse. Write noise, read noise and spread
    between devices are separated by a likelihood in which the state is hidden. Tables may have two columns (set,
    reset), a column of directions, or device, cycle, pulse, direction and conductance in any order, with units in the
    headings or below them. Exports of instruments, pipes, and folders with one file a device are read as they are;
    --columns says what columns with other names are.

    \b
    Examples:
      memsim device fit pulses.csv
      memsim device fit pulses.csv -o mine.yaml --window "1 uS, 100 uS" --figure fit.png
      memsim device fit export.csv --columns "G = I1/V1 [S], direction = Mode"
      memsim device fit retention.csv --kind retention --device mine.yaml -o mine-drift.yaml
    """
    from memsim.fit import (
        PulseFit,
        SectionFit,
        check_name,
        checked_window,
        extended,
        fit_device,
        kind_of,
        profile_of,
        read_measurement,
    )
    from memsim.fit.reading.layouts import pulse_data
    from memsim.plotting.save import check_format
    from memsim.profiles import load_device
    from memsim.storage.files import check_target, write_files

    for given in filter(None, (output, figure)):
        check_target(Path(given), force=force)
    for target in filter(None, (output, figure)):
        if Path(target).exists() and Path(file).exists() and Path(target).samefile(file):
            raise click.UsageError(f"{target} is the measurement itself; name another file to write")
    if output is not None and figure is not None and Path(output) == Path(figure):
        raise click.UsageError("-o and --figure name the same file")
    if figure is not None:
        check_format(figure)
    if name is not None:
        check_name(name)
        if output is None:
            raise click.UsageError("--name names the profile that -o writes; add -o PROFILE.yaml")
    ends = checked_window(window) if window is not None else None
    base = load_device(device) if device is not None else None
    # What cannot be right is refused before the fit, which may take a while.
    measurement = read_measurement(file, columns=columns, table=table, decimal=decimal, repeats=repeats)
    kind = kind_of(measurement) if kind is None else kind
    if kind == "pulses" and base is not None:
        raise click.UsageError("--device is for retention, read noise and I-V; pulses make a profile of their own")
    if kind != "pulses" and output is not None and base is None:
        raise click.UsageError(f"-o adds {kind} to a profile: say to which with --device")
    if ends is not None and kind not in ("pulses", "read-noise"):
        raise click.UsageError(f"--window is for weights of pulses and for read noise; {file} is read as {kind}")
    if base is not None and ends is None:
        ends = (base.spec.conductance.min, base.spec.conductance.max)
    if kind == "pulses" and ends is not None and pulse_data(measurement).unit is not None:
        raise click.UsageError(f"--window is for weights without a unit; {file} has conductances")
    with progress(quiet, "fits", lines=False) as advance:
        volts = base.spec.read.voltage if base is not None else None
        found = fit_device(measurement, kind=kind, model=model, window=ends, read_voltage=volts, progress=advance)
    if not quiet:
        # Before anything is refused: the report says what is wrong with a fit.
        print_fit(console(), found, has_window=window is not None)
    made: DeviceProfile | None = None
    if output is not None and isinstance(found, PulseFit):
        made = profile_of(found, name, ends, force=force)
    elif output is not None and isinstance(found, SectionFit) and base is not None:
        made = extended(base, found, name)
    writers: dict[Path, Writer] = {}
    if output is not None and made is not None:
        text = made.to_yaml()
        writers[Path(output)] = lambda path: path.write_text(text, encoding="utf-8")
    if figure is not None:
        drawn = _picture(found, Path(figure))
        writers[Path(figure)] = lambda path: path.write_bytes(drawn)
    write_files(writers, force=force)
    for path in writers:
        word = "Figure  " if figure is not None and path == Path(figure) else "Profile "
        click.echo(printable(path) if quiet else f"{word} {printable(path)}")


def _picture(found: PulseFit | SectionFit, path: Path) -> bytes:
    from memsim.cli.figure import quiet_matplotlib
    from memsim.fit import PulseFit

    quiet_matplotlib()
    from memsim.plotting import render
    from memsim.plotting.fits import pulse_figure, section_figure

    return render(pulse_figure(found) if isinstance(found, PulseFit) else section_figure(found), path)
