"""`memsim validate`: all problems of experiments, and how those of several files are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from memsim.cli import completion
from memsim.cli.loading import experiment_of
from memsim.cli.options import with_options
from memsim.errors import printable


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

    Every value of a sweep, all devices, and the places of images are checked too, also beside wrong settings if the
    others are an experiment without these; what the images hold is not checked.
    """
    from memsim.document.problems import DocumentError

    def check(file: str) -> str:
        try:
            experiment = experiment_of(file)  # before the imports: an unknown name needs none of them
        except DocumentError as error:
            if not error.paths:
                raise
            from memsim.experiments.loading import sound_part
            from memsim.tasks.compared import in_order, problems_before

            rest = sound_part(file)
            more = [] if rest is None else problems_before(rest)
            raise DocumentError(in_order(file, [*error.problems, *more])) from None
        from memsim.tasks.compared import problems_before

        if problems := problems_before(experiment):
            raise DocumentError(problems)
        spec = experiment.spec
        name = "" if spec.name == file else f"{spec.name}, "
        return f"{name}task {spec.task}, {len(spec.labels)} {spec.COMPARED}{'s' if len(spec.labels) > 1 else ''}"

    check_each(files, check)
