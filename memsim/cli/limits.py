"""`memsim limits`: which imperfection of the hardware costs how much."""

from __future__ import annotations

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.results import Outputs, change_options, changed_by_options, output_options


@click.command(short_help="Divide a loss of accuracy among imperfections.")
@click.argument("experiment", metavar="NAME|FILE", shell_complete=completion.experiments)
@change_options
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME",
    help="Explain this learner. May be repeated [default: networks that are programmed, or all on crossbars].",
)
@click.option(
    "--only",
    metavar="NAMES",
    help="Divide the loss among these alone, with commas: bounds, update, c2c, d2d, stuck, read, drift, error, dac, "
    "adc, wires; all others stay as they are.",
)
@click.option("--metric", metavar="NAME", help="Variable or label of the metric [default: the first one of the task].")
@click.option(
    "--orders",
    type=click.IntRange(2, 100_000),
    metavar="N",
    help="Sample N pairs of orders in which imperfections join [default: all orders of up to 8, else 50 pairs].",
)
@output_options
def limits(
    experiment: str,
    settings: tuple[str, ...],
    device: str | None,
    data: str | None,
    seed: int | None,
    learners: tuple[str, ...],
    only: str | None,
    metric: str | None,
    orders: int | None,
    backend: str,
    output: str | None,
    force: bool,
    no_figure: bool,
    quiet: bool,
) -> None:
    """Divide the loss of accuracy, or of another metric, among the imperfections of the hardware.

    The metric is computed with the combinations of imperfections, all with the same random numbers. The share of an
    imperfection is its Shapley value: the mean change when it joins others. All shares add up to the loss. FILE is an
    experiment in YAML, or the .nc file of a run; the networks of one with `keep: [weights]` are not trained again.

    \b
    Examples:
      memsim limits limits-01
      memsim limits digits-01 --device pcm-joshi2020 --set 'times=[0 s, 1 day]'
      memsim limits digits.nc --only adc,read,d2d
    """
    from memsim.attribution.of_experiment import limits_of, opened

    source = opened(experiment)
    whole = changed_by_options(source.experiment, settings, device, data, seed)
    outputs = Outputs(f"{whole.name}-limits", output, force=force, no_figure=no_figure, quiet=quiet)

    from memsim.kernels.compile import spare_linear_algebra

    spare_linear_algebra()
    keys = [key.strip() for key in only.split(",")] if only else []
    with progress(quiet, whole.task.progress, lines=True) as advance:
        dataset = limits_of(
            whole,
            source,
            learners=learners,
            imperfections=keys,
            metric=metric,
            orders=orders,
            backend=backend,
            progress=advance,
        )
    paths = outputs.write(dataset)
    if not quiet:
        from memsim.cli.attribution_table import print_attribution

        print_attribution(dataset)
        outputs.print_paths(paths)
