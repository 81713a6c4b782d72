"""Counts of reads: the energy in cells against sums of V I t, levels on word lines, and invariances."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import CrossbarLayer, Patches
from memsim.errors import InputError

pytestmark = pytest.mark.slow  # each kernel is compiled once more to count


QUIET = ms.load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
V, T = 0.5, 5e-9  # of its reads; the window is 1 uS to 10 uS
ROWS, COLS = 7, 5
TILES = {
    "one tile": None,
    "tiles of rows": (3, 100),
    "tiles of lines": (100, 2),
    "tiles": (3, 2),
    "single rows": (1, 1),
}
COLUMNS = ("single", "reference", "pair")
DTYPES = ("float32", pytest.param("float64", marks=pytest.mark.slow))


def crossbar(device=QUIET, rows=ROWS, cols=COLS, **options):
    """A crossbar that counts, with different cells; a reference column is in the middle of the window."""
    settings = {"seed": 7, "dtype": "float64", "initial": (0.0, 1.0), "count": True} | options
    return ms.Crossbar(device, rows, cols, **settings)


def counted(xbar, phase="inference"):
    return xbar.event_counts.counts[phase]


def inputs(*shape):
    """Inputs of both signs, some of them 0."""
    x = np.random.default_rng(1).uniform(-1, 1, shape)
    return np.where(np.abs(x) < 0.2, 0.0, x)


def side_by_side(xbar):
    """Conductances (array, row, line) of the lines as they lie in the array."""
    g = xbar.conductance.values
    g = g if g.ndim == 3 else g[None]
    if xbar.column == "pair":
        first, second = np.split(g, 2, axis=2)
        g = np.stack([first, second], axis=3).reshape(g.shape)
    if xbar.column == "reference":
        rest = np.full((*g.shape[:2], 1), QUIET.spec.conductance.min)  # a fresh reference column of equal cells
        g = np.concatenate([g, rest], axis=2)
    return g


def by_tile(xbar, joules, tile):
    """Energies (array, row, line) summed over tiles, (array, row tile, line tile)."""
    _, rows, lines = joules.shape
    high, wide = tile or (rows, lines)
    sums = [
        [joules[:, i : i + high, j : j + wide].sum((1, 2)) for j in range(0, lines, wide)] for i in range(0, rows, high)
    ]
    return np.moveaxis(np.array(sums), 2, 0)


def close(actual, expected, rtol=1e-12):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=0)


# Cells


def test_ten_microsiemens_at_half_a_volt_for_five_nanoseconds_take_12_5_femtojoules():
    xbar = ms.Crossbar.from_conductance([[10e-6]], QUIET, dtype="float64", count=True)
    xbar.read([1.0])
    assert counted(xbar).read_energy.item() == pytest.approx(12.5e-15, rel=1e-15)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("column", COLUMNS)
def test_reads_take_v_squared_g_t_in_each_tile(column, tile):
    xbar, x = crossbar(column=column, tile=TILES[tile]), inputs(6, ROWS)
    xbar.read(x)
    joules = ((V * x) ** 2).sum(0)[:, None] * T * side_by_side(xbar)
    counts = counted(xbar)
    close(counts.read_energy, by_tile(xbar, joules, TILES[tile]))
    close(counts.read_energy.sum(), joules.sum())
    high = (TILES[tile] or (ROWS, 0))[0]
    driven = [np.count_nonzero(x[:, i : i + high]) for i in range(0, ROWS, high)]
    squares = [(x[:, i : i + high] ** 2).sum() for i in range(0, ROWS, high)]
    assert counts.reads == 6 and counts.drives.tolist() == [driven]
    close(counts.squares, [squares])
    costs = xbar.cost("generic-crosspoint", node="22 nm")
    close(costs.tile_read_energy.sel(phase="inference", layer="crossbar"), counts.read_energy.ravel())


@pytest.mark.parametrize("column", COLUMNS)
def test_arrays_of_a_stack_take_what_their_own_inputs_and_cells_do(column):
    xbar, own, shared = crossbar(column=column, arrays=3), inputs(3, 4, ROWS), inputs(2, ROWS)
    xbar.read(own)
    xbar.read(shared)
    squares = (own**2).sum(1) + (shared**2).sum(0)
    joules = (V**2 * T * squares[:, :, None] * side_by_side(xbar)).sum((1, 2))
    counts = counted(xbar)
    close(counts.read_energy[:, 0, 0], joules)
    close(counts.squares[:, 0], squares.sum(1))
    assert counts.reads == 6
    events = xbar.event_counts
    for number in range(3):
        close(events.of_array(number).counts["inference"].read_energy.item(), joules[number])


def test_a_reference_column_counts_with_its_own_conductance():
    xbar = crossbar(column="reference")
    xbar.program(np.full((ROWS, COLS), 0.5), reference=0.25)
    x = inputs(3, ROWS)
    before = counted(xbar).read_energy.sum()
    xbar.read(x)
    g = xbar.conductance.values.sum(1) + 3.25e-6  # 1 uS + 0.25 x 9 uS
    close(counted(xbar).read_energy.sum() - before, ((V * x) ** 2 * T @ g).sum())


def test_reads_of_changing_cells_count_with_the_states_that_they_meet():
    xbar, x, expected = crossbar(), inputs(2, ROWS), 0.0
    for _ in range(3):
        xbar.read(x)
        expected += ((V * x) ** 2 * T @ xbar.conductance.values.sum(1)).sum()
        xbar.train("hebbian", np.abs(x), np.ones((2, COLS)))
        xbar.read(0.5 * x)
        expected += ((V * 0.5 * x) ** 2 * T @ xbar.conductance.values.sum(1)).sum()
    close(counted(xbar).read_energy.sum(), expected)


@pytest.mark.slow
def test_reads_of_cells_that_drift_count_with_the_conductance_of_their_time():
    xbar = ms.Crossbar("pcm-joshi2020", ROWS, COLS, seed=1, dtype="float64", count=True)
    xbar.program(np.full((ROWS, COLS), 0.7))
    spec, x, expected = xbar.device.spec, inputs(2, ROWS), 0.0
    for seconds in (0.0, 1e3, 1e6):
        xbar.wait(seconds)
        xbar.read(x)
        g = xbar.conductance.values.sum(1)
        expected += ((spec.read.voltage * x) ** 2 * spec.read.duration @ g).sum()
    close(counted(xbar).read_energy.sum(), expected)


def test_expected_outputs_and_calibration_count_nothing():
    xbar, x = crossbar(adc=ms.ADC(8)), inputs(4, ROWS)
    xbar.calibrate(x)
    xbar.output(x, noise=False)
    xbar.power(x)
    assert not any(counts.happened for counts in xbar.event_counts.counts.values())


def test_reads_that_are_not_made_count_as_those_that_are():
    x = inputs(4, ROWS)
    made, only_counted = crossbar(), crossbar()
    made.read(x)
    only_counted.count_reads(x)
    for name, value in vars(counted(made)).items():
        assert np.array_equal(getattr(counted(only_counted), name), value), name
    assert only_counted.events.reads == 0


def test_noise_of_reads_changes_no_energy():
    noise = {"sigma": "30 %", "relative_to": "value", "status": "assumed"}
    noisy, quiet, x = crossbar(QUIET.replace({"read.noise": noise})), crossbar(), inputs(5, ROWS)
    assert not np.allclose(noisy.read(x), quiet.read(x))
    assert np.array_equal(counted(noisy).read_energy, counted(quiet).read_energy)


# Converters


def codes(x, most):
    """Codes of an ideal converter of inputs up to 1."""
    return np.rint(np.clip(x, -1, 1) * most).astype(int)


def ones(numbers):
    """Binary digits that are 1."""
    return np.vectorize(lambda number: f"{number:b}".count("1"))(numbers)


CODES = {
    # Codes of 5 bits on the word lines, in the reads of one input.
    "unsigned": lambda x: [codes(np.maximum(x, 0), 31)],
    "bipolar": lambda x: [codes(x, 15)],
    "phases": lambda x: [codes(np.maximum(x, 0), 31), codes(np.maximum(-x, 0), 31)],
    "offset": lambda x: [codes(x, 15) + 15],
}
MOST = {"unsigned": 31, "bipolar": 15, "phases": 31, "offset": 15}


@pytest.mark.parametrize("polarity", CODES)
@pytest.mark.parametrize("coding", ["voltage", "width", "serial"])
def test_converted_inputs_take_the_energy_of_their_codes(coding, polarity):
    xbar, x = crossbar(dac=ms.DAC(5, polarity=polarity, coding=coding)), inputs(6, ROWS)
    reads = CODES[polarity](x)
    strengths = {
        "voltage": lambda code: (code / MOST[polarity]) ** 2,
        "width": lambda code: np.abs(code) / MOST[polarity],
        "serial": lambda code: ones(np.abs(code)),
    }[coding]
    xbar.read(x)
    counts, circuit = counted(xbar), xbar.event_counts.circuit
    driven = sum(strengths(code) for code in reads).sum(0)
    close(counts.read_energy.sum(), V**2 * T * (driven @ xbar.conductance.values.sum(1)))
    close(counts.squares.sum(), driven.sum())
    number = ones if coding == "serial" else lambda code: code != 0
    assert counts.drives.sum() == sum(number(np.abs(code)).sum() for code in reads)
    assert counts.reads == 6 * len(reads) and circuit.input_phases == len(reads)
    assert max(np.abs(code).max() for code in reads) < 2**circuit.magnitude_bits
    assert circuit.magnitude_bits == (4 if polarity == "bipolar" else 5)
    assert circuit.planes == (circuit.magnitude_bits if coding == "serial" else 1)


def test_inputs_beyond_the_range_count_as_the_largest():
    xbar = crossbar(dac=ms.DAC(4, range=0.5, coding="serial"))
    xbar.read(np.full(ROWS, 3.0))
    close(counted(xbar).read_energy.sum(), 3 * V**2 * T * xbar.conductance.values.sum())  # code 7 has three bits of 1


@pytest.mark.parametrize("dac", [None, ms.DAC(6), ms.DAC(6, coding="serial")], ids=["none", "voltage", "serial"])
def test_patches_take_the_energy_of_the_matrix_of_their_rows(dac):
    images = np.random.default_rng(2).uniform(0, 1, (3, 2, 5, 4))
    xbar = crossbar(rows=2 * 3 * 2 + 1, dac=dac)
    CrossbarLayer(xbar, bias=0.4, patches=Patches((2, 5, 4), (3, 2))).read(images)
    patches = [
        np.append(image[:, y : y + 3, x : x + 2].ravel(), 0.4) for image in images for y in range(3) for x in range(3)
    ]
    strengths = np.array(patches) ** 2
    if dac is not None:
        code = codes(np.array(patches), 31)
        strengths = ones(code) if dac.coding == "serial" else (code / 31) ** 2
    close(counted(xbar).read_energy.sum(), V**2 * T * (strengths.sum(0) @ xbar.conductance.values.sum(1)))
    assert counted(xbar).reads == 27


# Cells that are not ohmic


def milo(g, v):
    """Currents of HfO2 cells, Milo et al., IRPS 2021, with the coefficients of CrossSim."""
    held = np.clip(g, 50e-6, 225e-6)
    digits = np.log10(held)
    k2 = (7.063e-3 + 5.711e-3 * digits + 1.541e-3 * digits**2 + 138.8e-6 * digits**3) * g / held
    k3 = (1.2968e-3 + 679.19e-6 * digits + 88.71e-6 * digits**2) * g / held
    return g * v + k2 * v**2 + k3 * v**3


LAWS = {
    # Guan, Yu & Wong, IEEE EDL 33, 1405 (2012), scaled to G at the read voltage.
    "sinh": ({"model": "sinh", "voltage": "0.25 V"}, lambda g, v: g * V * np.sinh(v / 0.25) / np.sinh(V / 0.25)),
    # NeuroSim's form (Chen, Peng & Yu 2018), which vanishes at 0 V.
    "exponential": (
        {"model": "exponential", "voltage": "0.4 V"},
        lambda g, v: g * v * np.exp((np.abs(v) - V) / 0.4),
    ),
    "polynomial": (
        {"model": "polynomial", "quadratic": "0.5 uS", "cubic": "0.3 uS"},
        lambda g, v: g * v + 0.5e-6 / V * v * np.abs(v) + 0.3e-6 / V**2 * v**3,
    ),
    "falling polynomial": (
        {"model": "polynomial", "quadratic": "-0.5 uS", "cubic": "0.2 uS"},
        lambda g, v: g * v - 0.5e-6 / V * v * np.abs(v) + 0.2e-6 / V**2 * v**3,
    ),
    "state-polynomial": (None, milo),
}


def of_law(law, **options):
    """A crossbar of cells of a law."""
    conduction, _ = LAWS[law]
    if conduction is not None:
        return crossbar(QUIET.replace({"conduction": conduction}), **options)
    xbar = crossbar("hfo2-milo2021", **options)  # read at 0.5 V for 5 ns too
    xbar.program(np.random.default_rng(3).uniform(0, 1, (ROWS, COLS)))
    return xbar


@pytest.mark.parametrize("law", LAWS)
def test_cells_that_are_not_ohmic_take_v_times_their_current(law):
    xbar, x = of_law(law, tile=(3, 2)), inputs(6, ROWS)
    xbar.read(x)
    g, volts = xbar.conductance.values, V * x[:, :, None]
    joules = (volts * LAWS[law][1](g, volts) * T).sum(0)
    close(counted(xbar).read_energy, by_tile(xbar, joules[None], (3, 2)), 1e-9)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("coding", ["width", "serial"])
def test_pulses_of_the_read_voltage_take_v_times_the_current_there(law, coding):
    xbar, x = of_law(law, dac=ms.DAC(5, coding=coding)), inputs(6, ROWS)
    xbar.read(x)
    code = codes(x, 15)
    number = ones(np.abs(code)) if coding == "serial" else np.abs(code) / 15
    volts = V * np.sign(code)[:, :, None]
    joules = number[:, :, None] * volts * LAWS[law][1](xbar.conductance.values, volts) * T
    close(counted(xbar).read_energy.sum(), joules.sum(), 1e-9)


# Wires


@pytest.mark.slow
def test_through_wires_cells_take_v_squared_times_their_effective_conductance():
    wires = ms.Wires(20.0, 12.0, driver_resistance=50.0, sense_resistance=30.0)
    xbar, x = crossbar(wires=wires), inputs(4, ROWS)
    xbar.read(x)
    options = {"word_resistance": 20.0, "bit_resistance": 12.0, "driver_resistance": 50.0, "sense_resistance": 30.0}
    effective = ms.effective_conductance(xbar.conductance.values, **options)
    close(counted(xbar).read_energy.sum(), ((V * x) ** 2 * T @ effective.sum(1)).sum(), 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "driven", "short"),
    [(64, 1.0, 0.002), (128, 1.0, 0.006), (128, 0.1, 0.025)],
    ids=["64", "128", "few lines"],
)
def test_the_count_through_wires_is_a_little_below_the_exact_energy(size, driven, short):
    """Currents between word lines are left out: 0.1 % for 64 x 64 cells, 0.5 % for 128 x 128, 2 % with few inputs."""
    xbar = crossbar(rows=size, cols=size, wires=ms.Wires.of_node(22, driver_resistance=100.0), dtype="float32")
    random = np.random.default_rng(4)
    x = random.uniform(0, 1, (3, size)) * (random.uniform(0, 1, (3, size)) <= driven)
    xbar.read(x)
    exact = float(xbar.power(x).power.sum()) * T
    energy = counted(xbar).read_energy.sum()
    assert (1 - short) * exact < energy < exact


@pytest.mark.slow
def test_the_count_through_wires_of_cells_that_are_not_ohmic_is_an_estimate():
    """It has the voltage of the driver in the law of the cell, and is above the exact energy: by 2 % here."""
    device = QUIET.replace({"conduction": LAWS["sinh"][0]})
    xbar = crossbar(device, 64, 64, wires=ms.Wires.of_node(22, driver_resistance=100.0), dtype="float32")
    x = np.random.default_rng(4).uniform(0, 1, (3, 64))
    xbar.read(x)
    exact = float(xbar.power(x).power.sum()) * T
    assert exact < counted(xbar).read_energy.sum() < 1.03 * exact


# What must not change


def life(count, dtype, **options):
    """An array after training by a rule that reads, programming and reads, with all noise."""
    settings = {"seed": 3, "dtype": dtype, "column": "pair", "tile": (5, 4), "dac": ms.DAC(6), "count": count}
    xbar = ms.Crossbar("taox-hfox-wu2018", ROWS, COLS, arrays=2, **(settings | options))
    xbar.train("hebbian", np.abs(inputs(4, ROWS)), np.ones((4, COLS)), steps=2)
    xbar.train("delta", inputs(4, ROWS), np.full((4, COLS), 0.2), steps=2, batch=2)
    xbar.program(np.full((2, ROWS, 2 * COLS), 0.4), cycles=2)
    xbar.program(np.full((2, ROWS, 2 * COLS), 0.6), "ispp", window=0.1)
    return xbar, [xbar.read(inputs(4, ROWS)), xbar.state.values, *xbar.pulses, xbar.output(inputs(2, ROWS))]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_counting_changes_no_bit_of_another_result(dtype):
    for ours, plain in zip(life(True, dtype)[1], life(False, dtype)[1], strict=True):
        assert ours.dtype == plain.dtype and np.array_equal(ours, plain)


def all_counts(xbar):
    return {
        (phase, name): np.asarray(value)
        for phase, counts in xbar.event_counts.counts.items()
        for name, value in vars(counts).items()
    }


@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_are_the_same_bits_for_any_number_of_threads(dtype, monkeypatch):
    whole = all_counts(life(True, dtype)[0])
    for threads in (1, 3, 7):
        monkeypatch.setattr("memsim.kernels.compile.threads", lambda threads=threads: threads)
        for key, value in all_counts(life(True, dtype)[0]).items():
            assert value.dtype == whole[key].dtype and np.array_equal(value, whole[key]), key


@pytest.mark.slow
def test_sums_over_many_lines_are_the_same_bits_for_any_number_of_threads(monkeypatch):
    def counts():
        xbar = ms.Crossbar("taox-hfox-wu2018", 600, 500, seed=3, count=True)
        xbar.train("hebbian", np.abs(inputs(2, 600)), np.ones((2, 500)))
        xbar.read(inputs(70, 600))
        return all_counts(xbar)

    whole = counts()
    for threads in (1, 3, 7):
        monkeypatch.setattr("memsim.kernels.compile.threads", lambda threads=threads: threads)
        for key, value in counts().items():
            assert np.array_equal(value, whole[key]), key


@pytest.mark.parametrize("coding", [None, "voltage", "serial"])
def test_reads_in_parts_count_as_much_as_together(coding):
    dac, x = None if coding is None else ms.DAC(6, coding=coding), inputs(9, ROWS)
    together, parts = crossbar(dac=dac, dtype="float32"), crossbar(dac=dac, dtype="float32")
    together.read(x)
    for first, last in ((0, 1), (1, 6), (6, 9)):
        parts.read(x[first:last])
        counted(parts)  # asking in between changes nothing
    for name, value in vars(counted(together)).items():
        np.testing.assert_allclose(getattr(counted(parts), name), value, rtol=1e-12)
    assert np.array_equal(counted(parts).drives, counted(together).drives)


def test_parts_of_an_ensemble_count_what_the_whole_does():
    def of(arrays, first):
        xbar = crossbar("taox-hfox-wu2018", arrays=arrays, first_array=first, dtype="float32")
        xbar.train("hebbian", np.abs(inputs(3, ROWS)), np.ones((3, COLS)), steps=2)
        xbar.program(np.full((arrays, ROWS, COLS), 0.5))
        xbar.read(inputs(4, ROWS))
        return all_counts(xbar)

    whole, parts = of(4, 10), [of(1, 10), of(3, 11)]
    for key, value in whole.items():
        if value.ndim:
            assert np.array_equal(np.concatenate([part[key] for part in parts]), value), key
        else:
            assert {int(part[key]) for part in parts} == {int(value)}, key


def test_phases_of_a_with_block_hold_until_its_end():
    xbar, x = crossbar(), inputs(2, ROWS)
    with xbar.counting("training"):
        xbar.read(x)
        xbar.program(np.full((ROWS, COLS), 0.5))
    xbar.read(x)
    counts = xbar.event_counts.counts
    assert counts["training"].reads == counts["inference"].reads == 2
    assert counts["training"].set_pulses.sum() > 0 and not counts["programming"].happened


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: crossbar(count=1), "count: 1 is not allowed; true or false"),
        (lambda: crossbar(count=False).event_counts, "does not count events; make it with count=True"),
        (lambda: crossbar(count=False).cost("generic", node="22 nm"), "does not count events; make it with count=True"),
        (lambda: crossbar().counting("reading"), "phase: unknown choice 'reading'; did you mean 'training'"),
    ],
)
def test_mistakes_end_in_one_line(mistake, message):
    with pytest.raises(InputError, match=message) as caught:
        mistake()
    assert "\n" not in str(caught.value)
