"""Where a result and its figure go: the file that -o names, or the next free number in results/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from memsim.storage.files import Writer

RESULTS = Path("results")


def output_option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """An option that names a file to write, by default ``-o``."""
    return click.option(*(names or ("-o", "--output")), callback=_file_name, **attributes)


def _file_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    option = param.opts[0]
    if value is not None and not value.strip():
        raise click.UsageError(f"{option} names no file: its name is empty")
    if value == "-":
        raise click.UsageError(f"{option} -: nothing is written to standard output; give the name of a file")
    if value is not None:
        from memsim.storage.inputs import kind_at

        if (kind := kind_at(Path(value))) not in ("", "file", "folder"):  # before an ending makes another name of it
            raise click.UsageError(f"{option} {value}: is a {kind}, which is not replaced; give the name of a file")
    return value


def targets(output: str | None, endings: tuple[str, ...], name: str, force: bool) -> list[Path] | None:
    """The files that -o asks for, or None for numbered ones; refused now if they could not be written."""
    from memsim.storage.files import check_target, numbered

    if output is None:
        if force:
            raise click.UsageError("--force replaces the file that -o names; without -o, results are numbered")
        numbered(RESULTS, name, endings)
        return None
    target = Path(output)
    if target.suffix not in ("", ".nc") or not target.name:
        raise click.UsageError(f"-o {output}: results are netCDF files; give a name that ends in .nc")
    if target.is_dir():
        raise click.UsageError(f"-o {output}: is a folder; give a file in it, for example -o {target / name}.nc")
    paths = [target.with_suffix(ending) for ending in endings]
    for path in paths:
        check_target(path, force=force)
    return paths


def write(paths: list[Path] | None, name: str, writers: Mapping[str, Writer], force: bool) -> list[Path]:
    """Write a result and what belongs to it, by ending, where `targets` said; the paths."""
    from memsim.storage.files import write_files, write_numbered

    if paths is None:
        return write_numbered(RESULTS, name, writers)
    write_files(dict(zip(paths, writers.values(), strict=True)), force=force)
    return paths
