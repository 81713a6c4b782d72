"""`memsim doctor`: what this machine can run, and how to get what is missing."""

from __future__ import annotations

import click

from memsim.cli.console import console, table
from memsim.errors import printable

# Distribution, what it is for, and the extra that installs it (None: part of memsim itself).
_LIBRARIES = (
    ("numpy", "arrays", None),
    ("numba", "CPU kernels", None),
    ("xarray", "labelled results", None),
    ("netCDF4", "result files", None),
    ("h5py", "checks of result files", None),
    ("matplotlib", "figures", None),
    ("pydantic", "checked YAML", None),
    ("ruamel.yaml", "YAML with line numbers", None),
    ("pillow", "images", None),
    ("click", "command line", None),
    ("rich", "tables", None),
    ("threadpoolctl", "threads of BLAS", None),
    ("numba-cuda", "CUDA kernels", "cuda12"),
    ("cupy", "GPU arrays", "cuda12"),
    ("torch", "networks of PyTorch", "torch"),
)
_ALIASES = {"cupy": ("cupy", "cupy-cuda12x", "cupy-cuda13x")}


@click.command(short_help="Report backends, versions and what is missing; compile ahead.")
@click.option("--warm", is_flag=True, help="Compile kernels ahead, and keep them in the kernel cache.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def doctor(warm: bool, names: tuple[str, ...]) -> None:
    """Report backends, versions and what is missing, with the command that installs it.

    With --warm, compile every kernel that the shipped devices and experiments need, by small runs of all of them: the
    first time takes some minutes, a second one seconds. A NAME (a device, an experiment, or wires, data, trains)
    restricts it to what that needs. Several processes may share the cache, also while they fill it.

    \b
    Examples:
      memsim doctor
      memsim doctor --warm
      memsim doctor --warm physical-01 agsi-jo2010
    """
    if warm:
        _warm(names)
        return
    if names:
        raise click.UsageError(f"'{names[0]}' says what to compile ahead: memsim doctor --warm {names[0]}")
    rows = table("", "state", "remark")
    for row in (*_machine(), *_backends(), *_libraries()):
        rows.add_row(*map(printable, row))
    console().print(rows)


def _warm(names: tuple[str, ...]) -> None:
    """Compile ahead, with a line for each step as soon as it is done."""
    import time

    from memsim.kernels.cache import cache_folder, named_folder_problem
    from memsim.warm import chosen_steps, warm

    start, compiled, loaded = time.perf_counter(), 0, 0
    steps = chosen_steps(names)
    for number, step in enumerate(warm(steps), 1):
        compiled, loaded = compiled + step.kernels.compiled, loaded + step.kernels.loaded
        what = f"{step.kernels.compiled:3d} compiled, {step.kernels.loaded:3d} loaded, {step.seconds:6.1f} s"
        click.echo(f"{number:3d}/{len(steps)}  {printable(step.kind):<10} {printable(step.name):<30} {what}")
    spent = time.perf_counter() - start
    click.echo(f"{compiled} kernels compiled, {loaded} loaded from the cache, in {spent:.1f} s")
    unused = named_folder_problem()
    click.echo(f"Kernel cache: {printable(cache_folder())}{f'; {printable(unused)}' if unused else ''}")


def _machine() -> list[tuple[str, str, str]]:
    import os
    import platform

    import memsim
    from memsim.kernels.cache import cache_folder, folder_problem, named_folder_problem
    from memsim.kernels.compile import threads

    problem, unused = folder_problem(), named_folder_problem()
    where = "; ".join(filter(None, (problem or str(cache_folder()), unused)))
    return [
        ("memsim", memsim.__version__, ""),
        ("python", platform.python_version(), f"{platform.system()} {platform.machine()}"),
        ("threads", str(threads()), f"of {os.cpu_count()} processors; NUMBA_NUM_THREADS changes it"),
        ("kernel cache", "off" if problem else "on", where),
    ]


def _backends() -> list[tuple[str, str, str]]:
    from memsim.backends import cuda

    problem, auto = cuda.problem(), "used by --backend auto"
    card = f"{cuda.CudaBackend().machine}; {auto}" if problem is None else problem
    return [
        ("backend cpu", "ready", auto if problem else ""),
        ("backend cuda", "ready" if problem is None else "cannot run here", card),
    ]


def _libraries() -> list[tuple[str, str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    rows = []
    for name, purpose, extra in _LIBRARIES:
        found = ""
        for distribution in _ALIASES.get(name, (name,)):
            try:
                found = version(distribution)
                break
            except PackageNotFoundError:
                continue
        command = f'"memsim[{extra}]"' if extra else name
        missing = f"{purpose}; pip install {command}{', or cuda13' if extra == 'cuda12' else ''}"
        rows.append((name, found or "missing", purpose if found else missing))
    return rows
