"""Benchmarks: labelled, counted and drawn; what is missing is said, and nothing is lost."""

from __future__ import annotations

import json

import matplotlib
import numpy as np
import pytest

import memsim as ms
from memsim.bench import KINDS, Options, bench, counts
from memsim.bench.nodal import sparse_lu
from memsim.bench.peers import MISSING
from memsim.bench.timing import in_turns
from memsim.errors import BackendError, InputError, OutputError
from memsim.plotting import draw
from memsim.tasks.registry import RESULT_KINDS

matplotlib.use("Agg")
SMALL = ("--size", "64", "--batch", "4", "--repeats", "1")


@pytest.fixture(autouse=True)
def small_ceilings(monkeypatch):
    """Commands measure the machine by small copies and products."""
    monkeypatch.setattr("memsim.bench.ceilings._COPIED", 1 << 14)
    monkeypatch.setattr("memsim.bench.ceilings._MULTIPLIED", 64)


@pytest.fixture(scope="module")
def dataset():
    """Everything but whole processes, once, on arrays of 64 x 64."""
    return bench(Options(kinds=("read", "update", "normals", "wires"), sizes=(64,), batch=4, repeats=1))


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """The quickest of them as a file."""
    return ms.save(
        bench(Options(kinds=("normals",), sizes=(64,), batch=4, repeats=1)),
        tmp_path_factory.mktemp("bench") / "bench.nc",
    )


@pytest.mark.slow
class TestDataset:
    def test_every_variable_is_registered_with_its_unit_and_dimensions(self, dataset):
        assert set(dataset.data_vars) == set(RESULT_KINDS["bench"].variables)
        for name, declared in RESULT_KINDS["bench"].variables.items():
            assert dataset[name].dims == declared.dims and dataset[name].attrs["units"] == declared.units

    def test_rates_and_shares_follow_from_the_times(self, dataset):
        median = dataset.call_seconds.median("repeat")
        assert np.allclose(dataset.rate, dataset.work / median)
        assert np.allclose(dataset.ceiling_share, dataset.ceiling_seconds.median("repeat") / median)
        assert np.allclose(dataset.performance, dataset.operation_count / median)
        assert np.allclose(dataset.intensity, dataset.operation_count / dataset.traffic)

    def test_times_and_ceilings_are_positive(self, dataset):
        for name in ("call_seconds", "ceiling_seconds", "copy_bandwidth", "product_performance", "intensity"):
            assert (dataset[name] > 0).all()

    def test_cases_have_names_of_their_own(self, dataset):
        assert (
            len(set(dataset.case.values))
            == dataset.sizes["case"]
            == Options(kinds=("read", "update", "normals", "wires"), sizes=(64,), batch=4).count - 1
        )

    def test_the_machine_and_versions_are_recorded(self, dataset):
        assert dataset.processor and int(dataset.threads) >= 1
        assert json.loads(dataset.libraries)["numpy"] == np.__version__

    def test_currents_are_those_of_the_direct_solver(self, dataset):
        wired = dataset.isel(case=np.flatnonzero(dataset.kind.values == "wires"))
        assert (wired.peer_difference.sel(peer="sparse LU") < 1e-8).all()

    def test_every_case_has_a_peer_or_says_why_not(self, dataset):
        missing = json.loads(dataset.peers_missing)
        for case in dataset.case.values[dataset.kind.values == "wires"]:
            measured = np.isfinite(float(dataset.peer_seconds.sel(case=case, peer="badcrossbar")))
            assert measured or missing[case]["badcrossbar"] == MISSING


class TestCounts:
    def test_a_read_with_own_sigmas_does_the_two_products(self):
        assert counts.read(64, 1000, own=True, converters=False).operations == pytest.approx(4 * 64**2 * 1000, rel=1)
        one, two = (counts.read(1024, 4096, own=own, converters=False).operations for own in (False, True))
        assert two / one == pytest.approx(2, rel=0.05)

    def test_an_update_moves_what_a_copy_moves(self):
        assert counts.update(64, "constant").traffic == counts.copy(64**2).traffic

    def test_a_batch_of_trains_moves_no_more_than_one_sample(self):
        one, many = counts.trains(64, 1), counts.trains(64, 128)
        assert many.traffic == one.traffic and many.operations == 128 * one.operations

    def test_a_large_product_needs_few_bytes(self):
        small, large = (counts.product(size, size) for size in (16, 1024))
        assert large.operations / large.traffic == pytest.approx(64 * small.operations / small.traffic)


def test_calls_take_turns_after_a_first_that_is_not_timed():
    calls: list[str] = []
    times = in_turns((lambda: calls.append("a"), lambda: calls.append("b")), 3)
    assert times.shape == (2, 3) and calls == ["a", "b"] * 4


def test_the_direct_solver_finds_the_current_of_two_resistors_in_series():
    _, current = sparse_lu(np.array([[1e-4]]), np.array([0.1]), 1000.0)
    assert current == pytest.approx([0.1 / (1e4 + 2 * 1000)])


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"kinds": ("reads",)}, "did you mean 'read'"),
            ({"sizes": (0,)}, "size: 0 is not allowed; 1 to 16384"),
            ({"sizes": (20000,)}, "size: 20000"),
            ({"kinds": ("read", "wires"), "sizes": (4096,)}, "too large for wires.*memsim bench read"),
            ({"sizes": tuple(range(1, 20))}, "sizes: 19 are too many"),
            ({"batch": 0}, "batch: 0"),
            ({"repeats": 1000}, "repeats: 1000 is not allowed; 1 to 100"),
            ({"ratios": (float("nan"),)}, "ratio: nan"),
            ({"ratios": (0.5,)}, "ratio: 0.5"),
            ({"largest_direct": 100_000}, "largest-direct"),
        ],
    )
    def test_what_cannot_be_measured_is_refused(self, given, said):
        with pytest.raises(InputError, match=said):
            Options(**given)

    def test_a_card_that_is_not_there_is_refused(self, monkeypatch):
        monkeypatch.setattr("memsim.backends.cuda.problem", lambda: "there is no CUDA device")
        with pytest.raises(BackendError, match="there is no CUDA device"):
            Options(backend="cuda")

    def test_arrays_beyond_the_memory_are_refused(self, monkeypatch):
        monkeypatch.setattr("memsim.bench.dataset.memory", lambda: 1e6)
        with pytest.raises(InputError, match="size: 1024 needs about"):
            bench(Options(kinds=("normals",), sizes=(1024,)))

    def test_all_kinds_are_measured_by_default(self):
        assert Options().chosen == tuple(KINDS)


@pytest.mark.slow
class TestRoofline:
    def test_points_lie_where_the_dataset_says(self, dataset):
        figure = draw(dataset)
        (axes,) = figure.axes
        drawn = {(float(x), float(y)) for line in axes.lines for x, y in zip(*line.get_data(), strict=True)}
        for intensity, performance in zip(dataset.intensity.values, dataset.performance.values, strict=True):
            assert (float(intensity), float(performance)) in drawn

    def test_the_roof_bends_where_bandwidth_meets_the_product(self, dataset):
        roof = draw(dataset).axes[0].lines[0].get_xydata()
        bandwidth, highest = float(dataset.copy_bandwidth), float(dataset.product_performance)
        assert roof[1] == pytest.approx([highest / bandwidth, highest])
        assert roof[0, 1] == pytest.approx(roof[0, 0] * bandwidth) and roof[2, 1] == highest

    def test_it_needs_kernels(self, dataset):
        alone = dataset.isel(case=[0]).assign(performance=("case", [np.nan]))
        with pytest.raises(OutputError, match="memsim bench read"):
            draw(alone)

    def test_numbers_keep_their_distance(self):
        from memsim.plotting.figures.roofline import _APART, _spread

        apart = _spread(np.array([1.0, 1.0, 1.01, 3.0]))
        assert (np.diff(apart) >= _APART - 1e-12).all() and apart.mean() == pytest.approx(1.5025)


class TestCommand:
    def test_it_prints_medians_and_shares_and_writes_a_result_with_its_figure(self, cli):
        outcome = cli("bench", "normals", *SMALL, "-o", "b.nc")
        assert outcome.code == 0 and outcome.files == ["b.nc", "b.png"]
        assert all(text in outcome.out for text in ("share of copy", "normals", "NumPy", "Results", "Medians of 1"))

    def test_results_are_numbered_and_never_replaced_silently(self, cli):
        for _ in range(2):
            assert cli("bench", "normals", *SMALL, "--no-figure", "-q").code == 0
        outcome = cli("bench", "normals", *SMALL, "--no-figure", "-o", "results/bench.nc")
        assert "exists already" in outcome.refusal()
        assert outcome.files == ["results", "results/bench-2.nc", "results/bench.nc"]

    @pytest.mark.slow
    def test_a_stored_benchmark_is_shown_and_drawn_again(self, cli, result):
        assert "share of copy" in cli("show", result).out
        assert cli("plot", result, "-o", "again.pdf").files == ["again.pdf"]
        assert "needs a result of the task 'memorise'" in cli("plot", result, "-f", "noise", "-o", "n.png").refusal()

    @pytest.mark.slow
    def test_a_benchmark_is_no_experiment_to_run_or_compare(self, cli, result):
        assert "is a benchmark" in cli("run", result).refusal()
        assert "is a benchmark" in cli("compare", result, result).refusal()

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("red",), "did you mean 'read'"),
            (("--backend", "gpu"), "'gpu' is not one of"),
            (("--size", "0"), "size: 0 is not allowed"),
            (("run", "--experiment", "physical-1"), "physical-01"),
            (("-o", "x.txt"), "ends in .nc"),
        ],
    )
    def test_mistakes_end_in_one_line(self, cli, arguments, said):
        outcome = cli("bench", *arguments)
        assert said in outcome.refusal() and outcome.files == []

    @pytest.mark.slow
    def test_whole_processes_are_timed_beside_bare_imports(self, cli):
        outcome = cli("bench", "run", "--repeats", "1", "-o", "b.nc")
        assert outcome.code == 0 and outcome.files == ["b.nc"] and "times as long" in outcome.out
