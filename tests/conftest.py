"""What several test files share: the command line run in this process, in an empty folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_study import small_report, small_study, study_file  # noqa: F401  (fixtures)

from memsim.cli.main import run_command

# The bits that tests compare are those of the CPU: a card, which `auto` would take, is for the tests that ask for it.
if "MEMSIM_TEST_CARD" not in os.environ:
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

SMALL = ("--set", "data.samples=2", "--set", "data.shape=[8,8]")


@dataclass
class Outcome:
    """What a command left behind: exit code, both streams, and the files in its folder."""

    code: int
    out: str
    err: str
    files: list[str]

    def refusal(self) -> str:
        """The one line with which the command refused; it wrote nothing else."""
        assert self.code == 2, self
        assert self.out == ""
        assert self.err.startswith("Error: ") and self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        assert self.err.rstrip("\n").isprintable()
        return self.err


def files_below(folder: Path) -> list[str]:
    """All files and folders, hidden ones included."""
    return sorted(
        os.path.relpath(os.path.join(place, name), folder)
        for place, folders, names in os.walk(folder)
        for name in (*folders, *names)
    )


@pytest.fixture(scope="session")
def whole_result(tmp_path_factory) -> Path:
    """A result file of two images of 8 x 8; tests copy it."""
    import memsim as ms

    experiment = ms.load_experiment("physical-01").replace({"data.samples": 2, "data.shape": [8, 8]})
    return ms.save(ms.run(experiment), tmp_path_factory.mktemp("result") / "whole.nc")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """An empty folder in /tmp with permissions 755: others can enter it, unlike the folders of pytest."""
    place = Path(tempfile.mkdtemp(dir="/tmp")).resolve()
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys) -> Callable[..., Outcome]:
    """Run `memsim` with some arguments in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Outcome:
        capsys.readouterr()
        code = run_command([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Outcome(code, out, err, files_below(tmp_path))

    return run


@pytest.fixture
def small(cli) -> Callable[..., Outcome]:
    """Run an experiment on two images of 8 x 8, without a figure."""
    return lambda name="physical-01", *args: cli("run", name, *SMALL, "--no-figure", *args)


@pytest.fixture
def experiment_file(tmp_path) -> Callable[..., Path]:
    """Write a small experiment with some text replaced."""

    def write(text: str = "", name: str = "mine.yaml", replace: tuple[str, str] = ("", "")) -> Path:
        file = tmp_path / name
        file.write_text((text or EXPERIMENT).replace(*replace), encoding="utf-8")
        return file

    return write


EXPERIMENT = """\
name: mine
title: My experiment
data: {samples: 2, shape: [8, 8], seed: 0}
learners:
  - name: Ideal
    array: {device: ideal, bounds: [0, 1]}
    learning: {rule: hebbian, rate: 0.2, steps: 30}
  - name: Two words
    array: {device: agsi-jo2010}
    learning: {rate: 0.1}
corruptions:
  gaussian: [0.1, 0.5]
published:
  snr: {Ideal: 169.30}
seed: 42
"""
