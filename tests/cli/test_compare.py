"""Two results side by side: what is paired, what changed, and what a user is told about it."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.cli.console import WIDE
from memsim.errors import OutputError
from memsim.plotting import compare_figure
from memsim.plotting.changes import Change, Measured
from memsim.plotting.pairs import compare

SMALL = {"data.samples": 12, "data.shape": [8, 8], "resamples": 100}


@pytest.fixture(scope="session")
def result():
    """Run a shipped experiment on three images of 8 x 8 with some changes; once for each."""
    made = {}

    def run(name="physical-01", **changes):
        key = repr((name, changes))
        if key not in made:
            made[key] = ms.run(ms.load_experiment(name).replace({**SMALL, **changes}))
        return made[key]

    return run


@pytest.fixture
def files(result, tmp_path):
    """Two results in an empty folder that differ in their bounds and their number of steps."""
    ms.save(result(), tmp_path / "a.nc")
    ms.save(result("tight-01", **{"learning.steps": 3}), tmp_path / "b.nc")
    return "a.nc", "b.nc"


class TestPairs:
    def test_learners_of_the_same_name_are_paired_and_the_others_named(self, result):
        found = compare(result("decomposition-01"), result("corruptions-01"))
        assert [pair.name for pair in found.pairs] == ["CNN Margin-10", "Hebbian Unconstrained", "Hebbian Physical"]
        assert [pair.places for pair in found.pairs] == [(0, 3), (1, 0), (3, 1)]
        assert found.by_name and found.same_images
        assert "Hebbian Tight" in found.only_a and found.only_b == ("SGD Stable",)
        keys = [key for key, *_ in found.settings]
        assert keys[0] == "corruptions.gaussian" and "corruptions.fog" in keys and len(keys) == 6

    def test_the_only_learners_of_two_results_are_paired_whatever_their_names(self, result):
        found = compare(result(), result("tight-01"))
        assert [pair.name for pair in found.pairs] == ["Hebbian Physical / Hebbian Tight"]
        assert not found.by_name and found.only_a == found.only_b == ()
        assert found.settings == (("array.bounds", "[0.0, 1.0]", "[0.0, 0.5]"),)

    def test_results_that_cannot_be_paired_are_refused(self, result):
        with pytest.raises(OutputError, match=r"no learner of the same name \('Hebbian Physical'; '"):
            compare(result(), result("corrected-01"))

    def test_metrics_are_those_of_the_results_and_their_change_is_the_difference(self, result):
        a, b = result(), result("tight-01")
        changes = {change.label: change for change in compare(a, b).pairs[0].changes}
        assert list(changes) == [
            *("SNR, mean", "SNR, median", "accuracy", "geometric margin", "normalised diff.", "unsafe reads")
        ]
        snr = changes["SNR, mean"]
        assert snr.a.value == float(a.snr_mean[0]) and [snr.b.low, snr.b.high] == list(b.snr_interval.values[0])
        assert snr.difference == float(b.snr_mean[0] - a.snr_mean[0]) and snr.beyond
        assert changes["accuracy"].a.value == 100 and not changes["accuracy"].beyond
        assert np.isnan(changes["SNR, median"].a.low) and changes["SNR, median"].interval is None

    @pytest.mark.parametrize(
        ("interval", "beyond"),
        [
            ((1, 0.9, 1.1), True),
            ((1, -0.1, 2.1), False),
            ((0.01, 0.005, 0.02), False),  # printed as 0
            ((1, np.nan, np.nan), False),
            (None, False),
        ],
    )
    def test_a_change_counts_when_its_interval_leaves_out_0(self, interval, beyond):
        a, b = Measured(1, 0.9, 1.1), Measured(1 + (interval[0] if interval else 1), 1.8, 2.2)
        assert Change("x", "", ".1f", a, b, interval and Measured(*interval)).beyond is beyond

    def test_what_differs_for_all_learners_is_said_once_and_what_differs_for_one_with_its_name(self, result):
        one = {"learners": [{"name": "A"}, {"name": "B"}], "published": {}}
        slow, short = {"rate": 0.1}, {"rate": 0.1, "steps": 3}
        other = {**one, "learners": [{"name": "A", "learning": slow}, {"name": "B", "learning": short}]}
        a, b = result(**one), result(**other)
        assert compare(a, b).settings == (
            ("learning.rate", "0.2", "0.1"),
            ("B: learning.steps", "30", "3"),
        )

    def test_a_crossbar_and_a_network_differ_in_their_kind(self, result):
        assert ("kind", "crossbar", "network") in compare(result(), result("sgd-01")).settings

    def test_sweeps_devices_images_and_versions_are_compared(self, result):
        one = {"sweep.array.bounds": [[0, 1]], "published": {}}
        found = compare(result("bounds-01", **one), result("bounds-01", **one, **{"data.seed": 1}))
        assert found.settings == (("data.seed", "0", "1"),) and found.same_images is False
        a = result()
        b = a.assign_attrs(memsim_version="9.9", devices=a.attrs["devices"].replace("Ideal", "Other"))
        assert {row[0] for row in compare(a, b).settings} == {"profile of ideal", "memsim_version"}
        del b.attrs["images_sha256"]
        assert compare(a, b).same_images is None


class TestFigure:
    def test_it_shows_the_means_of_both_with_their_intervals(self, result):
        a, b = result("decomposition-01"), result("corruptions-01")
        figure = compare_figure(a, b)
        snr, margin = figure.axes
        assert [text.get_text() for text in snr.get_yticklabels()] == [pair.name for pair in compare(a, b).pairs]
        for axes, name in ((snr, "snr_mean"), (margin, "geometric_margin_mean")):
            first, second = (line.get_xdata() for line in axes.lines[:2])
            np.testing.assert_allclose(first, a[name].values[[0, 1, 3]], rtol=1e-12)
            shared = b.snr.sel(noise_type="gaussian", noise_level=a.noise_level)
            expected = shared.mean(("image", "noise_level")) if axes is snr else b[name]
            np.testing.assert_allclose(second, expected.values[[3, 0, 1]], rtol=1e-12)
        assert any("means over the noise of both: gaussian at 0.1" in text.get_text() for text in figure.texts)
        legend = [text.get_text() for text in figure.legends[0].get_texts()]
        assert legend == ["A: first result on ideal", "B: second result on ideal"]

    @pytest.mark.slow
    def test_numbers_that_are_not_finite_and_hundreds_of_odd_names_are_drawn(self, result):
        a = result(**{"learners": [{"name": f"L{i}"} for i in range(45)], "published": {}})
        a = a.assign_coords(learner=[f"{'$' * (i + 1)} _{{" for i in range(45)])
        a["snr_mean"] = a.snr_mean.where(a.snr_mean.learner != "$ _{", np.inf)
        figure = compare_figure(a, a)
        figure.draw_without_rendering()
        assert any("the first 40 of 45 pairs" in text.get_text() for text in figure.texts)


class TestCommand:
    @pytest.mark.slow
    def test_it_prints_the_changes_with_intervals_and_draws_beside_the_first(self, cli, files):
        outcome = cli("compare", *files)
        assert outcome.code == 0 and outcome.err == ""
        number = r"[\d.]+ \[[\d.]+, [\d.]+\]"
        assert re.search(rf"SNR, mean +{number} +{number} +-[\d.]+ \[-[\d.]+, -[\d.]+\] \*\n", outcome.out)
        share = r"100\.0 % \[73\.5, 100\.0\]"
        assert re.search(rf"accuracy +{share} +{share} +\+0\.0 \[\+0\.0, \+0\.0\]\n", outcome.out)
        assert "Hebbian Physical (A), Hebbian Tight (B)" in outcome.out
        assert "Pair     the only one of each: no name is the same in both" in outcome.out
        assert "Images   the same in both" in outcome.out
        assert re.search(r"learning\.steps +30 +3 *\n", outcome.out) and "array.bounds" in outcome.out
        tables = [line for line in outcome.out.splitlines() if "[" in line]
        assert max(map(len, tables)) <= WIDE
        assert outcome.out.endswith("Figure   a-b.png\n") and outcome.files == ["a-b.png", "a.nc", "b.nc"]
        assert cli("compare", *files).out.endswith("Figure   a-b-2.png\n")

    def test_results_that_agree_say_so(self, cli, files):
        out = cli("compare", "a.nc", "a.nc", "--no-figure").out
        assert "Settings the same in both" in out and "*\n" not in out

    @pytest.mark.slow
    def test_the_figure_goes_where_it_is_told_or_nowhere(self, cli, files):
        assert cli("compare", *files, "--no-figure").files == ["a.nc", "b.nc"]
        assert cli("compare", *files, "-o", "c.pdf").files == ["a.nc", "b.nc", "c.pdf"]
        assert "c.pdf: exists already" in cli("compare", *files, "-o", "c.pdf").refusal()
        assert cli("compare", *files, "-o", "c.pdf", "--force").code == 0

    @pytest.mark.parametrize(
        ("args", "says"),
        [
            (("a.nc", "nope.nc"), "nope.nc: no such file"),
            (("a.nc",), "Missing argument 'B.nc'"),
            (("a.nc", "text.nc"), "text.nc: not a readable netCDF file"),
            (("a.nc", "b.nc", "-o", "c.gif"), "unknown figure format 'gif'"),
            (("a.nc", "b.nc", "-o", "nowhere/c.png"), "nowhere: no such folder"),
            (("a.nc", "b.nc", "-o", "c.png", "--no-figure"), "give one of them"),
            (("a.nc", "b.nc", "--force"), "without -o, figures are numbered"),
            (("a.nc", "part.nc"), "part.nc: has no variable 'snr_mean'"),
            (("a.nc", "bare.nc"), "bare.nc: has no attribute 'experiment'"),
        ],
    )
    @pytest.mark.slow
    def test_mistakes_are_one_line_and_write_nothing(self, cli, files, tmp_path, args, says):
        (tmp_path / "text.nc").write_text("hello")
        whole = xr.load_dataset("a.nc")
        whole.drop_vars("snr_mean").to_netcdf("part.nc")
        del whole.attrs["experiment"]
        whole.to_netcdf("bare.nc")
        before = sorted(path.name for path in tmp_path.iterdir())
        outcome = cli("compare", *args)
        assert says in outcome.refusal()
        assert outcome.files == before

    @pytest.mark.slow
    def test_text_in_a_file_cannot_steer_the_terminal(self, cli, files, tmp_path):
        shutil.copy("b.nc", "c\x1b[31m.nc")
        dataset = xr.load_dataset("a.nc").assign_coords(learner=["\x1b[31m[red]$\\frac{$"])
        dataset.attrs |= {"title": "\x1b[2J\nsecond :smile:", "memsim_version": "\x07[b]1[/b]", "devices": "[" * 9999}
        dataset.to_netcdf("bad.nc")
        outcome = cli("compare", "bad.nc", "c\x1b[31m.nc")
        assert outcome.code == 0 and outcome.out.replace("\n", "").isprintable()
        assert "?[31m[red]$\\frac{$ (A)" in outcome.out and "second :smile:" in outcome.out
        assert "?[b]1[/b]" in outcome.out

    def test_help_fits_80_columns(self, cli, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        outcome = cli("compare", "--help")
        assert outcome.code == 0 and outcome.out.startswith("Usage: memsim compare")
        assert max(map(len, outcome.out.splitlines())) <= 80
