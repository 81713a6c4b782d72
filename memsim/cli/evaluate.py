"""`memsim evaluate`: the weights of a result under other noise, on other images or devices, without training."""

from __future__ import annotations

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.results import Outputs, changed_by_options, output_options


@click.command(short_help="Evaluate the weights of a result again, without training.")
@click.argument("result", metavar="FILE.nc", type=click.Path())
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=completion.keys,
    help="Change one field that needs no training, e.g. --set 'corruptions={fog: [0.3]}', "
    "--set 'array.adc={bits: 6, range: 4}'. May be repeated.",
)
@click.option(
    "--device",
    metavar="NAME|FILE",
    shell_complete=completion.devices,
    help="Program all networks onto this device (see: memsim device list).",
)
@click.option("--data", metavar="PATH", help="Use these images; or where those of the run are, if they were local.")
@output_options
def evaluate(
    result: str,
    settings: tuple[str, ...],
    device: str | None,
    data: str | None,
    backend: str,
    output: str | None,
    force: bool,
    no_figure: bool,
    quiet: bool,
) -> None:
    """Evaluate again what a run trained, without training it: the result file holds the weights.

    An experiment stores them with `keep: [weights]`. Without changes, the metrics are those of the run. What may change
    are corruptions, images, converters, wires and read noise; where a network is programmed, also the device.

    \b
    Examples:
      memsim run digits-01 --set 'keep=[weights]' -o digits.nc
      memsim evaluate digits.nc --set 'corruptions={fog: [0.2, 0.4]}'
      memsim evaluate digits.nc --set 'learners.CNN programmed, {device}.array.device=agsi-jo2010'
    """
    from memsim.evaluation import evaluate_as, trained_in

    trained = trained_in(result)
    experiment = changed_by_options(trained.experiment, settings, device, data)
    outputs = Outputs(f"{experiment.name}-evaluated", output, force=force, no_figure=no_figure, quiet=quiet)

    from memsim.kernels.compile import spare_linear_algebra

    spare_linear_algebra()
    with progress(quiet, experiment.task.progress, lines=True) as advance:
        dataset = evaluate_as(trained, experiment, backend=backend, progress=advance)
    outputs.finish(dataset, experiment)
