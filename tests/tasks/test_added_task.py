"""A task of another package, known by its entry point alone, does everything that memsim's own tasks do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from memsim.errors import InputError
from memsim.tasks import registry

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

EXPERIMENT = """\
name: two-windows
title: Windows of two devices
task: windows
cells:
  - name: EpiRAM
    array: {device: epiram-choi2018}
  - name: AgSi
    array: {device: agsi-jo2010}
draws: 3
"""
COMMANDS = (
    ("run", "two-windows.yaml", "-o", "first.nc"),
    ("run", "two-windows.yaml", "--seed", "7", "--set", "draws=2", "-o", "second.nc"),
    ("run", "first.nc", "-o", "again.nc"),
    ("run", "two-windows.yaml", "--set", "sweep={array.device: [epiram-choi2018, agsi-jo2010]}", "-o", "swept.nc"),
    ("run", "two-windows.yaml", "--set", "draws=0", "-o", "wrong.nc"),
    ("show", "first.nc"),
    ("plot", "first.nc", "-f", "ratios", "-o", "ratios.png"),
    ("plot", "first.nc", "-f", "overview", "-o", "overview.png"),
    ("plot", "--help"),
    ("compare", "first.nc", "second.nc"),
    ("verify", "two-windows-study.yaml"),
)
STUDY = """\
name: two-windows
title: Windows of two devices
quantities:
  ratio: {experiment: two-windows.yaml, at: {cell: EpiRAM}, variable: on_off_ratio}
claims:
  - {name: ratio, text: on/off ratio, where: a table, published: 50.2, rule: tight, measured: ratio}
"""
PROCESS = """
import contextlib, io, json, sys
from memsim.cli.main import run_command
outcomes = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command(arguments)
    outcomes.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(outcomes))
"""


def install(folder: Path) -> None:
    """Put a distribution into a folder whose one entry point adds the task `windows`."""
    metadata = folder / "windows_task-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: windows-task\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[memsim.tasks]\nwindows = windows_task:TASK\n", encoding="utf-8")
    module = (HERE / "windows_task.py").read_text(encoding="utf-8")
    (folder / "windows_task.py").write_text(module, encoding="utf-8")


def outcomes(folder: Path, *commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of commands that run in one process, where the folder is on the path."""
    (folder / "two-windows.yaml").write_text(EXPERIMENT, encoding="utf-8")
    (folder / "two-windows-study.yaml").write_text(STUDY, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-c", PROCESS, json.dumps(commands)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(HERE.parents[1])]), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(outcome) for outcome in json.loads(process.stdout)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("windows")
    install(place)
    return place


@pytest.fixture(scope="module")
def done(folder):
    return dict(zip(COMMANDS, outcomes(folder, *COMMANDS), strict=True))


def test_it_runs_from_yaml_and_prints_its_table_and_notes(done):
    code, out, err = done[COMMANDS[0]]
    assert (code, err) == (0, "")
    assert "EpiRAM" in out and "AgSi" in out and "Draws    3 of each cell" in out and "Images" not in out


def test_its_result_has_its_variables_with_units_and_its_labels(folder, done):
    import xarray as xr

    with xr.open_dataset(folder / "first.nc") as dataset:
        assert dataset.on_off_ratio.dims == ("cell",) and (dataset.on_off_ratio > 1).all()
        assert dataset.drawn.attrs["long_name"] == "drawn number" and dict(dataset.sizes) == {"cell": 2, "draw": 3}
        assert dataset.draw.attrs["long_name"] == "number of the draw"
        assert list(dataset.device.values) == ["epiram-choi2018", "agsi-jo2010"]


def test_it_is_repeated_from_its_result_to_the_last_bit(folder, done):
    import xarray as xr

    assert done[COMMANDS[2]][0] == 0
    with xr.open_dataset(folder / "first.nc") as first, xr.open_dataset(folder / "again.nc") as again:
        xr.testing.assert_identical(first.drop_attrs(), again.drop_attrs())
    with xr.open_dataset(folder / "second.nc") as second:
        assert second.attrs["seed"] == "7" and second.sizes["draw"] == 2


def test_it_is_swept(folder, done):
    import xarray as xr

    assert done[COMMANDS[3]][0] == 0
    with xr.open_dataset(folder / "swept.nc") as swept:
        assert swept.sizes["cell"] == 4 and "array_device" in swept.coords


def test_a_wrong_setting_is_one_line(done):
    code, out, err = done[COMMANDS[4]]
    assert (code, out) == (2, "") and "draws" in err and "allowed" in err and err.count("\n") == 1


def test_show_prints_it_in_full(done):
    code, out, _ = done[COMMANDS[5]]
    assert code == 0 and "ratio of EpiRAM" in out and "memsim_version" in out


def test_its_figure_is_drawn_and_listed_and_those_of_other_tasks_are_refused(folder, done):
    assert done[COMMANDS[6]][0] == 0 and (folder / "ratios.png").stat().st_size > 1000
    assert (folder / "first.png").stat().st_size > 1000  # the default one
    code, _, err = done[COMMANDS[7]]
    assert code == 2 and "one of 'windows'; figures of this result: ratios" in err
    assert re.search(r"ratios +on/off ratio of every cell", done[COMMANDS[8]][1])


def test_two_results_are_compared(folder, done):
    code, out, _ = done[COMMANDS[9]]
    assert code == 0 and "on/off ratio" in out and "draws" in out and (folder / "first-second.png").is_file()


def test_claims_about_it_are_measured(done):
    code, out, _ = done[COMMANDS[10]]
    assert code == 0 and "1 claim: reproduces 1." in out and "Images" not in out


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("NOTHING", "windows_task:NOTHING cannot be imported (AttributeError"),
        ("WindowsSpec", "windows_task:WindowsSpec is no memsim.tasks.base.Task"),
        ("OTHER", "windows_task:OTHER is called 'other'; both names must agree"),
        ("SAME", "'snr' of its variables has another meaning in the task 'memorise'"),
    ],
)
def test_a_faulty_entry_point_is_refused_by_name(monkeypatch, name, says):
    entry = EntryPoint("windows", f"windows_task:{name}", registry.GROUP)
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setattr(registry, "_entry_points", lambda: {"windows": entry})
    with pytest.raises(InputError) as error:
        dict(registry.Merged("variables"))
    assert says in str(error.value) and str(error.value).startswith("task 'windows'")
