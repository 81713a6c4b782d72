"""What a measurement cannot be, or what its user should know: one line each."""

from __future__ import annotations

import numpy as np
import pytest
from pulse_trains import long_table, soft, sweep

from memsim.errors import DataError
from memsim.fit import fit_device, read_measurement
from memsim.fit.reading.layouts import pulse_data


def rows(cycles=2, reads=12):
    """Rows of one cell that rises and falls, without noise: cycle, pulse, direction, conductance in uS."""
    return [
        (cycle, k + 1, word, f"{(1 + k if word == 'set' else reads - k) + 0.01 * cycle:.2f}")
        for cycle in range(1, cycles + 1)
        for word in ("set", "reset")
        for k in range(reads)
    ]


def written(tmp_path, lines, heading="cycle,pulse,direction,G (uS)"):
    path = tmp_path / "m.csv"
    path.write_text(long_table(lines, heading))
    return path


def message(path, **options):
    with pytest.raises(DataError) as caught:
        fit_device(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("code", ["0", "-1", "1"])
def test_a_number_among_words_is_no_direction(tmp_path, code):
    lines = rows()
    lines[5] = (*lines[5][:2], code, lines[5][3])
    assert f"m.csv:7: direction '{code}' among words" in message(written(tmp_path, lines))


@pytest.mark.parametrize("value", ["1e300", "1e-300"])
def test_a_conductance_of_impossible_size_is_refused_at_its_line(tmp_path, value):
    lines = rows()
    lines[3] = (*lines[3][:3], value)
    assert f"m.csv:5: 'G' is {value}; allowed: 0, 1e-30 to 1e+15 in SI units" in message(written(tmp_path, lines))


def test_reads_of_two_values_are_no_gradual_steps(tmp_path):
    lines = [(c, k, word, v) for c in (1, 2) for word, v in (("set", 9), ("reset", 1)) for k in range(1, 13)]
    assert "the reads have two values" in message(written(tmp_path, lines))


def test_a_read_that_is_alone_in_its_train_is_left_out_with_a_note(tmp_path):
    lines = rows()
    lines[30] = ("typo", *lines[30][1:])
    notes = pulse_data(read_measurement(written(tmp_path, lines))).notes
    assert "1 read alone in a train is left out" in notes


@pytest.mark.parametrize("decades", [False, True])
def test_a_single_read_far_off_its_neighbours_is_refused_and_many_are_not(tmp_path, decades):
    rng = np.random.default_rng(8)
    rise = 2 + 8 * (1 - np.exp(-np.arange(100) / 40))
    curves = np.array([rise, 12 - rise])
    reads = 0.1 * 10 ** (curves / 4) * np.exp(0.05 * rng.standard_normal((2, 100))) if decades else curves
    reads = reads + 0.02 * rng.standard_normal((2, 100)) * (not decades)

    def pulses(values):
        lines = [(word, v) for word, own in zip(("set", "reset"), values, strict=True) for v in own]
        return pulse_data(read_measurement(written(tmp_path, lines, "direction,G (uS)")))

    assert pulses(reads).reads == 200
    bad = reads.copy()
    bad[1, 60] = bad.max()
    with pytest.raises(
        DataError, match=r"read 61 of the reset pulses of device 1, cycle 1, is .* off the reads beside"
    ):
        pulses(bad)
    # Jumps of three reads in a hundred belong to the device.
    bad[1, [50, 70]] = bad.max()
    assert pulses(bad).reads == 200


def test_a_copy_of_a_sweep_is_noted(tmp_path):
    lines = rows(1) + [(2, *row[1:]) for row in rows(1)]
    notes = pulse_data(read_measurement(written(tmp_path, lines))).notes
    assert any("have the same 12 reads: if one is a copy, leave it out" in note for note in notes)


def test_currents_and_voltages_without_units_are_no_weights(tmp_path):
    lines = [(*row[:3], row[3], "0.1") for row in rows()]
    text = message(written(tmp_path, lines, "cycle,pulse,direction,Iread,Vread"))
    assert "have no units; say them, e.g. with columns=" in text


def test_read_noise_takes_currents_and_read_voltages(tmp_path):
    rng = np.random.default_rng(1)
    current = 100 * (1 + 0.02 * rng.standard_normal(60))
    lines = [(k, f"{i:.4f}", "0,1".replace(",", ".")) for k, i in enumerate(current)]
    fit = fit_device(written(tmp_path, lines, "read,Iread (nA),Vread (V)"), kind="read-noise")
    assert fit.numbers[0].value == pytest.approx(current.std(ddof=1) / current.mean(), rel=1e-3)
    assert any("the conductance is 'Iread' / 'Vread'" in note for note in fit.notes)


def test_a_dead_cell_is_named(tmp_path):
    lines = [(d, t, 0 if d == 3 else f"{5 * (t + 1) ** -0.05:.5f}") for d in range(8) for t in (0, 1, 10, 100, 1000)]
    text = message(written(tmp_path, lines, "device,time (s),G (uS)"), kind="retention")
    assert "all reads of device 3 are 0 S, a dead cell" in text


def test_two_times_of_which_one_is_zero_say_too_little(tmp_path):
    rng = np.random.default_rng(2)
    lines = [(d, t, f"{5 + rng.standard_normal():.4f}") for d in range(20) for t in (0, 10)]
    assert "one time after t = 0" in message(written(tmp_path, lines, "device,time (s),G (uS)"), kind="retention")


def test_a_current_at_zero_volts_is_an_offset(tmp_path):
    lines = [(f"{v:.2f}", "5") for v in np.linspace(-1, 1, 41)]
    assert "the current of a cell vanishes at 0 V" in message(written(tmp_path, lines, "V (V),I (uA)"))


def test_the_command_never_overwrites_the_measurement(cli, tmp_path):
    path = written(tmp_path, rows())
    before = path.read_bytes()
    for option in ("-o", "--figure"):
        done = cli("device", "fit", "m.csv", option, "m.csv", "--force")
        assert done.code == 2 and path.read_bytes() == before


def test_a_window_is_refused_for_conductances(cli, tmp_path):
    written(tmp_path, rows())
    assert "--window is for weights without a unit" in cli("device", "fit", "m.csv", "--window", "1 uS, 9 uS").refusal()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 8])
def test_equal_windows_have_no_spread_although_trains_begin_one_pulse_from_their_ends(tmp_path, seed):
    rng = np.random.default_rng(seed)
    lines = []
    for cell in "ABCDE":
        size = np.exp(0.2 * rng.standard_normal())
        for cycle in (1, 2):
            for branch, word in enumerate(("set", "reset")):
                values = sweep(rng, soft, (0.025 * size, 0.03 * size), branch, 61, write=0.01, read=0.02)[1:]
                lines += [(cell, cycle, k + 1, word, f"{2 + 8 * v:.4f}") for k, v in enumerate(values)]
    path = written(tmp_path, lines, "device,cycle,pulse,direction,G (uS)")
    fit = fit_device(path, model="soft-bounds")
    for end, number, truth in (("low", "conductance.min", 2e-6), ("high", "conductance.max", 10e-6)):
        assert fit.fitted.spreads[end].sigma_low < 0.01 * 8e-6
        assert fit.fitted[number].low < truth < fit.fitted[number].high
