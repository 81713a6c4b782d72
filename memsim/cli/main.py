"""The `memsim` command: its groups, and how every failure becomes one line on standard error."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import warnings
from typing import Any

import click

from memsim.cli.bench import bench
from memsim.cli.compare import compare
from memsim.cli.cost import cost
from memsim.cli.device import device
from memsim.cli.doctor import doctor
from memsim.cli.evaluate import evaluate
from memsim.cli.group import Group
from memsim.cli.inspect import list_, plot, show
from memsim.cli.limits import limits
from memsim.cli.options import with_options
from memsim.cli.run import run
from memsim.cli.schema import schema
from memsim.cli.streams import prepare_streams
from memsim.cli.validate import validate
from memsim.cli.verify import verify
from memsim.errors import MemsimError, MemsimWarning, printable
from memsim.stopping import STOPPED


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import memsim

        click.echo(f"memsim {memsim.__version__}")
        ctx.exit()


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: memsim run physical-01",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def cli() -> None:
    """Simulate memristor hardware: crossbar arrays that learn in place, on real device data.

    A memristor is a resistor whose resistance depends on past currents. A crossbar of memristors multiplies a vector of
    voltages by a matrix of conductances in one step, and can learn that matrix. memsim simulates such arrays with the
    bounds, the noise and the pulse response of real devices, and reports how well they recognise corrupted images.

    An experiment (data, learners, noise) and a device are small YAML files. `memsim list` and `memsim device list` show
    those that come with memsim; `memsim show NAME` and `memsim device show NAME` print one.
    """


for command in (
    run,
    list_,
    show,
    validate,
    schema,
    plot,
    compare,
    evaluate,
    cost,
    limits,
    verify,
    device,
    bench,
    doctor,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit with 0, or with 2 after a user's mistake; `memsim.stopping` exits after signals."""
    gc.set_threshold(200_000, 20, 20)  # collections while importing cost time and free nothing
    prepare_streams()
    os.environ.setdefault("NCRCENV_IGNORE", "1")  # else the netCDF library reads .ncrc in the current folder
    warnings.formatwarning = _format_warning
    code = run_command()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # All files are closed by now; taking the interpreter apart would add a seventh to the time of a run.
    os._exit(code)


def run_command(args: list[str] | None = None) -> int:
    """Run the command line, by default with the arguments of this process, and return its exit code."""
    try:
        code = _called(args)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except MemsimError as error:
        return _fail(with_options(str(error)))
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context is not None else ""
        return _fail(error.format_message().rstrip(".") + hint)
    except (click.Abort, KeyboardInterrupt):
        click.echo(STOPPED, err=True)
        return 130
    except OSError as error:
        return _fail(f"{error.filename or 'standard output'}: {(error.strerror or str(error)).lower()}")
    except MemoryError:
        return _fail("not enough memory; make the images, the arrays or the networks smaller")


_format_other_warning = warnings.formatwarning


def _format_warning(message: Warning | str, category: type[Warning], *place: Any, **line: Any) -> str:
    """A warning of memsim as one line, without the line of code that it comes from."""
    if issubclass(category, MemsimWarning):
        return f"Warning: {printable(message)}\n"
    return _format_other_warning(message, category, *place, **line)


def _called(args: list[str] | None) -> Any:
    """What a command returns; one that was called without arguments prints its help."""
    try:
        return cli.main(args, standalone_mode=False, prog_name="memsim")
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0


def _fail(message: str) -> int:
    with contextlib.suppress(OSError):
        click.echo(f"Error: {printable(message)}", err=True)
    return 2
