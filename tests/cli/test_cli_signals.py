"""Signals that stop commands: one line, an exit code, no damaged file and, after the next writing, no temporary one."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr
from conftest import SMALL
from PIL import Image

import memsim as ms
from memsim.storage.files import write_file

KILLS = int(os.environ.get("MEMSIM_TEST_KILLS", "12"))
"""Kills of the slow test, spread over commands, signals and moments."""
LINE = "Stopped; no unfinished file was left.\n"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}
FIT = ("device", "fit", "retention.csv", "--kind", "retention", "--device", "pcm-joshi2020")
COMMANDS = {
    "run": ("run", "physical-01", *SMALL, "-q", "-o", "out.nc"),
    "sweep": ("run", "bounds-01", *SMALL, "-q", "-o", "out.nc"),
    "evaluate": ("evaluate", "weights.nc", "-q", "-o", "out.nc"),
    "fit": (*FIT, "-q", "-o", "out.yaml", "--figure", "out.png"),
    "warm": ("doctor", "--warm", "ideal"),
}
OUTPUTS = {"run": 2, "sweep": 2, "evaluate": 2, "fit": 2, "warm": 0}
"""How many files each command leaves."""
KERNELS = "kernels"
"""Kernel cache of those commands that fill one of their own."""
WAITING = """
import sys, time
from pathlib import Path
import memsim.storage.files as files
def wait(path):
    print("writing", flush=True)
    time.sleep(60)
files._synchronise = wait
"""
"""A command that waits before its complete file takes its place."""


def start(*args, code="", **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    program = ["-c", f"{code}\nfrom memsim.cli import main\nmain()"] if code else ["-m", "memsim"]
    # Where the tests run in the background of a shell, or under nohup, their children would ignore these signals.
    return subprocess.Popen([sys.executable, *program, *args], preexec_fn=_heed, **options)


def _heed():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def temporary(folder):
    # Unlike a glob, this passes over folders that a command removes meanwhile.
    return [Path(top, name) for top, _, names in os.walk(folder) for name in names if name.startswith(".memsim-")]


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_while_a_file_is_written_leaves_none(tmp_path, number):
    process = start("schema", "-o", "out.json", cwd=tmp_path, code=WAITING)
    assert process.stdout.readline() == "writing\n"
    # Those of a living process stay.
    write_file(tmp_path / "other", lambda path: path.write_text("x"))
    assert len(temporary(tmp_path)) == 2
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (CODES[number], "" if number == signal.SIGKILL else LINE)
    if number == signal.SIGKILL:
        assert len(temporary(tmp_path)) == 2
        write_file(tmp_path / "next", lambda path: path.write_text("x"))
    assert not temporary(tmp_path) and not (tmp_path / "out.json").exists()


@pytest.mark.slow
def test_more_signals_during_the_cleaning_up_change_nothing(tmp_path):
    code = WAITING + (
        "import os\nimport memsim.storage.temporary as temporary\n"
        "remove = temporary._remove\n"
        "def slowly(*paths):\n"
        "    os.write(1, b'removing\\n')\n"
        "    time.sleep(1)\n"
        "    remove(*paths)\n"
        "temporary._remove = slowly\n"
    )
    process = start("schema", "-o", "out.json", cwd=tmp_path, code=code)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "removing\n"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
        time.sleep(0.05)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err, list(tmp_path.iterdir())) == (143, LINE, [])


def test_a_signal_while_files_take_their_places_waits_until_all_have():
    code = """
import os, signal
from memsim.stopping import one_step, stop_on_signals, undone_if_stopped
stop_on_signals()
with undone_if_stopped(lambda: print("undone", flush=True)):
    with one_step():
        os.kill(os.getpid(), signal.SIGTERM)
        print("all", flush=True)
    print("not reached", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "all\nundone\n", LINE)


@pytest.mark.slow
def test_a_signal_ends_the_processes_that_a_benchmark_has_started(tmp_path):
    # The first of them is caught by its folder for temporary files, which goes with it.
    process = start("bench", "run", "-q", "-o", "out.nc", cwd=tmp_path, env={**os.environ, "TMPDIR": str(tmp_path)})
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (running := children.read_text().split()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err, list(tmp_path.iterdir())) == (143, LINE, [])
    assert not any(Path(f"/proc/{child}").exists() for child in running)


@pytest.mark.parametrize("name", ["memsim.stopping", "memsim.lazy_names", "memsim.cli", "memsim.cli.run", "click"])
def test_an_interrupt_while_the_command_is_imported_is_one_line(tmp_path, name):
    """The first module of memsim is that with the handler: until it is there, Python raises KeyboardInterrupt."""
    script = tmp_path / "memsim"
    script.write_text(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {name!r}:\n"
        "            sys.meta_path.remove(self)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from memsim.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, str(script), "list"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", LINE)


@pytest.mark.parametrize("first", ["memsim", "memsim.cli", "memsim.cli.main"])
def test_a_library_import_leaves_signals_as_they_are(first):
    code = (
        "import signal; numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP\n"
        "before = [signal.getsignal(each) for each in numbers]\n"
        f"import {first}\n"
        "assert before == [signal.getsignal(each) for each in numbers]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_signal_that_the_parent_ignores_stays_ignored(tmp_path):
    command = [sys.executable, "-c", f"{WAITING.replace('60', '0.5')}\nfrom memsim.cli import main\nmain()"]
    process = subprocess.Popen(
        [*command, "schema", "-o", "out.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGHUP)  # as after `nohup memsim ...`
    assert process.communicate(timeout=30)[0] == "out.json\n" and process.returncode == 0


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("inputs")
    reads = "".join(f"{seconds},{50 * seconds**-0.05:.4f}\n" for seconds in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000))
    (folder / "retention.csv").write_text(f"time (s),conductance (uS)\n{reads}")
    experiment = ms.load_experiment("physical-01").replace(
        {"data.samples": 2, "data.shape": [8, 8], "keep": ["weights"]}
    )
    ms.save(ms.run(experiment), folder / "weights.nc")
    return folder


def command(name, folder):
    """Start one of the commands in a folder."""
    cache = {"NUMBA_CACHE_DIR": str(folder / KERNELS)} if name == "warm" else {}
    return start(*COMMANDS[name], cwd=folder, env={**os.environ, **cache})


@pytest.fixture(scope="module")
def undisturbed(inputs, tmp_path_factory):
    """Time that each command takes [s], and what it leaves."""
    known = {}
    for name in COMMANDS:
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(inputs, folder, dirs_exist_ok=True)
        begin = time.perf_counter()
        process = command(name, folder)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        known[name] = time.perf_counter() - begin, contents(folder, out)
        assert len(outputs(folder)) == OUTPUTS[name]
    return known


def outputs(folder):
    return sorted(each.name for each in folder.iterdir() if each.name.startswith("out"))


def contents(folder, out=""):
    """What a command has left, in a form that can be compared: all of it can be read."""
    values = {}
    for name in outputs(folder):
        path = folder / name
        if path.suffix == ".nc":
            result = ms.load(path)
            values[name] = result.assign_attrs(created="", seconds=0)
        elif path.suffix == ".yaml":
            assert ms.load_device(path).name == "pcm-joshi2020"
            values[name] = path.read_text()
        else:
            with Image.open(path) as picture:
                picture.load()
                assert min(picture.size) > 100
            values[name] = path.read_bytes()
    if kernels := re.search(r"(\d+) kernels compiled, (\d+) loaded", out):
        values["kernels"] = sum(map(int, kernels.groups()))
    return values


def same(one, other):
    return one.identical(other) if isinstance(one, xr.Dataset) else one == other


def wait_for_writing(process, folder):
    while process.poll() is None and not temporary(folder):
        time.sleep(0.0002)


@pytest.mark.slow
def test_kills_at_many_moments_damage_no_file(inputs, undisturbed, tmp_path):
    """Half of the kills come at any moment of a command, half while its files are written; then it is repeated."""
    source = random.Random(11)
    outcomes: dict[str, int] = {}
    for turn in range(KILLS):
        name = list(COMMANDS)[turn % len(COMMANDS)]
        number = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL][turn // len(COMMANDS) % 3]
        duration, whole = undisturbed[name]
        folder = tmp_path / str(turn)
        shutil.copytree(inputs, folder)
        process = command(name, folder)
        if source.random() < 0.5:
            wait_for_writing(process, folder)
            time.sleep(source.random() * 0.03)
        else:
            time.sleep(source.random() * duration)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        case = f"{name}, {number.name}, kill {turn}: {process.returncode}, {err}"
        if process.returncode == CODES[number] and number != signal.SIGKILL:
            assert err == LINE, case
        else:  # the command was done, was killed, or Python had not yet come to its first line
            assert process.returncode in (0, -number, 1 if number == signal.SIGINT else 0), case
            assert "memsim/" not in err, case
        assert number == signal.SIGKILL or not temporary(folder), case
        stale, left = len(temporary(folder)), outputs(folder)
        assert len(left) in (0, OUTPUTS[name]) or number == signal.SIGKILL, case
        what = f"{number.name} {process.returncode}{' stale' if stale else ''}{' result' if left else ''}"
        outcomes[what] = outcomes.get(what, 0) + 1
        for file, content in contents(folder).items():
            assert same(content, whole[file]), f"{case}: {file}"
            (folder / file).unlink()
        again = command(name, folder)
        out, err = again.communicate(timeout=60)
        assert (again.returncode, err) == (0, ""), case
        repeated = contents(folder, out)
        assert repeated.keys() == whole.keys() and not temporary(folder), case
        assert all(same(repeated[each], whole[each]) for each in whole), case
        shutil.rmtree(folder)
    print(f"\n{KILLS} kills: {outcomes}")
