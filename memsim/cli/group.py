"""A group of commands that lists them in their order, and names the nearest one when a name is unknown."""

from __future__ import annotations

from typing import Any

import click

from memsim.errors import nearest


class Group(click.Group):
    """Commands in the order in which they were added."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that the first argument names."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"unknown command '{args[0]}'{nearest(args[0], self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return list(self.commands)
