"""What programming costs by algorithm: energies of pulses, verify reads and conversions, of an array and of a cell."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text

ROWS, COLUMNS, READS = 6, 4, 5
TEXT = f"""\
name: tiny
task: program
arrays:
  - name: Verified
    array: {{device: taox-hfox-wu2018, adc: {{bits: 6, range: 8.0}}, programming: {{algorithm: ispp}}}}
  - name: Pulses
    array: {{device: taox-hfox-wu2018}}
  - name: Model
    array: {{device: pcm-joshi2020}}
rows: {ROWS}
columns: {COLUMNS}
inputs: {READS}
repeats: 2
times: [0 s, 1 h]
"""
TABLE = """\
name: converters
title: Converters alone
source: ours
sources: {ours: {cite: Our measurements}}
status: measured
node: 65 nm
components:
  adc: {energy: 3 pJ, bits: 6, time: 10 ns, uncertainty: 2}
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "converters.yaml"
    path.write_text(TABLE)
    return path


@pytest.fixture(scope="module")
def experiment():
    return experiment_from_text(TEXT, "tiny.yaml")


@pytest.fixture(scope="module")
def result(experiment):
    return ms.run(experiment)


@pytest.fixture(scope="module")
def costs(result, table):
    return ms.cost(result, table)


def part(costs, name, phase, part):
    return float(costs.programmed_phase_energy_part.sel(array=name, phase=phase, part=part))


def test_the_cells_take_the_energy_that_write_and_verify_reports(result, costs):
    reported = float(result.array_programming_energy.sel(array="Verified").mean())
    assert part(costs, "Verified", "programming", "cells") == pytest.approx(reported, rel=1e-5)


def test_each_verify_read_is_one_conversion(result, costs):
    reads = ROWS * COLUMNS * float(result.verify_reads_mean.sel(array="Verified").mean())
    assert part(costs, "Verified", "programming", "ADC") == pytest.approx(3e-12 * reads, rel=1e-12)
    assert part(costs, "Verified", "inference", "ADC") == pytest.approx(3e-12 * COLUMNS, rel=1e-12)


def test_the_energy_of_a_cell_is_its_share_of_that_of_the_array(costs):
    whole = costs.programmed_phase_energy.sel(phase="programming")
    np.testing.assert_allclose(costs.programmed_cell_energy, whole / (ROWS * COLUMNS), rtol=1e-12)
    assert np.isfinite(costs.programmed_cell_energy.sel(array=["Verified", "Pulses"])).all()


def test_the_energy_of_an_error_model_is_not_known(costs):
    assert costs.programmed_cell_energy.sel(array="Model").isnull().all()
    assert (costs.programmed_inference_energy > 0).all()


def test_products_are_counted_once_for_each_input(result):
    counts = result.programmed_event_count.sel(phase="inference", counted="reads").isel(cost_layer=0, tile=0)
    assert (counts == READS).all() and (result.programmed_inference_images == READS).all()


def test_refreshes_are_not_part_of_the_programming(experiment, result):
    refreshed = ms.run(experiment.replace({"aging": {"refresh": {"after": "10 min"}}}))
    assert (refreshed.array_refreshes > 0).all()
    writing = {"phase": "programming"}
    np.testing.assert_array_equal(
        refreshed.programmed_event_count.sel(writing), result.programmed_event_count.sel(writing)
    )


def test_a_run_with_costs_has_those_that_are_computed_again(experiment, result):
    priced = ms.run(experiment.replace({"energy": {"components": "generic", "node": "22 nm"}}))
    again = ms.cost(result, "generic", node="22 nm")
    names = [str(name) for name in priced.data_vars if str(name).startswith("programmed_")]
    assert "programmed_cell_energy_mean" in names and "programmed_phase_energy" not in result
    for name in names:
        np.testing.assert_allclose(again[name].values, priced[name].values, rtol=1e-12, err_msg=name)


def test_the_table_shows_the_energy_of_known_programmings(experiment, result, capsys):
    from memsim.tasks.program.table import print_overview

    print_overview(result)
    assert "programming energy" not in capsys.readouterr().out
    print_overview(ms.run(experiment.replace({"energy": {"components": "generic", "node": "22 nm"}})))
    assert "programming energy" in capsys.readouterr().out
