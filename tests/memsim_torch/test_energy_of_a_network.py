"""Energy, time and area of networks against numbers worked out from weights, inputs and a small component table."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.cli.main import run_command  # noqa: E402
from memsim.errors import InputError, OutputError  # noqa: E402

TABLE = """\
name: round-numbers
title: Round numbers
source: ours
sources: {ours: {cite: Our measurements}}
status: measured
node: 65 nm
components:
  dac: {energy: 1 pJ, bits: 8, area: 10 um^2, uncertainty: 2}
  adc: {energy: 3 pJ, bits: 8, time: 10 ns, area: 1000 um^2, uncertainty: 3}
  digital:
    mac: {bits: 8, energy: 2 pJ, time: 1 ns, area: 100 um^2, uncertainty: 2}
    weight_memory: {energy: 0.5 pJ}
    activation_memory: {energy: 0.25 pJ}
"""
METRIC = {"metric": lambda outputs, labels: torch.zeros(len(labels))}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "round-numbers.yaml"
    path.write_text(TABLE)
    return path


def device():
    """Window [S], and volt-second of a read: V^2 t."""
    spec = ms.load_device("ideal").spec
    return spec.conductance.min, spec.conductance.max, spec.read.voltage**2 * spec.read.duration


def linear(outputs=3, inputs=5, bias=False, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, outputs, bias=bias)).eval()


def batches(x, size=7):
    return [(x[start : start + size], torch.zeros(len(x[start : start + size]))) for start in range(0, len(x), size)]


def pair_sums(weight):
    """Sum of the conductances of all cells of each row, of pairs whose second cell is at the low end for w > 0 [S]."""
    low, high, _ = device()
    sizes = np.abs(weight) / np.abs(weight).max()
    return (2 * low + sizes * (high - low)).sum(1)


def energy_by_hand(rows, weight):
    """V^2 G t of all cells for rows of inputs (read, row) in units of the read voltage, weight (row, col)."""
    return device()[2] * (rows**2 @ pair_sums(weight)).sum()


def test_the_energy_of_a_linear_layer_is_the_sum_over_its_cells():
    model, x = linear(), torch.rand(20, 5) - 0.3
    chip = mt.program(mt.convert(model, mt.Hardware(), quiet=True))
    result = mt.evaluate(chip, batches(x), **METRIC)
    weight = model[0].weight.detach().numpy().T.astype(float)
    by_hand = energy_by_hand(x.numpy().astype(float), weight) / 20
    np.testing.assert_allclose(result.layer_read_energy, by_hand, rtol=1e-5)
    np.testing.assert_allclose(result.tile_read_energy.sum("tile"), by_hand, rtol=1e-5)
    assert result.layer_reads.item() == 1 and result.samples == 20
    assert result.adc_conversions.item() == result.dac_conversions.item() == 0


def test_tiles_share_the_energy_of_a_layer():
    model, x = linear(), torch.rand(9, 5)
    chip = mt.program(mt.convert(model, mt.Hardware(tile=(2, 2)), quiet=True))
    result = mt.evaluate(chip, batches(x), **METRIC)
    weight = model[0].weight.detach().numpy().T.astype(float)
    low, high, joule = device()
    sizes = np.abs(weight) / np.abs(weight).max()
    squares = (x.numpy().astype(float) ** 2).mean(0)
    # Two lines hold one pair, so that tiles are rows (0, 1), (2, 3), (4) times the three columns.
    by_hand = [
        joule * (squares[rows, None] * (2 * low + sizes[rows] * (high - low))).sum(0)
        for rows in (slice(0, 2), slice(2, 4), slice(4, 5))
    ]
    np.testing.assert_allclose(result.tile_read_energy.values.ravel(), np.ravel(by_hand), rtol=1e-5)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_energy_of_a_convolution_is_that_of_its_patches_through_the_converters(stride):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Conv2d(2, 4, 3, stride=stride, padding=1, bias=False)).eval()
    x = torch.relu(torch.rand(6, 2, 5, 5) - 0.3)
    chip = mt.convert(model, mt.Hardware(dac=ms.DAC(bits=4), adc=8), quiet=True)
    mt.program(mt.calibrate(chip, x))
    result = mt.evaluate(chip, batches(x, 4), **METRIC)
    images = np.pad(x.numpy().astype(float), ((0, 0), (0, 0), (1, 1), (1, 1)))
    images = np.rint(images / images.max() * 7) / 7  # bipolar codes of 4 bits
    places = range(0, 5, stride)
    rows = np.array([image[:, i : i + 3, j : j + 3].ravel() for image in images for i in places for j in places])
    weight = model[0].weight.detach().numpy().reshape(4, -1).T.astype(float)
    np.testing.assert_allclose(result.layer_read_energy.item(), energy_by_hand(rows, weight) / 6, rtol=1e-5)
    positions = len(places) ** 2
    assert result.layer_reads.item() == positions
    assert result.dac_conversions.item() == 18 * positions and result.adc_conversions.item() == 4 * positions
    assert result.driven_inputs.item() == pytest.approx((rows != 0).mean(), rel=1e-12)


def test_groups_of_a_convolution_have_cells_of_their_own():
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(4, 4, 2, groups=2, bias=False)).eval()
    x = torch.rand(3, 4, 4, 4)
    result = mt.evaluate(mt.program(mt.convert(model, mt.Hardware(), quiet=True)), batches(x), **METRIC)
    weight, images = model[0].weight.detach().numpy().astype(float), x.numpy().astype(float)
    low, high, joule = device()
    total = 0.0
    for group in (0, 1):
        shares = np.abs(weight[2 * group : 2 * group + 2].reshape(2, -1).T) / np.abs(weight).max()
        sums = (2 * low + shares * (high - low)).sum(1)
        for i in range(3):
            for j in range(3):
                rows = images[:, 2 * group : 2 * group + 2, i : i + 2, j : j + 2].reshape(3, -1)
                total += joule * (rows**2 @ sums).sum()
    np.testing.assert_allclose(result.layer_read_energy.item(), total / 3, rtol=1e-5)


def test_costs_are_events_times_their_energies(table):
    model, x = linear(outputs=3, inputs=5), torch.rand(20, 5)
    hardware = mt.Hardware(dac=8, adc=ms.ADC(bits=8, share=3))
    chip = mt.program(mt.calibrate(mt.convert(model, hardware, quiet=True), x))
    result = mt.evaluate(chip, batches(x), components=table, **METRIC)
    energy = result.energy.squeeze()
    cells = float(energy.sel(part="cells"))
    assert float(energy.sel(part="DAC")) == pytest.approx(5e-12)
    assert float(energy.sel(part="ADC")) == pytest.approx(9e-12)
    assert cells == pytest.approx(result.layer_read_energy.item())
    assert result.total_energy.item() == pytest.approx(14e-12 + cells)
    low, high = result.total_energy_range.values.ravel()
    assert low == pytest.approx(14e-12 + cells - np.hypot(5e-12 / 2, 6e-12))
    assert high == pytest.approx(14e-12 + cells + np.hypot(5e-12, 18e-12))
    seconds = ms.load_device("ideal").spec.read.duration + 30e-9
    assert result.total_inference_time.item() == pytest.approx(seconds)
    assert result.total_power.item() == pytest.approx((14e-12 + cells) / seconds)
    assert result.total_efficiency.item() == pytest.approx(30 / (14e-12 + cells))
    assert result.total_area.item() == pytest.approx(5 * 10e-12 + 1000e-12)
    low, high = result.total_area_range.values
    assert (low, high) == pytest.approx(
        (1050e-12 - np.hypot(25e-12, 2000e-12 / 3), 1050e-12 + np.hypot(50e-12, 2000e-12))
    )
    assert result.included.startswith("cells") and "DAC" in result.included and "buffer" in result.left_out
    assert "0: 8/8" in result.bits


@pytest.mark.parametrize("batch", [1, 5])
def test_the_digital_processor_does_the_same_products(table, batch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)).eval()
    x = torch.rand(10, 1, 4, 4)
    chip = mt.program(mt.convert(model, mt.Hardware(), quiet=True))
    result = mt.evaluate(chip, batches(x), components=table, batch=batch, units=4, **METRIC)
    macs, weights = np.array([2 * 9 * 16, 96]), np.array([18, 96])
    activations = np.array([16 + 32, 32 + 3])
    np.testing.assert_array_equal(result.multiply_accumulates, macs)
    expected = np.stack([macs * 2e-12, weights * 8 * 0.5e-12 / batch, activations * 8 * 0.25e-12], axis=1)
    np.testing.assert_allclose(result.digital_energy, expected, rtol=1e-12)
    np.testing.assert_allclose(result.digital_energy.sel(digital_part="mac"), macs * 2e-12, rtol=1e-12)
    assert result.total_digital_energy.item() == pytest.approx(expected.sum())
    np.testing.assert_allclose(result.digital_time, macs / 4 * 1e-9, rtol=1e-12)
    assert result.digital_area.sel(digital_part="mac").item() == pytest.approx(400e-12)


def test_layers_take_their_time_one_after_the_other_or_at_once(table):
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(18, 3)).eval()
    chip = mt.program(mt.convert(model, mt.Hardware(), quiet=True))
    x = torch.rand(4, 1, 4, 4)
    results = [mt.evaluate(chip, batches(x), components=table, pipelined=both, **METRIC) for both in (False, True)]
    duration = ms.load_device("ideal").spec.read.duration
    for result in results:
        np.testing.assert_allclose(result.inference_time, [9 * duration, duration], rtol=1e-12)
    assert results[0].total_inference_time.item() == pytest.approx(10 * duration)
    assert results[1].total_inference_time.item() == pytest.approx(9 * duration)


def test_the_energy_of_drifting_cells_falls_with_their_conductance():
    alike = {"retention.exponent": {"slope": 0, "offset": 0.05, "min": 0.05, "max": 0.05}}
    alike["retention.spread"] = {"slope": 0, "offset": 0, "min": 0, "max": 0}
    cells = ms.load_device("pcm-joshi2020").replace(alike)
    chip = mt.program(mt.convert(linear(), mt.Hardware(cells, ideal=("c2c", "d2d", "read")), quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(9, 5)), times=[0, 1e4], **METRIC)
    first, last = result.layer_read_energy.values.ravel()
    assert last / first == pytest.approx((1e4 / 20 + 1) ** -0.05, rel=1e-4)


def test_every_programming_has_an_energy_of_its_own_and_compensation_adds_none():
    chip = mt.program(mt.convert(linear(bias=True), mt.Hardware("pcm-joshi2020", seed=3), quiet=True))
    x = torch.rand(9, 5)
    plain, again = (mt.evaluate(chip, batches(x), repeats=3, compensation=how, **METRIC) for how in ("none", "global"))
    values = plain.layer_read_energy.values.ravel()
    assert len(set(values)) == 3
    np.testing.assert_allclose(again.layer_read_energy.values.ravel(), values, rtol=1e-12)
    np.testing.assert_array_equal(again.layer_reads, plain.layer_reads)


def test_the_size_of_batches_changes_no_energy():
    chip = mt.program(mt.convert(linear(), mt.Hardware("pcm-joshi2020"), quiet=True))
    x = torch.rand(30, 5)
    one, other = (mt.evaluate(chip, batches(x, size), **METRIC) for size in (30, 4))
    np.testing.assert_allclose(one.layer_read_energy, other.layer_read_energy, rtol=1e-12)
    np.testing.assert_array_equal(one.multiply_accumulates, other.multiply_accumulates)


def test_a_recurrent_layer_reads_its_hidden_state_at_each_step():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(4, 3, batch_first=True)

        def forward(self, x):
            return self.lstm(x)[0][:, -1]

    chip = mt.program(mt.convert(Last().eval(), mt.Hardware(), quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(6, 5, 4)), **METRIC)
    np.testing.assert_array_equal(result.layer_reads, [5, 5])
    np.testing.assert_array_equal(result.multiply_accumulates, [5 * 4 * 12, 5 * 3 * 12])
    assert (result.layer_read_energy > 0).all()


def test_the_programming_of_an_error_model_has_no_known_energy():
    chip = mt.program(mt.convert(linear(), mt.Hardware("pcm-joshi2020"), quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(9, 5)), components="generic", node="22 nm", **METRIC)
    for name in ("total_programming_energy", "total_programming_time", "layer_pulses_mean", "layer_pulses_max"):
        assert result[name].isnull().all()
    assert "an error model programs the cells of layers 0" in result.cost_notes
    assert result.total_energy.notnull().all()


def test_the_programming_by_pulses_counts_them():
    model = linear()
    pulsed = mt.Hardware("taox-hfox-wu2018", programming="ispp", seed=1)
    chip = mt.program(mt.convert(model, pulsed, quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(9, 5)), components="generic", node="22 nm", **METRIC)
    report = chip[0].cells.crossbar.programming
    pulses = (report.set_pulses + report.reset_pulses).values
    assert result.layer_pulses_mean.item() == pytest.approx(pulses.mean())
    assert result.layer_pulses_max.item() == pulses.max() > 0
    assert result.layer_write_energy.item() == pytest.approx(float(report.energy.sum()), rel=1e-6)
    assert result.total_programming_energy.item() > result.layer_write_energy.item()
    assert result.total_programming_time.item() > 0 and "cost_notes" not in result.attrs


def test_costs_follow_from_the_stored_events_of_a_file(tmp_path):
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)).eval()
    x = torch.rand(9, 5)
    chip = mt.program(mt.calibrate(mt.convert(model, mt.Hardware("pcm-joshi2020", dac=8, adc=8), quiet=True), x))
    options = {"times": [0, 100], "repeats": 2, **METRIC}
    with_costs = mt.evaluate(chip, batches(x), components="generic", node="32 nm", pipelined=True, batch=3, **options)
    ms.save(mt.evaluate(chip, batches(x), **options), tmp_path / "events.nc")
    again = ms.cost(tmp_path / "events.nc", "generic", node="32 nm", pipelined=True, batch=3)
    xr.testing.assert_allclose(again.drop_attrs(), with_costs.drop_attrs(), rtol=1e-12)
    ms.save(with_costs, tmp_path / "costs.nc")
    same = ms.cost(tmp_path / "costs.nc")
    xr.testing.assert_allclose(same.drop_attrs(), with_costs.drop_attrs(), rtol=1e-12)
    assert {**same.attrs, "created": ""} == {**with_costs.attrs, "created": ""}
    assert float(ms.cost(with_costs, node="65 nm").total_area) > float(with_costs.total_area)


def test_counting_ends_with_the_evaluation():
    chip = mt.program(mt.convert(linear(), mt.Hardware(), quiet=True))
    mt.evaluate(chip, batches(torch.rand(9, 5)), **METRIC)
    with pytest.raises(InputError, match="does not count events"):
        _ = chip[0].cells.crossbar.event_counts


def test_a_table_without_a_processor_leaves_it_out(tmp_path):
    text = TABLE.partition("  digital:")[0]
    (tmp_path / "own.yaml").write_text(text)
    chip = mt.program(mt.convert(linear(), mt.Hardware(), quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(9, 5)), components=tmp_path / "own.yaml", **METRIC)
    assert "digital_energy" not in result
    assert result.digital.startswith("not included: table 'round-numbers' has no component 'digital.mac'")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"components": "generc", "node": "22 nm"}, "did you mean 'generic'"),
        ({"components": "generic"}, "a node is needed"),
        ({"components": "generic", "node": "3 nm"}, "3 nm is .*; allowed: 7 nm to 130 nm"),
        ({"components": 5}, "components: int; allowed: a name, a path or a ComponentTable"),
        ({"components": "generic", "node": "22 nm", "pipelned": True}, "pipelned: .*did you mean 'pipelined'"),
        ({"components": "generic", "node": "22 nm", "batch": 0}, "batch: 0 is not allowed; a whole number from 1"),
        ({"components": "generic", "node": "22 nm", "bits": 99}, "bits: 99 is not allowed; 1 to 32"),
        ({"node": "22 nm"}, "node: of costs, which need a component table"),
        ({"pipelined": True}, "pipelined: of costs, which need a component table"),
        ({"repeat": 3}, "repeat: .*did you mean 'repeats'"),
        ({"components": "isaac-32nm"}, "component 'dac' of table 'isaac-32nm': its values hold for up to 1 bits"),
    ],
)
def test_mistakes_are_one_line_before_anything_is_read(options, message):
    x = torch.rand(9, 5)
    chip = mt.program(mt.calibrate(mt.convert(linear(), mt.Hardware(dac=8, adc=8), quiet=True), x))

    def none():
        raise AssertionError("a batch was read")
        yield

    class Loader:
        def __iter__(self):
            return none()

    with pytest.raises(InputError, match=message) as error:
        mt.evaluate(chip, Loader(), **options)
    assert "\n" not in str(error.value)


def test_a_component_without_energy_is_named(table):
    table.write_text(TABLE.replace("adc: {energy: 3 pJ, ", "adc: {"))
    x = torch.rand(9, 5)
    chip = mt.program(mt.calibrate(mt.convert(linear(), mt.Hardware(dac=8, adc=8), quiet=True), x))
    with pytest.raises(InputError, match="component 'adc' of table 'round-numbers' has no energy"):
        mt.evaluate(chip, batches(x), components=table, **METRIC)


def test_the_command_line_prints_costs_beside_a_digital_processor(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    chip = mt.program(mt.convert(linear(), mt.Hardware("pcm-joshi2020"), quiet=True))
    ms.save(mt.evaluate(chip, batches(torch.rand(9, 5)), repeats=2, **METRIC), "events.nc")
    assert run_command(["cost", "events.nc", "--components", "generic", "--node", "22 nm", "-o", "costs.nc"]) == 0
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("TOPS/W", "digital energy", "left out", "node 22 nm", "costs.nc"))
    assert run_command(["show", "costs.nc"]) == 0
    assert "digital energy" in capsys.readouterr().out
    assert run_command(["cost", "events.nc"]) == 2
    assert (
        "--components: needed, as the result holds no component table; allowed: a YAML file, or one of "
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"component_settings": "{"}, "its attribute 'component_settings' is damaged"),
        ({"component_settings": "[]"}, "its attribute 'component_settings' is damaged"),
        ({"circuits": "["}, "description of the arrays is damaged"),
        ({"circuits": "[{}]"}, "description of the arrays is damaged"),
        ({"circuits": "[]"}, "it has events of more than the 0 layers that it describes"),
        ({"samples": "many"}, "its attribute 'samples' is damaged"),
    ],
)
def test_damaged_results_are_refused(damage, message):
    chip = mt.program(mt.convert(linear(), mt.Hardware(), quiet=True))
    result = mt.evaluate(chip, batches(torch.rand(9, 5)), components="generic", node="22 nm", **METRIC)
    with pytest.raises(OutputError, match=message):
        ms.cost(result.assign_attrs(damage))
