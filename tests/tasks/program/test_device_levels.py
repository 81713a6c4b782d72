"""Targets of the task `program` that are levels of a device."""

from __future__ import annotations

import numpy as np
import pytest
from figure_artists import outside, words

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import default_figure, draw

pytestmark = pytest.mark.slow

TEXT = """\
name: levels-of-a-device
title: Levels of a device
task: program
arrays:
  - name: Two bits
    array: {device: rram-radar2021, programming: {algorithm: fppv, levels: two-bit, max_pulses: 1000}}
  - name: Three bits
    array: {device: rram-radar2021, programming: {algorithm: fppv, levels: three-bit, max_pulses: 1000}}
rows: 30
columns: 28
targets: {kind: device-levels}
inputs: 2
repeats: 2
"""
TWO_BITS = np.array([(1 / 5.00 + 0.25) / 2, (1 / 6.01 + 1 / 5.77) / 2, (1 / 9.31 + 1 / 8.51) / 2, (0.001 + 1 / 80) / 2])
"""Middles of the write windows of the profile [mS], inside the conductance window of 1 to 250 uS."""


@pytest.fixture(scope="module")
def dataset():
    return ms.run(experiment_from_text(TEXT, "levels.yaml"))


def changed(old, new):
    assert old in TEXT
    return experiment_from_text(TEXT.replace(old, new), "levels.yaml")


def test_targets_are_the_middles_of_the_write_windows(dataset):
    two, three = dataset.level_target
    assert np.allclose(1e3 * two[:3], TWO_BITS[:3], rtol=1e-6)
    assert dataset.sizes["level"] == 7 and np.isfinite(three).all() and (three.diff("level") < 0).all()


def test_every_level_but_the_last_has_as_many_cells(dataset):
    counts = dataset.level_count.sum("conductance_bin", skipna=False)
    assert (counts[0, :3] == 2 * 840 / 3).all() and (counts[1] == 2 * 840 / 7).all()


def test_levels_that_only_another_array_has_are_unknown(dataset):
    for name in ("level_target", "level_mean", "level_spread", "level_count"):
        assert np.isnan(dataset[name][0, 3:]).all(), name
        assert np.isfinite(dataset[name][1]).all(), name


def test_accepted_cells_lie_inside_the_write_window(dataset):
    low, high = 1e-3 / 9.31, 1e-3 / 8.51
    middles = dataset.conductance_bin_middle[0].values
    half = (middles[1] - middles[0]) / 2
    cells = dataset.level_count[0, 2, 1].values
    inside = cells[(middles > low * 0.99 - half) & (middles < high * 1.01 + half)].sum()
    assert inside >= 0.99 * cells.sum()
    assert low < float(dataset.level_mean[0, 2, 0]) < high


def test_the_level_of_the_highest_resistances_is_there_on_demand():
    measured = ms.run(
        changed("device-levels", "device-levels, levels: two-bit, reset_level: true").replace(
            {"arrays.Three bits.array.programming.levels": "two-bit", "repeats": 1}
        )
    )
    assert np.allclose(1e3 * measured.level_target, TWO_BITS, rtol=1e-6)


@pytest.mark.slow
def test_a_device_without_an_algorithm_that_knows_levels_takes_those_of_the_targets():
    text = TEXT.replace("programming: {algorithm: fppv, levels: three-bit, max_pulses: 1000}", "cycles: 1")
    measured = ms.run(experiment_from_text(text.replace("device-levels", "device-levels, levels: two-bit"), "l.yaml"))
    assert np.array_equal(measured.level_target[0], measured.level_target[1]) and measured.sizes["level"] == 3


def test_the_figure_shows_the_levels_that_each_array_has(dataset):
    assert default_figure(dataset) == "levels"
    figure = draw(dataset)
    assert outside(figure) == [] and "each of 3 or 7 levels" in words(figure)
    two, three = figure.axes
    assert two.get_xlim() == three.get_xlim()
    assert "columns have scales" not in words(figure)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        (
            "levels: two-bit",
            "levels: two-bits",
            (
                ":6:",
                "arrays.Two bits.array.programming.levels",
                "no levels 'two-bits'; it has two-bit",
                "did you mean 'two-bit'?",
            ),
        ),
        (
            "levels: two-bit, ",
            "",
            (":11:", "targets.levels: array 'Two bits': not stated", "'rram-radar2021': two-bit, three-bit"),
        ),
        (
            "device-levels}",
            "device-levels, levels: three-bit}",
            (":11:", "targets are the levels 'three-bit', and cells are programmed to 'two-bit'"),
        ),
        ("rram-radar2021, prog", "epiram-choi2018, prog", ("device 'epiram-choi2018' has no levels 'two-bit'",)),
        ("rram-radar2021, prog", "rram-radar2021, bounds: [0, 0.8], prog", (":6:", "bounds: level 0", "w = 0.9")),
        ("rram-radar2021, prog", "rram-radar2021, mapping: pair, prog", ("'pair' holds weights in several cells",)),
        ("rows: 30\ncolumns: 28", "rows: 2\ncolumns: 3", ("7 do not fit into 2 x 3 cells",)),
        ("{kind: device-levels}", "{kind: device-level}", ("did you mean 'device-levels'?",)),
        ("{kind: device-levels}", "{kind: levels, reset_level: true}", ("reset_level",)),
    ],
)
def test_mistakes_name_file_line_and_remedy(cli, tmp_path, old, new, parts):
    assert old in TEXT
    (tmp_path / "levels.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    line = cli("run", "levels.yaml").refusal()
    assert "levels.yaml" in line and all(part in line for part in parts), line
