"""The command as a process of its own: signals, closed streams, terminals without Unicode, full disks, start-up."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def without_reader(*args, **options):
    """Exit code and standard error of a command whose standard output has lost its reader before the first line."""
    read, write = os.pipe()
    os.close(read)
    code, _, err = finish(*args, stdout=write, **options)
    os.close(write)
    return code, err


def test_a_reader_that_leaves_early_causes_no_message():
    assert without_reader("list") == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["schema", "device models", "device show ideal", "show digits-01", "doctor"])
def test_a_reader_of_one_line_causes_no_message_whatever_the_length(command):
    process = start(*command.split())
    assert process.stdout.readline()
    process.stdout.close()
    assert (process.wait(timeout=60), process.stderr.read()) == (0, "")
    process.stderr.close()


@pytest.mark.slow
def test_commands_without_a_reader_write_their_files(tmp_path):
    assert without_reader(*RUN, cwd=tmp_path) == (0, "")
    assert (tmp_path / "results" / "physical-01.nc").exists()
    reads = "".join(f"{seconds},{50 * seconds**-0.05:.4f}\n" for seconds in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000))
    (tmp_path / "reads.csv").write_text(f"time (s),conductance (uS)\n{reads}")
    fit = ("device", "fit", "reads.csv", "--kind", "retention", "--device", "pcm-joshi2020", "-o", "mine.yaml")
    assert without_reader(*fit, cwd=tmp_path) == (0, "")
    assert (tmp_path / "mine.yaml").exists()


@pytest.mark.slow
def test_a_refusal_after_the_reader_has_left_is_still_one_line():
    code, err = without_reader("device", "validate", "ideal", "./nope.yaml")
    assert (code, err) == (2, "Error: nope.yaml: no such file\n")


@pytest.mark.slow
def test_a_full_standard_output_is_one_line():
    with open("/dev/full", "w") as full:
        code, _, err = finish("list", stdout=full)
    assert (code, err) == (2, "Error: standard output: no space left on device\n")


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii", "COLUMNS": "40"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("device", "show", "ideal"), None),
        ((*RUN, "-q"), None),
        (
            (*RUN, "-o", "n\u00f6.nc"),
            "Error: n??.nc: its full name is not text in ascii",
        ),
        (("run", "./n\u00f6pe.yaml"), "Error: ./n??pe.yaml: no such file"),
        (
            ("run", "physical-01", "--set", "title=n\u00f6"),
            "Error: --set title:1: character U+DCC3 is not",
        ),
    ],
)
def test_a_locale_without_unicode_works_or_is_one_line(tmp_path, args, says):
    code, _, err = finish(*args, cwd=tmp_path, env={**os.environ, **ASCII})
    assert code == (0 if says is None else 2)
    assert err == "" if says is None else err.startswith(says) and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((*RUN, "-o", b"\xff.nc"), "?.nc: its full name is not text in utf-8; choose another name or folder"),
        (("run", b"\xff.yaml"), "?.yaml: no such file"),
        (("show", b"\xff.nc"), "?.nc: no such file; a result is a file ending in .nc"),
        (("device", "fit", b"\xff.csv"), "?.csv: no such file or directory"),
        (("run", "physical-01", "--data", b"\xff.png"), "physical-01: --data data.source=?.png: half a surrogate pair"),
        (("device", "schema", "-o", b"\xff.json"), None),
        (("device", "new", b"\xff.yaml"), None),
    ],
)
def test_names_that_are_no_text_work_or_are_one_line(tmp_path, args, says):
    code, _, err = finish(*args, cwd=tmp_path)
    if says is None:
        assert (code, err, len(list(tmp_path.iterdir()))) == (0, "", 1)
    else:
        assert code == 2 and err.startswith(f"Error: {says}") and err.count("\n") == 1
        assert list(tmp_path.iterdir()) == []


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


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["", "device", "list", "--help"])
def test_an_output_without_room_is_one_line(command):
    with open("/dev/full", "w") as full:
        code, _, err = finish(*command.split(), stdout=full)
    assert (code, err) == (2, "Error: standard output: no space left on device\n")


def test_a_closed_standard_input_is_one_line(tmp_path):
    words = [sys.executable, "-m", "memsim", "device", "fit", "-"]
    done = subprocess.run(words, preexec_fn=lambda: os.close(0), capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "Error: the standard input is closed; name a file\n")
