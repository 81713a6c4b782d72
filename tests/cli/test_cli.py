"""The commands as a user meets them: what they print, which files they make, and how they name them."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
import xarray as xr
from conftest import SMALL

from memsim.errors import OutputError
from memsim.storage.library import find


class TestRun:
    def test_it_prints_metrics_beside_published_numbers_and_writes_a_file_and_a_figure(self, cli):
        outcome = cli("run", "physical-01", *SMALL)
        assert outcome.code == 0 and outcome.err == ""
        assert outcome.files == ["results", "results/physical-01.nc", "results/physical-01.png"]
        assert re.search(r"SNR, mean +[\d.]+ +-?[\d.]+ to [\d.]+ +169\.30 +[+-][\d.]+ %", outcome.out)
        assert "Hebbian Physical on ideal" in outcome.out
        assert "Changed  data.samples=2, data.shape=[8, 8]" in outcome.out
        assert "Images   2 synthetic road scenes" in outcome.out
        assert "Results  results/physical-01.nc\nFigure   results/physical-01.png\n" in outcome.out
        assert max(map(len, outcome.out.splitlines())) <= 80

    def test_quiet_prints_the_path_alone(self, small):
        outcome = small("physical-01", "-q")
        assert outcome.out == "results/physical-01.nc\n"
        assert outcome.files == ["results", "results/physical-01.nc"]

    @pytest.mark.slow
    def test_default_names_number_themselves_past_any_file_of_the_same_name(self, cli, small, tmp_path):
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "physical-01.png").touch()
        (tmp_path / "results" / "physical-01-2.nc").touch()
        (tmp_path / "results" / "physical-01-3.png").symlink_to("nowhere")
        assert cli("run", "physical-01", *SMALL, "-q").out == "results/physical-01-4.nc\n"
        assert small("physical-01", "-q").out == "results/physical-01.nc\n"

    def test_a_name_without_an_ending_gets_one(self, small):
        assert small("physical-01", "-q", "-o", "mine").files == ["mine.nc"]

    @pytest.mark.slow
    @pytest.mark.parametrize("there", ["mine.nc", "mine.png"])
    def test_existing_files_are_replaced_only_when_told_to(self, cli, tmp_path, there):
        (tmp_path / there).write_text("precious")
        outcome = cli("run", "physical-01", *SMALL, "-o", "mine.nc")
        assert f"{there}: exists already; use --force" in outcome.refusal()
        assert outcome.files == [there] and (tmp_path / there).read_text() == "precious"
        assert cli("run", "physical-01", *SMALL, "-o", "mine.nc", "--force", "-q").code == 0
        assert (tmp_path / there).read_bytes()[:4] in (b"\x89HDF", b"\x89PNG")

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("there", "-o there: is a folder; give a file in it, for example -o there/physical-01.nc"),
            ("there.nc", "there.nc: is a folder"),
            ("mine.txt", "results are netCDF files"),
            ("nowhere/mine.nc", "nowhere: no such folder; make it first"),
            ("file/mine.nc", "file: not a folder"),
            ("x" * 300, "too long"),
        ],
    )
    def test_places_that_cannot_hold_a_result_are_refused_before_the_run(
        self, small, tmp_path, monkeypatch, name, says
    ):
        monkeypatch.setattr("memsim.simulate.run", None)
        (tmp_path / "there").mkdir()
        (tmp_path / "there.nc").mkdir()
        (tmp_path / "file").touch()
        outcome = small("physical-01", "-o", name)
        assert says in outcome.refusal()
        assert outcome.files == ["file", "there", "there.nc"]

    def test_results_that_cannot_be_made_are_refused_before_the_run(self, small, tmp_path, monkeypatch):
        monkeypatch.setattr("memsim.simulate.run", None)
        (tmp_path / "results").touch()
        assert "results: not a folder; choose a file with -o" in small().refusal()

    def test_a_folder_that_cannot_be_written_to_is_refused_before_the_run(self, small, monkeypatch):
        monkeypatch.setattr("memsim.simulate.run", None)
        monkeypatch.setattr("os.access", lambda path, mode: False)
        assert "this folder cannot be written to" in small().refusal()
        assert "this folder cannot be written to" in small("physical-01", "-o", "mine.nc").refusal()

    def test_a_failing_figure_keeps_the_result_from_being_written(self, cli, monkeypatch):
        def fail(*args):
            raise OutputError("no figure")

        monkeypatch.setattr("memsim.cli.figure.picture", fail)
        outcome = cli("run", "physical-01", *SMALL)
        assert outcome.refusal() == "Error: no figure\n" and outcome.files == []

    def test_an_interrupt_leaves_nothing_behind(self, small, monkeypatch):
        def interrupt(dataset):
            def write(path):
                path.write_bytes(b"half")
                raise KeyboardInterrupt

            return write

        monkeypatch.setattr("memsim.results.dataset.writer", interrupt)
        outcome = small()
        assert outcome.code == 130 and outcome.files == []
        assert outcome.err.strip() == "Stopped; no unfinished file was left."

    @pytest.mark.slow
    def test_local_devices_and_several_learners_run_and_repeat(self, cli, experiment_file, tmp_path):
        shutil.copy(find("devices", "agsi-jo2010"), tmp_path / "cell.yaml")
        experiment_file(replace=("agsi-jo2010", "cell.yaml"))
        outcome = cli("run", "mine.yaml", "-o", "first.nc", "--no-figure")
        assert outcome.code == 0
        assert "Ideal on ideal" in outcome.out and "Two words on agsi-jo2010" in outcome.out
        assert outcome.out.count("169.30") == 1
        (tmp_path / "cell.yaml").unlink()
        assert cli("run", "first.nc", "-o", "again.nc", "-q", "--no-figure").code == 0
        first, again = xr.load_dataset("first.nc"), xr.load_dataset("again.nc")
        xr.testing.assert_identical(first.drop_attrs(), again.drop_attrs())

    @pytest.mark.slow
    @pytest.mark.parametrize("option", [("--device", "cell.yaml"), ("--set", "array.device=./cell.yaml")])
    def test_a_device_file_may_lie_anywhere_when_the_user_names_it(self, small, cli, tmp_path, option):
        text = find("devices", "agsi-jo2010").read_text().replace("name: agsi-jo2010", "name: cell")
        (tmp_path / "cell.yaml").write_text(text)
        assert "Hebbian Physical on cell" in small("physical-01", *option, "-o", "first.nc").out
        (tmp_path / "cell.yaml").unlink()
        assert "Hebbian Physical on cell" in cli("run", "first.nc", "-o", "again.nc", "--no-figure").out

    def test_a_repeated_run_remembers_what_was_changed(self, small, cli):
        small("physical-01", "--set", "learning.rate=0.1", "-o", "first", "-q")
        outcome = cli("run", "first.nc", "--seed", "7", "--no-figure")
        assert "Changed  data.samples=2, data.shape=[8, 8], learning.rate=0.1, seed=7" in outcome.out

    def test_the_last_of_equal_settings_counts_and_settings_are_judged_together(self, small):
        outcome = small("physical-01", "--set", "array.bounds=[0.4, 0.5]", "--set", "array.initial=[0.4, 0.41]")
        assert outcome.code == 0
        outcome = small("physical-01", "--set", "learning.steps=3", "--set", "learning.steps=0")
        assert re.search(r"set pulses an array +0 ", outcome.out)

    @pytest.mark.slow
    def test_names_that_look_like_markup_are_printed_as_they_are(self, cli, experiment_file):
        experiment_file(replace=("Two words", "'[red]x[) :smile: $y$'"))
        outcome = cli("run", "mine.yaml")
        assert "[red]x[) :smile: $y$ on agsi-jo2010" in outcome.out and outcome.err == ""

    @pytest.mark.slow
    @pytest.mark.parametrize("columns", ["20", "40", "300"])
    def test_no_number_is_cut_on_any_width(self, small, monkeypatch, columns):
        monkeypatch.setenv("COLUMNS", columns)
        out = small("unconstrained-01", "--set", "learning.rate=900", "--set", "learning.steps=100000").out
        assert "…" not in out and re.search(r"SNR, mean +\d\.\d+e\+\d\d +\S+ to \S+ +274\.17 +\S+ %", out)


class TestShow:
    def test_an_experiment_is_printed_so_that_it_can_be_run(self, cli, tmp_path):
        (tmp_path / "copy.yaml").write_text(cli("show", "physical-01").out)
        assert cli("run", "copy.yaml", "--set", "data.samples=1", "--set", "data.shape=[4,4]", "--no-figure").code == 0

    def test_a_result_shows_metrics_changes_and_provenance(self, cli, whole_result):
        out = cli("show", whole_result).out
        for part in (
            "SNR, mean",
            "Changed  data.samples=2",
            "seed             42",
            "images_sha256",
            "learner 1, image 2",
        ):
            assert part in out

    def test_lists_name_every_shipped_experiment_and_device(self, cli):
        out = cli("list").out
        assert all(name in out for name in ("physical-01", "loose-01", "tight-01", "unconstrained-01"))
        out = cli("device", "list").out
        assert all(part in out for part in ("agsi-jo2010", "38.5 nS", "ideal", "infinite", "taox-hfox-wu2018"))

    def test_a_device_shows_value_status_and_source_of_every_number(self, cli):
        out = cli("device", "show", "agsi-jo2010").out
        assert re.search(r"variability\.c2c\.sigma +3\.5 % of range +0\.035 +fitted +chen2018", out)
        assert "doi:10.1109/MDAT.2018.2890229" in out

    def test_doctor_names_versions_backends_and_what_is_missing(self, cli):
        outcome = cli("doctor")
        assert outcome.code == 0
        assert all(part in outcome.out for part in ("backend cpu", "backend cuda", "kernel cache", np.__version__))
        names = [line.split()[0] for line in outcome.out.splitlines()[2:] if line.strip()]
        assert {"netCDF4", "h5py", "torch"} <= set(names)


class TestPlot:
    @pytest.mark.slow
    def test_the_figure_gets_a_name_of_its_own_beside_the_result(self, cli, whole_result, tmp_path):
        shutil.copy(whole_result, tmp_path / "a.nc")
        assert cli("plot", "a.nc").out == "a.png\n"
        assert cli("plot", "a.nc").out == "a-2.png\n"

    @pytest.mark.parametrize(
        ("name", "start"),
        [
            pytest.param("f.png", b"\x89PNG", marks=pytest.mark.slow),
            pytest.param("f.pdf", b"%PDF", marks=pytest.mark.slow),
            ("f.svg", b"<?xml"),
        ],
    )
    def test_the_ending_chooses_the_format(self, cli, whole_result, tmp_path, name, start):
        assert cli("plot", whole_result, "-o", name).code == 0
        assert (tmp_path / name).read_bytes().startswith(start)
        assert "exists already" in cli("plot", whole_result, "-o", name).refusal()
        assert cli("plot", whole_result, "-o", name, "--force").code == 0

    def test_other_endings_are_refused(self, cli, whole_result):
        assert (
            "unknown figure format 'gif'; allowed: .png, .pdf, .svg"
            in cli("plot", whole_result, "-o", "f.gif").refusal()
        )
        assert "needs an ending" in cli("plot", whole_result, "-o", "f").refusal()


DEVICE_COMMANDS = [f"device {name}" for name in ("list", "show", "validate", "new", "schema", "models", "plot")]


COMMANDS = ["run", "list", "show", "validate", "schema", "plot", "limits", "bench", "doctor", "device"]
COMMANDS += DEVICE_COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_fits_80_columns(cli, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    outcome = cli(*command.split(), "--help")
    assert outcome.code == 0 and outcome.out.startswith(f"Usage: memsim {command}")
    assert max(map(len, outcome.out.splitlines())) <= 80 and "..." not in re.sub(
        r"(\[ARGS\]|FILE|\[KIND\]|\[NAME\])\.\.\.", "", outcome.out
    )
