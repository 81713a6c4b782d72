"""The command as a process of its own: signals, closed streams, terminals without Unicode, full disks, start-up."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

RUN = ("run", "physical-01", "--set", "data.samples=2", "--set", "data.shape=[8,8]")


def start(*args, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen([sys.executable, "-m", "memsim", *args], **options)


def finish(*args, **options):
    process = start(*args, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_help_loads_neither_numpy_nor_numba_nor_xarray():
    code = (
        "import sys; from memsim.cli.main import run_command; run_command(['--help']); "
        "print([m for m in ('numpy', 'numba', 'xarray', 'matplotlib', 'pydantic', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n") and done.stderr == ""


@pytest.mark.parametrize(
    "command", ["list", "device list", "show digits-01", "validate digits-01 sneak-01", "device show epiram-choi2018"]
)
def test_commands_that_compute_nothing_do_not_load_numba(command):
    code = (
        f"import sys; from memsim.cli.main import run_command; assert run_command({command.split()}) == 0; "
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\nFalse\n") and done.stderr == ""


@pytest.mark.parametrize(
    ("category", "printed"), [("KernelCacheWarning", "Warning: of two lines\n"), ("UserWarning", "UserWarning: of two")]
)
def test_a_warning_of_memsim_is_one_line_without_code(category, printed):
    code = (
        "import importlib, warnings; from memsim.errors import KernelCacheWarning; "
        "main = importlib.import_module('memsim.cli.main'); "
        f"main.run_command = lambda: warnings.warn('of two\\nlines', {category}) or 0; main.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == printed if printed.endswith("\n") else printed in done.stderr


@pytest.mark.slow
def test_an_interrupted_run_stops_at_once_with_one_line_and_leaves_nothing(tmp_path):
    # Where the tests run in the background of a shell, their children would ignore the signal.
    heed = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    process = start("run", "physical-01", "--set", "learning.steps=10000000", cwd=tmp_path, bufsize=0, **heed)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, out, err.strip()) == (130, "", "Stopped; no unfinished file was left.")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_the_commands_are_loaded_is_one_line():
    code = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'memsim.cli.run':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from memsim.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "Stopped; no unfinished file was left.")


def test_a_reader_that_leaves_early_causes_no_message():
    read, write = os.pipe()
    os.close(read)
    code, _, err = finish("list", stdout=write)
    os.close(write)
    assert (code, err) == (0, "")


@pytest.mark.slow
def test_a_full_standard_output_is_one_line():
    with open("/dev/full", "w") as full:
        code, _, err = finish("list", stdout=full)
    assert (code, err) == (2, "Error: standard output: no space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize("args", [("device", "show", "ideal"), ("run", "./nöpe\udcff.yaml")])
def test_a_terminal_without_unicode_causes_no_traceback(tmp_path, args):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "40"}
    code, _, err = finish(*args, cwd=tmp_path, env=environment)
    assert (code, err.count("\n")) == ((0, 0) if args[0] == "device" else (2, 1))


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    code, out, err = finish(*RUN, cwd=tmp_path, preexec_fn=limit, env=environment)
    assert (code, out) == (2, "")
    assert err.startswith("Error: results/physical-01.nc: cannot be written") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_home_that_cannot_be_written_to_causes_no_noise(tmp_path):
    (tmp_path / "home").touch()
    environment = {**os.environ, "HOME": str(tmp_path / "home")}
    for variable in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        environment.pop(variable, None)
    (tmp_path / "work").mkdir()
    assert finish(*RUN, "-q", cwd=tmp_path / "work", env=environment) == (0, "results/physical-01.nc\n", "")
