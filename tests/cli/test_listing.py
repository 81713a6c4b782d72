"""The index of shipped files: it says what the files say, and lists need nothing that is slow to import."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from memsim.cli import listing

ARGUMENTS = "sys.argv = ['memsim', *sys.argv[1:]]"
SLOW = {"numba", "numpy", "pydantic", "scipy", "xarray", "matplotlib", "ruamel.yaml"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", listing.KINDS)
def test_the_index_is_that_of_the_files(kind):
    stored = json.loads(listing._INDEX.read_text(encoding="utf-8"))[kind]
    remedy = "the shipped files changed: run python -m memsim.cli.listing"
    assert stored["sha256"] == listing._digest(kind), remedy
    assert stored["rows"] == listing.computed(kind), remedy


def test_the_index_has_the_keys_of_the_schema():
    keys = json.loads(listing._INDEX.read_text(encoding="utf-8"))["keys"]
    assert keys == listing.computed_keys(), "the schema changed: run python -m memsim.cli.listing"
    assert {"learning.rate", "array.adc.bits", "data.samples", "training.lambda", "seed"} <= set(keys)
    assert {"array.device", "array.device.variability.c2c.sigma", "array.device.update.nonlinearity.set"} <= set(keys)


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{}", '{"experiments": 1}'])
def test_rows_are_those_of_the_files_where_the_index_is_damaged_or_old(tmp_path, monkeypatch, content):
    expected = listing.rows_of("experiments")
    index = tmp_path / "index.json"
    index.write_text(content)
    monkeypatch.setattr(listing, "_INDEX", index)
    assert listing.rows_of("experiments") == expected
    monkeypatch.undo()
    monkeypatch.setattr(listing, "_digest", lambda kind: "of other files")
    assert listing.rows_of("experiments") == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["device", "list"],
        ["verify"],
        ["run", "physicl-01"],
        ["show", "physicl-01"],
        ["validate", "physicl-01"],
    ],
)
def test_lists_and_errors_about_names_import_nothing_slow(words):
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        f"from memsim.cli import main; import sys; {ARGUMENTS}; main()",
    ]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == (0 if words[-1] in ("list", "verify") else 2)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "memsim.cli.main" in imported
    assert not imported & SLOW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "physical-"], ["plain,physical-01"]),
        (["run", "physical-01", "--device", "agsi-jo"], ["plain,agsi-jo2010"]),
        (["run", "physical-01", "--set", "data.samp"], ["plain,data.samples="]),
        (["run", "physical-01", "--set", "device.read.vol"], ["plain,device.read.voltage="]),
        (["plot", "a.nc", "-f", "rob"], ["plain,robustness"]),
        (["device", "plot", "epi"], ["plain,epiram-choi2018"]),
        (["validate", "my-own"], ["file,my-own"]),
    ],
)
def test_the_shell_completes_names_and_keys(words, expected):
    line = ["memsim", *words]
    environment = {"COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1), "_MEMSIM_COMPLETE": "bash_complete"}
    command = [sys.executable, "-c", "import sys; sys.argv = ['memsim']; from memsim.cli import main; main()"]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == expected
