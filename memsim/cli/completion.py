"""What the shell completes: names of experiments, devices, studies and figures, and keys after ``--set``."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from memsim.cli.listing import rows_of, stored_keys
from memsim.storage.library import Kind

_DEVICE = "device"


def experiments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of shipped experiments with their titles, and files."""
    return _names("experiments", incomplete)


def devices(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of shipped devices with their titles, and files."""
    return _names("devices", incomplete)


def studies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of shipped studies with their titles, and files."""
    return _names("studies", incomplete)


def figures(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of figures with what they show, and "all"."""
    from memsim.plotting import FIGURES

    described = [(name, figure.description) for name, figure in FIGURES.items()]
    return _beginning([*described, ("all", "all that apply")], incomplete)


def keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys of experiments; a value follows the sign = that ends each. `device` stands for `array.device`."""
    stored = stored_keys()
    if incomplete.startswith(_DEVICE):
        stored = [key.removeprefix("array.") for key in stored if key.startswith(f"array.{_DEVICE}")]
    return _beginning([(f"{key}=", "") for key in stored], incomplete)


def _names(kind: Kind, incomplete: str) -> list[CompletionItem]:
    named = _beginning([(row[0], row[1]) for row in rows_of(kind)], incomplete)
    return named or [CompletionItem(incomplete, type="file")]


def _beginning(items: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=text or None) for name, text in items if name.startswith(incomplete)]
