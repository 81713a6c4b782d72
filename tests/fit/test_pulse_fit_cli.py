"""`memsim device fit`: from a file to a profile and a figure, or to one clear line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pulse_trains import long_table, soft, sweep

import memsim as ms


@pytest.fixture
def pulses(tmp_path):
    """Few reads of one device with soft bounds, in a window of 2 to 10 uS."""
    rng = np.random.default_rng(3)
    rows = []
    for branch, word in enumerate(("set", "reset")):
        values = sweep(rng, soft, (0.04, 0.05), branch, 24, write=0.01, read=0.02)
        rows += [(k + 1, word, 2 + 8 * value) for k, value in enumerate(values)]
    (tmp_path / "Own pulses 7.csv").write_text(long_table(rows, "pulse,direction,conductance (uS)"))
    return "Own pulses 7.csv"


@pytest.mark.slow
def test_a_measurement_becomes_a_profile_that_is_valid_and_runs(cli, pulses):
    done = cli("device", "fit", pulses, "-o", "mine.yaml", "--figure", "mine.png", "--model", "soft-bounds")
    assert done.code == 0, done.err
    assert done.files == ["Own pulses 7.csv", "mine.png", "mine.yaml"]
    for word in (
        "soft-bounds",
        "constant",
        "held out",
        "AIC",
        "BIC",
        "95 % interval",
        "Residuals",
        "Profile  mine.yaml",
    ):
        assert word in done.out
    assert cli("device", "validate", "mine.yaml").code == 0
    device = ms.load_device("mine.yaml")
    assert device.name == "own-pulses-7"
    assert device.provenance("update.step").status == "fitted"
    assert device.spec.sources["measurement"].cite == "Measured pulses, Own pulses 7.csv"
    assert device.provenance("read.voltage").status == "assumed"
    assert device.spec.conductance.min == pytest.approx(2e-6, rel=0.5)
    assert device.spec.conductance.max == pytest.approx(10e-6, rel=0.3)
    array = ms.Crossbar(device, rows=4, cols=1, seed=0)
    before = array.conductance.copy()
    array.train(ms.Hebbian(rate=0.2), inputs=np.ones((1, 4)), targets=[1.0], steps=3)
    assert (array.conductance > before).all()


@pytest.mark.slow
def test_weights_without_a_unit_say_that_the_window_is_assumed(cli, tmp_path):
    rng = np.random.default_rng(3)
    sweeps = [sweep(rng, soft, (0.04, 0.05), b, 22, write=0.01, read=0.02) for b in range(2)]
    (tmp_path / "w.csv").write_text("\n".join(f"{u:.5f},{d:.5f}" for u, d in zip(*sweeps, strict=True)))
    done = cli("device", "fit", "w.csv", "-o", "w.yaml")
    assert "Window   assumed" in done.out
    assert ms.load_device("w.yaml").provenance("conductance.max").status == "assumed"
    done = cli("device", "fit", "w.csv", "-o", "w.yaml", "--force", "--window", "2 uS, 30 uS", "--name", "w7")
    assert "Window" not in done.out
    device = ms.load_device("w.yaml")
    assert (device.name, device.spec.conductance.min, device.spec.conductance.max) == ("w7", 2e-6, 30e-6)


def test_retention_is_added_to_a_profile(cli, tmp_path):
    times = np.geomspace(1, 1e5, 12)
    rows = [(d, t, 5 * t ** -(0.05 + 0.01 * d)) for d in range(4) for t in times]
    (tmp_path / "drift.csv").write_text(long_table(rows, "device,time (s),G (uS)"))
    done = cli("device", "fit", "drift.csv", "--kind", "retention")
    assert done.code == 0 and "retention:" in done.out and "exponent: 0.065" in done.out
    done = cli(
        "device",
        "fit",
        "drift.csv",
        "--kind",
        "retention",
        "--device",
        "agsi-jo2010",
        "-o",
        "a.yaml",
        "--name",
        "agsi-that-drifts",
        "--figure",
        "a.svg",
    )
    assert done.code == 0, done.err
    device = ms.load_device("a.yaml")
    assert device.name == "agsi-that-drifts"
    assert device.spec.retention.exponent == pytest.approx(0.065)


MISTAKES = {
    "a missing file": (("nope.csv",), r"nope\.csv: no such file"),
    "an unknown model": (("F", "--model", "softbounds"), "unknown model 'softbounds'; did you mean 'soft-bounds'"),
    "an unknown kind": (("F", "--kind", "pulse"), "unknown kind 'pulse'; did you mean 'pulses'"),
    "half a window": (("F", "--window", "1 uS"), "two conductances are wanted"),
    "a window upside down": (("F", "--window", "9 uS, 1 uS"), "the first must be .* smaller"),
    "a window of volts": (("F", "--window", "1 V, 2 V"), "is a voltage"),
    "a figure of an unknown format": (("F", "--figure", "a.gif"), "unknown figure format"),
    "a profile in a missing folder": (("F", "-o", "no/a.yaml"), "no such folder"),
    "an existing profile": (("F", "-o", "F"), "exists already"),
    "the same file twice": (("F", "-o", "a.png", "--figure", "a.png"), "name the same file"),
    "a device for pulses": (("F", "--device", "ideal"), "pulses make a profile of their own"),
    "an unknown device": (("F", "--device", "ideel"), "unknown device 'ideel'"),
    "pulses as retention": (("F", "--kind", "retention"), "no column of times"),
    "a bad name": (("F", "-o", "a.yaml", "--name", "A B"), "name 'A B' is not allowed; allowed: lower-case letters"),
    "a section for no profile": (("F", "--kind", "iv", "-o", "a.yaml"), "say to which with --device"),
    "a name of nothing": (("F", "--name", "a"), "--name names the profile that -o writes"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_in_one_line_and_writes_nothing(cli, pulses, arguments, message):
    done = cli("device", "fit", *(pulses if argument == "F" else argument for argument in arguments))
    assert re.search(message, done.refusal())
    assert done.files == [pulses]


def test_python_takes_a_path_or_two_arrays(pulses, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ms.InputError, match="two sequences"):
        ms.fit_device(3)
    with pytest.raises(ms.MemsimError, match="finite numbers"):
        ms.fit_device(([1.0, float("nan")], [1.0]))
    with pytest.raises(ms.MemsimError, match="at least 20"):
        ms.fit_device(([1.0, 2.0], [2.0, 1.0]))


@pytest.mark.slow
def test_the_voltage_of_the_reads_becomes_that_of_the_profile(cli, tmp_path):
    rng = np.random.default_rng(3)
    rows = ["pulse,direction,Iread (nA),Vread (mV)"]
    for branch, word in enumerate(("set", "reset")):
        values = sweep(rng, soft, (0.04, 0.05), branch, 24, write=0.01, read=0.02)
        rows += [f"{k + 1},{word},{150 * (2 + 8 * value):.3f},150" for k, value in enumerate(values)]
    (tmp_path / "currents.csv").write_text("\n".join(rows))
    done = cli("device", "fit", "currents.csv", "-o", "mine.yaml", "--model", "soft-bounds")
    assert done.code == 0, done.err
    device = ms.load_device("mine.yaml")
    assert device.spec.read.voltage == pytest.approx(0.15)
    assert device.provenance("read.voltage").status == "measured"
    assert device.provenance("read.duration").status == "assumed"
