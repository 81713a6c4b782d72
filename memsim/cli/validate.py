"""`memsim validate`: all problems of experiments, and how those of several files are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from memsim.cli import completion
from memsim.cli.console import printable
from memsim.cli.loading import experiment_of
from memsim.cli.options import with_options


def check_each(files: Sequence[str], check: Callable[[str], str]) -> None:
    """Print what each valid file holds, then the problems of the others; exit with 2 if there are any.

    Parameters
    ----------
    files : sequence of str
        Paths or names.
    check : callable
        Receives one of them and returns what it holds, or raises an `InputError`.
    """
    from memsim.document.problems import problems_of
    from memsim.errors import InputError

    problems: list[str] = []
    for file in files:
        try:
            contents = check(file)
        except InputError as error:
            problems += problems_of(error)
        else:
            click.echo(printable(f"{file}: valid ({contents})"))
    for problem in problems:
        click.echo(f"Error: {printable(with_options(problem))}", err=True)
    if problems:
        raise click.exceptions.Exit(2)


@click.command(short_help="Check experiments and print every problem.")
@click.argument("files", metavar="NAME|FILE...", nargs=-1, required=True, shell_complete=completion.experiments)
def validate(files: tuple[str, ...]) -> None:
    """Check experiments and print every problem with its file and line, without running anything.

    Devices are checked too, and, once all settings are valid, every value of a sweep and the places of images; what
    the images hold is not.
    """

    def check(file: str) -> str:
        experiment = experiment_of(file)  # before the imports: an unknown name needs none of them
        from memsim.document.problems import DocumentError
        from memsim.tasks.compared import problems_before

        if problems := problems_before(experiment):
            raise DocumentError(problems)
        spec = experiment.spec
        name = "" if spec.name == file else f"{spec.name}, "
        return f"{name}task {spec.task}, {len(spec.labels)} {spec.COMPARED}{'s' if len(spec.labels) > 1 else ''}"

    check_each(files, check)
