"""`memsim device fit`: from a measurement to a profile."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli.bar import progress
from memsim.cli.console import console, printable, table

if TYPE_CHECKING:
    from rich.console import Console

    from memsim.files import Writer
    from memsim.fit import Candidate, PulseFit, SectionFit
    from memsim.fit.quantities import Number
    from memsim.profiles import DeviceProfile


@click.command(short_help="Fit a profile to measured pulses, retention, read noise or I-V.")
@click.argument("file", metavar="FILE|FOLDER")
@click.option("-o", "--output", metavar="PROFILE.yaml", help="Write a profile [default: only print the fit].")
@click.option(
    "--force",
    is_flag=True,
    help="Replace the files that -o and --figure name, and write a profile whatever its faults.",
)
@click.option("--figure", metavar="FIGURE", help="Draw data against model into a .png, .pdf or .svg file.")
@click.option("--kind", metavar="KIND", help="pulses, retention, read-noise or iv [default: what the headings say].")
@click.option("--model", metavar="NAME", help="Report and write this step model [default: the lowest BIC].")
@click.option("--window", metavar='"MIN, MAX"', help='Window that weights without a unit stand for: "1 uS, 100 uS".')
@click.option("--name", metavar="NAME", help="Name of the profile [default: that of the file].")
@click.option("--device", metavar="NAME|FILE", help="Profile that retention, read noise or I-V is added to with -o.")
@click.option("--columns", metavar="TEXT", help='What columns are: "G = Iread/Vread, direction = Mode, pulse = #".')
@click.option("--table", "number", type=int, metavar="N", help="Read table N of a file with several.")
@click.option("--decimal", metavar=".|,", help="Decimal sign [default: what the numbers show].")
@click.option("--repeats", metavar="devices|cycles", help="What columns with the same heading belong to.")
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
    number: int | None,
    decimal: str | None,
    repeats: str | None,
    quiet: bool,
) -> None:
    """Fit device models to a measurement, compare them, and write a profile.

    Pulses: conductance or normalised weight after each set and reset pulse. Write noise, read noise and spread
    between devices are told apart by a likelihood in which the state is hidden. Tables may have two columns (set,
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
    from memsim.files import check_target, write_files
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
    from memsim.plotting.save import check_format
    from memsim.profiles import load_device

    for given in filter(None, (output, figure)):
        check_target(Path(given), force=force)
    if output is not None and figure is not None and Path(output) == Path(figure):
        raise click.UsageError("-o and --figure name the same file")
    if figure is not None:
        check_format(figure)
    if name is not None:
        check_name(name)
    ends = checked_window(window) if window is not None else None
    base = load_device(device) if device is not None else None
    # What cannot be right is refused before the fit, which may take a while.
    measurement = read_measurement(file, columns=columns, table=number, decimal=decimal, repeats=repeats)
    kind = kind_of(measurement) if kind is None else kind
    if kind == "pulses" and base is not None:
        raise click.UsageError("--device is for retention, read noise and I-V; pulses make a profile of their own")
    if kind != "pulses" and name is not None:
        raise click.UsageError(f"--name names a profile of pulses; {file} is read as {kind}")
    if kind != "pulses" and output is not None and base is None:
        raise click.UsageError(f"-o adds {kind} to a profile: say to which with --device")
    if base is not None and ends is None:
        ends = (base.spec.conductance.min, base.spec.conductance.max)
    with progress(quiet, "fits", lines=False) as advance:
        volts = base.spec.read.voltage if base is not None else None
        found = fit_device(measurement, kind=kind, model=model, window=ends, read_voltage=volts, progress=advance)
    made: DeviceProfile | None = None
    if output is not None and isinstance(found, PulseFit):
        made = profile_of(found, name, ends, force=force)
    elif output is not None and isinstance(found, SectionFit) and base is not None:
        made = extended(base, found)
    writers: dict[Path, Writer] = {}
    if output is not None and made is not None:
        text = made.to_yaml()
        writers[Path(output)] = lambda path: path.write_text(text, encoding="utf-8")
    if figure is not None:
        drawn = _picture(found, Path(figure))
        writers[Path(figure)] = lambda path: path.write_bytes(drawn)
    write_files(writers, force=force)
    if quiet:
        for path in writers:
            click.echo(printable(path))
        return
    screen = console()
    if isinstance(found, SectionFit):
        print_section(screen, found)
    else:
        print_pulses(screen, found)
        if found.data.unit is None and window is None:
            screen.print(
                "Window   assumed: the data have no unit, so a profile's window is a nominal 1 uS to 100 uS; "
                'give yours with --window "MIN, MAX"',
                soft_wrap=True,
            )
    for path in writers:
        click.echo(f"{'Figure  ' if figure is not None and path == Path(figure) else 'Profile '} {printable(path)}")


def _picture(found: PulseFit | SectionFit, path: Path) -> bytes:
    from memsim.cli.figure import quiet_matplotlib
    from memsim.fit import PulseFit

    quiet_matplotlib()
    from memsim.plotting import render
    from memsim.plotting.fits import pulse_figure, section_figure

    return render(pulse_figure(found) if isinstance(found, PulseFit) else section_figure(found), path)


def print_pulses(screen: Console, found: PulseFit) -> None:
    """Print the models side by side, the numbers of the chosen one, and how its predictions miss."""
    chosen, data = found.chosen, found.data
    cycles = len({(s.device, s.cycle) for s in data.sweeps})
    screen.print(
        printable(f"{data.name}: {data.reads:,} reads, {len(data.devices)} device(s), {cycles} cycle(s)"), style="bold"
    )
    screen.print()
    headings = ("fitted", "log-likelihood", "held out", "AIC", "BIC")
    rows = table("model", "noise", *headings, right=headings)
    lowest = {name: min(getattr(c, name) for c in found.candidates) for name in ("aic", "bic")}
    for candidate in found.candidates:
        rows.add_row(
            ("* " if candidate is chosen else "  ") + candidate.name,
            _noise(candidate),
            str(candidate.parameters),
            f"{candidate.log_likelihood:.1f}",
            f"{candidate.held_out:.4f}",
            f"+{candidate.aic - lowest['aic']:.1f}",
            f"+{candidate.bic - lowest['bic']:.1f}",
        )
    screen.print(rows)
    screen.print(
        f"Held out: log-likelihood a read of {found.split}, by a fit to the rest. AIC, BIC: above the lowest. Noise: "
        "what write noise is relative to; lognormal: noise is Gaussian in the logarithm of the conductance; slow: some "
        "read noise outlives a pulse.",
        soft_wrap=True,
    )
    for name, reason in found.not_fitted.items():
        screen.print(printable(f"Not fitted  {name}: {reason}"), soft_wrap=True)
    screen.print(f"\n{chosen.name}", style="bold")
    print_numbers(screen, found.fitted.numbers)
    for key, spread in found.fitted.spreads.items():
        unit = (data.unit or "") if key != "step" else "%"
        word = {"low": "lower end", "high": "upper end", "step": "size of the steps"}[key]
        ends = f"{_text(spread.sigma_low, unit)} to {_text(spread.sigma_high, unit)}"
        screen.print(f"Between devices, {word}: sigma {_text(spread.sigma, unit)} ({ends})", soft_wrap=True)
    d = found.diagnostics
    screen.print(
        f"Residuals: mean {d.mean:+.3f}, variance {d.variance:.3f} (1), lag-1 correlation {d.correlation:+.3f} (0), "
        f"skewness {d.skewness:+.2f}, excess {d.excess:+.2f}; p of normality {d.normality:.2g}, of independence "
        f"{d.independence:.2g}",
        soft_wrap=True,
    )
    screen.print(
        f"Trains   95 % bands of simulated trains contain {found.review.covered:.0%} of the reads",
        soft_wrap=True,
    )
    for note in data.notes:
        screen.print(f"Note     {printable(note)}", soft_wrap=True)
    for limit in found.review.limits:
        screen.print(f"Limit    {printable(limit)}", soft_wrap=True)
    for fault in found.review.faults:
        screen.print(f"Fault    {printable(fault)}; -o writes no profile of it without --force", soft_wrap=True)


def _noise(candidate: Candidate) -> str:
    """The kind of noise of a candidate, in a few words."""
    problem = candidate.problem
    words = [problem.write]
    if problem.axis.logarithmic:
        words.append("lognormal")
    if problem.slow:
        words.append("slow")
    return ", ".join(words)


def print_section(screen: Console, found: SectionFit) -> None:
    """Print the forms that were tried, the numbers with intervals, and the section as it stands in a profile."""
    from memsim.document import Document

    screen.print(printable(f"{found.name}: {found.kind.replace('-', ' ')}"), style="bold")
    screen.print()
    headings = ("fitted", "log-likelihood", "AIC", "BIC")
    rows = table("form", *headings, right=headings)
    lowest = {name: min(getattr(form, name) for form in found.forms) for name in ("aic", "bic")}
    for form in found.forms:
        rows.add_row(
            form.name,
            str(form.parameters),
            f"{form.log_likelihood:.1f}",
            f"+{form.aic - lowest['aic']:.1f}",
            f"+{form.bic - lowest['bic']:.1f}",
        )
    screen.print(rows)
    screen.print()
    print_numbers(screen, found.numbers)
    for note in found.notes:
        screen.print(f"Note     {printable(note)}", soft_wrap=True)
    data: dict = dict(found.section)
    for key in reversed(found.path.split(".")):
        data = {key: data}
    click.echo(f"\n{Document.from_data(data).to_yaml()}", nl=False)


def print_numbers(screen: Console, numbers: tuple[Number, ...]) -> None:
    """Print fitted numbers with their intervals."""
    rows = table("number", "value", "95 % interval", "meaning", right=("value",))
    rows.columns[0].no_wrap = True
    for item in numbers:
        low, high = _text(item.low, item.unit), _text(item.high, item.unit)
        if math.isnan(item.low):
            interval = "not fitted"
        elif math.isinf(item.low) and math.isinf(item.high):
            interval = "not told by the data"
        elif math.isinf(item.high):
            interval = f"above {low}"
        elif math.isinf(item.low) or (item.low == 0 and item.unit == "%"):
            interval = f"below {high}"
        else:
            interval = f"{low} to {high}"
        rows.add_row(item.name, _text(item.value, item.unit), interval, item.meaning)
    screen.print(rows)


def _text(value: float, unit: str) -> str:
    from memsim.units import format_quantity

    if unit in ("S", "%"):
        return format_quantity(value, unit, 3)
    return f"{value:.4g} {unit if unit != 'pulses' else ''}".strip()
