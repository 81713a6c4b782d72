"""Experiments on passive arrays: what a run computes, that it is repeatable, its figures, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import memsim as ms
from memsim.errors import BackendError, InputError
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import LacksError, default_figure, draw
from memsim.tasks.registry import RESULT_KINDS

GUIDE = Path(__file__).parents[3] / "docs" / "passive.md"
TEXT = """\
name: tiny
title: Two passive arrays without the resistance of wires
task: select
arrays:
  - name: Silver
    array: {device: agsi-jo2010}
    wires: {word_resistance: 0 Ohm, bit_resistance: 0 Ohm}
  - name: EpiRAM
    array: {device: epiram-choi2018}
    wires: {word_resistance: 0 Ohm, bit_resistance: 0 Ohm}
lines: [2, 4, 8]
positions: [near, middle, far]
random_backgrounds: 1
map_lines: 5
seed: 3
"""
ON, OFF, V = 12.3e-6, 0.246e-6, 0.5


def experiment(text: str = TEXT, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


@pytest.fixture(scope="module")
def dataset():
    return ms.run(experiment())


@pytest.fixture
def file(dataset, tmp_path):
    return ms.save(dataset, tmp_path / "tiny.nc")


class TestResult:
    def test_every_registered_variable_is_there_with_its_dimensions(self, dataset):
        over_time = {"aged_worst_margin", "aged_largest_lines"}
        assert set(dataset.data_vars) == set(RESULT_KINDS["select"].variables) - over_time
        for name, variable in dataset.data_vars.items():
            assert variable.dims == RESULT_KINDS["select"].variables[name].dims and np.isfinite(variable).all()
        assert list(dataset.array.values) == ["Silver", "EpiRAM"]
        assert list(dataset.device.values) == ["agsi-jo2010", "epiram-choi2018"] and dataset.device.dims == ("array",)

    def test_margins_are_those_of_the_closed_forms(self, dataset):
        part = dataset.sel(array="EpiRAM", background="all on", position="far")
        others = dataset.lines - 1
        sneak = ON / (2 / others + 1 / others**2)
        for scheme, more in (("floating", sneak), ("grounded", 0), ("V/2", ON * others / 2), ("V/3", ON * others / 3)):
            found = part.sel(scheme=scheme)
            assert np.allclose(found.current_margin, (ON - OFF) / (ON + more), rtol=1e-12)
            assert np.allclose(found.sneak_share.sel(state="on"), more / (ON + more), rtol=1e-12, atol=1e-12)

    def test_one_reference_for_all_backgrounds_must_tell_the_weakest_on_from_the_strongest_off(self, dataset):
        part = dataset.sel(array="EpiRAM", scheme="V/2", position="near", lines=4)
        least, most = V * (ON + 3 * OFF / 2), V * (OFF + 3 * ON / 2)
        assert float(part.common_margin) == pytest.approx((least - most) / least, rel=1e-12)
        assert float(part.common_margin) < 0 < float(part.worst_margin)

    def test_the_largest_array_is_the_last_before_the_margin_falls_short(self):
        found = ms.run(experiment(threshold="25 %", lines=[2, 4, 8, 16], positions=["near"]))
        for array in found.array.values:
            for scheme in found.scheme.values:
                part = found.sel(array=array, scheme=scheme)
                wanted = 0
                for lines in found.lines.values:
                    if float(part.current_margin.sel(lines=lines).min()) < 0.25:
                        break
                    wanted = lines
                assert int(part.largest_lines) == wanted
        assert {16} < set(map(int, found.largest_lines.values.ravel()))

    def test_a_random_background_depends_on_the_seed_and_not_on_what_else_is_read(self, dataset):
        same = ms.run(experiment(lines=[4, 8], schemes=["V/2"], random_backgrounds=2))
        both = dataset.read_current.sel(lines=[4, 8], scheme=["V/2"])
        assert same.read_current.sel(background="random 0").equals(both.sel(background="random 0"))
        assert not np.allclose(same.read_current.sel(background="random 1"), both.sel(background="random 0"))
        other = ms.run(experiment(lines=[4, 8], schemes=["V/2"], seed=4)).read_current
        assert not np.allclose(other.sel(background="random 0"), both.sel(background="random 0"))
        assert np.array_equal(other.sel(background="all on"), both.sel(background="all on"))

    def test_without_wires_the_place_of_the_cell_does_not_matter(self, dataset):
        uniform = dataset.read_current.sel(background=["all on", "all off"])
        assert np.allclose(uniform.sel(position="near"), uniform.sel(position="far"), rtol=1e-12)

    def test_the_map_shows_the_scheme(self, dataset):
        biased = dataset.example_cell_voltage.sel(array="Silver", scheme="V/3").values / V
        assert biased[2, 2] == pytest.approx(1) and biased[2, 0] == pytest.approx(1 / 3)
        assert biased[0, 0] == pytest.approx(-1 / 3)

    def test_a_sweep_gives_arrays_with_their_values(self):
        swept = experiment(TEXT.replace("lines: [2", "sweep: {array.device: [agsi-jo2010, pcmo-park2013]}\nlines: [2"))
        found = ms.run(swept.replace(lines=[4], schemes=["V/2"]))
        assert list(found.array_device.values) == ["agsi-jo2010", "agsi-jo2010", "pcmo-park2013", "pcmo-park2013"]
        assert found.array_device.dims == ("array",) and found.array.values[0] == "Silver, device agsi-jo2010"

    @pytest.mark.slow
    def test_a_file_runs_again_and_carries_no_images(self, dataset, file):
        again = ms.rerun(file)
        assert again.identical(dataset.assign_attrs(created=again.created))
        assert not [name for name in dataset.attrs if name.startswith("images")]


class TestFigures:
    def test_the_default_is_the_margin_against_the_size(self, dataset):
        assert default_figure(dataset) == "sneak"
        upper = draw(dataset).axes[2]  # the third scheme, V/2
        assert upper.get_title(loc="left") == "V/2"
        assert np.allclose(upper.lines[1].get_ydata(), 100 * dataset.worst_margin.values[1, 2])
        assert np.allclose(upper.lines[2].get_ydata(), 10)

    def test_maps_show_every_array_and_scheme(self, dataset):
        images = [axes.images[0].get_array() for axes in draw(dataset, "voltages").axes if axes.images]
        shown = [image for image in images if np.shape(image) == (5, 5)]
        assert np.allclose(shown, dataset.example_cell_voltage.values.reshape(-1, 5, 5))

    def test_other_tasks_have_other_figures(self, dataset, whole_result):
        every = [name for kind in RESULT_KINDS.values() for name in kind.figures]
        for kind in RESULT_KINDS.values():
            for name in (name for name in kind.figures if every.count(name) == 1):
                with pytest.raises(LacksError, match=f"'{name}' needs a result of the task '{kind.name}'"):
                    draw(dataset if kind.name != "select" else ms.load(whole_result), name)


class TestCommands:
    @pytest.mark.slow
    def test_a_run_prints_margins_and_writes_a_result_and_a_figure(self, cli, tmp_path):
        (tmp_path / "tiny.yaml").write_text(TEXT, encoding="utf-8")
        outcome = cli("run", "tiny.yaml", "--set", "lines=[2,4]")
        assert outcome.code == 0 and outcome.files == ["results", "results/tiny.nc", "results/tiny.png", "tiny.yaml"]
        assert "worst read margin" in outcome.out and ">= 4" in outcome.out and "Images" not in outcome.out

    def test_show_prints_every_scheme_and_size(self, cli, file):
        out = cli("show", file).out
        assert out.count("V/3") == 6 and "EpiRAM on epiram-choi2018" in out and "residual" in out

    @pytest.mark.slow
    def test_plot_all_draws_both_figures(self, cli, file):
        assert cli("plot", file, "-f", "all").files == ["tiny-sneak.png", "tiny-voltages.png", "tiny.nc"]

    @pytest.mark.slow
    def test_compare_prints_and_draws_what_changed_by_scheme(self, cli, file, tmp_path):
        ms.save(ms.run(experiment(lines=[4, 8])), tmp_path / "other.nc")
        outcome = cli("compare", file, "other.nc")
        assert outcome.code == 0 and "least margin, V/2" in outcome.out and "tiny-other.png" in outcome.files
        assert "[2, 4, 8]" in outcome.out and "Images" not in outcome.out and "intervals" not in outcome.out
        assert "Not compared: largest size (lines: [2, 4, 8] in A, [4, 8] in B)" in outcome.out

    @pytest.mark.slow
    def test_margins_of_other_largest_sizes_are_not_compared(self, cli, file, tmp_path):
        ms.save(ms.run(experiment(lines=[2, 4])), tmp_path / "other.nc")
        said = cli("compare", file, "other.nc").refusal()
        assert "no metric in common (least margin: lines, last: 8 in A, 4 in B; " in said

    @pytest.mark.parametrize(
        ("given", "wrong", "parts"),
        [
            ("[2, 4, 8]", "[2, -4]", (":11:", "lines", "-4", "2 to 4096")),
            ("[2, 4, 8]", "[4, 2]", (":11:", "2 follows 4; they must ascend")),
            ("[2, 4, 8]", "[4096]", (":11:", "visit", "allowed: at most 1e+09")),
            ("[2, 4, 8]", "[]", (":11:", "lines")),
            ("lines: [2", "schemes: [V/4]\nlines: [2", (":11:", "'V/4'", "floating, grounded, V/2, V/3")),
            ("lines: [2", "schemes: [V/2, V/2]\nlines: [2", (":11:", "'V/2' is given twice")),
            ("[near,", "[nearest,", (":12:", "'nearest'", "'near'")),
            ("{device: agsi-jo2010}", "{device: ideal}", (":6:", "only a scale", "window of its own")),
            ("{device: agsi-jo2010}", "{device: agsi-jo201}", (":6:", "did you mean 'agsi-jo2010'?")),
            ("{device: agsi-jo2010}", "{}", (":6:", "device")),
            (
                "{device: agsi-jo2010}",
                "{device: agsi-jo2010, selector: {model: sinh, voltage: 1 mV}}",
                (":6:", "arrays.Silver.array.selector", "up to 0.08 V"),
            ),
            (
                "{device: agsi-jo2010}",
                "{device: agsi-jo2010, selector: {model: diode}}",
                (":6:", "'diode'", "sinh, exponential"),
            ),
            ("word_resistance: 0 Ohm", "word_resistance: -1 Ohm", (":7:", "word_resistance", "at least 0 Ohm")),
            ("word_resistance: 0 Ohm", "word_resistance: 1 V", (":7:", "'1 V' is a voltage")),
            ("random_backgrounds: 1", "corruptions: {gaussian: [0.1]}", ("unknown key 'corruptions'",)),
            ("EpiRAM\n", "Silver\n", ("two arrays are called 'Silver'",)),
        ],
    )
    def test_mistakes_name_file_line_and_remedy(self, cli, tmp_path, given, wrong, parts):
        assert given in TEXT
        (tmp_path / "tiny.yaml").write_text(TEXT.replace(given, wrong, 1), encoding="utf-8")
        outcome = cli("run", "tiny.yaml")
        line = outcome.refusal()
        assert "tiny.yaml" in line and all(part in line for part in parts), line
        assert outcome.files == ["tiny.yaml"]

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("--data", "folder"), "unknown key 'data'"),
            (("--set", "arrays.Silvr.array.device=ideal"), "unknown array 'Silvr'; did you mean 'Silver'?"),
            (("--set", "learning.rate=1"), "unknown key 'learning'"),
            (("--device", "ideal"), "only a scale"),
        ],
    )
    def test_an_option_that_is_wrong_is_one_line(self, cli, tmp_path, options, says):
        (tmp_path / "tiny.yaml").write_text(TEXT, encoding="utf-8")
        assert says in cli("run", "tiny.yaml", *options).refusal()


def test_arrays_too_large_for_the_memory_are_refused_before_anything_is_computed(monkeypatch):
    monkeypatch.setattr("memsim.tasks.capacity.memory", lambda: 1e6)
    with pytest.raises(InputError, match="make less of lines"):
        ms.run(experiment(lines=[512], schemes=["V/2"]))


def test_another_backend_is_refused_and_never_recorded():
    with pytest.raises(BackendError, match="computes on the CPU; 'cuda' is not allowed"):
        ms.run(experiment(), backend="cuda")


@pytest.mark.slow
def test_the_shipped_experiment_shows_what_selectors_and_schemes_do():
    found = ms.run(ms.load_experiment("sneak-01"))
    margin = found.worst_margin
    alone, mild, steep = (
        margin.sel(array=f"epiram-choi2018{kind}") for kind in (" alone", ", mild selector", ", steep selector")
    )
    sneaking = ["floating", "V/2", "V/3"]
    assert (alone < mild).sel(scheme=sneaking).all() and (mild < steep).sel(scheme=sneaking).all()
    assert (alone.sel(scheme=sneaking).diff("lines") < 0).all()
    assert (alone.sel(scheme="grounded") > 0.9).all() and float(found.residual.max()) <= 3e-10
    assert found.most_power.sel(array="epiram-choi2018 alone").idxmax() == "V/3"
    pattern = r"^\| (\w[^|]*) \| (\S+) \| (.* %) \| (?:≥ )?(\d+) \|"
    rows = re.findall(pattern, GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 16
    for name, scheme, printed, largest in rows:
        part = found.sel(array=name, scheme=scheme)
        assert printed == " | ".join(f"{100 * float(value):.1f} %" for value in part.worst_margin)
        assert int(part.largest_lines) == int(largest)
