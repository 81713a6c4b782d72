"""Claims against measurements: verdicts follow from numbers by rules, and nothing in a claims file can do harm."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError, MemsimError
from memsim.metrics.intervals import bootstrap, resampled_images, share_interval
from memsim.storage.library import find
from memsim.studies.claims import SHIPPED, QuantitySpec, load_claims, used_names
from memsim.studies.expression import Expression
from memsim.studies.finding import Finding
from memsim.studies.measure import Measurements
from memsim.studies.plan import Group, restrict
from memsim.studies.report import Report
from memsim.studies.runs import Run
from memsim.studies.text import Template, number
from memsim.studies.verdict import (
    CONTRADICTS,
    ONLY_GIVEN,
    REFUTED,
    REPRODUCES,
    UNDETERMINED,
    VERDICTS,
    Case,
    Measured,
    Spread,
    judge,
)

CLAIMS = """\
study: A small study
source: nobody
quantities:
  phys: {experiment: physical-01, learner: Hebbian Physical, changes: {data.samples: 3, data.shape: [8, 8]}}
  noisy: {experiment: physical-01, learner: Hebbian Physical, noise_level: 0.7, statistic: median,
    changes: {data.samples: 3, data.shape: [8, 8]}}
  spread: {experiment: physical-01, learner: Hebbian Physical, seed_spread: true,
    changes: {data.samples: 3, data.shape: [8, 8]}}
claims:
  - name: one
    text: SNR
    where: a table
    published: 1000
    measured: phys
    seeds: true
    cause: {refuted: "it is {measured:.1f}, {100 * spread:.1f} % over seeds"}
  - name: two
    text: fall of SNR with noise
    where: a figure
    published: 0
    relation: above
    unit: "%"
    measured: 100 * (noisy / phys - 1)
"""


def about(value: float, error: float = 0.0) -> Measured:
    return Measured(value, value - 2 * error, value + 2 * error, error)


def expression(text: str, **values: float) -> float:
    return float(Expression.parse(text).evaluate(values))


@pytest.fixture
def claims_file(tmp_path):
    """Write the small claims file with some text replaced."""

    def write(old: str = "", new: str = "", text: str = CLAIMS) -> Path:
        assert old in text
        file = tmp_path / "mine.yaml"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="module")
def report():
    return ms.verify()


@pytest.fixture(scope="module")
def master():
    return ms.run(ms.load_experiment("decomposition-01"))


@pytest.fixture(scope="module")
def small_report(tmp_path_factory):
    file = tmp_path_factory.mktemp("claims") / "mine.yaml"
    file.write_text(CLAIMS, encoding="utf-8")
    return ms.verify(file, seeds=3)


def measured(quantities, *texts, images=12):
    """Values (image, read) of the variables of a small result, and expressions of quantities of it."""
    draw = np.random.default_rng(8)
    values = {
        "snr": draw.lognormal(1.0, 0.5, (images, 3)),
        "correct": (draw.uniform(size=(images, 3)) < 0.95).astype(np.int8),
        "saturated_share": np.where(np.arange(images) < 1, 0.5, 0.0),
    }
    dims = ("learner", "image", "noise_type", "noise_level")
    arrays = {name: array[None, :, None] if array.ndim > 1 else array[None] for name, array in values.items()}
    dataset = xr.Dataset({name: (dims[: array.ndim], array) for name, array in arrays.items()}, {"learner": ["L"]})
    specs = {name: QuantitySpec(experiment="e", learner="L", **keys) for name, keys in quantities.items()}
    runs = {Group.of(spec): Run(Group.of(spec), (dataset,), (42,), "memorise", "", {}) for spec in specs.values()}
    measurements = Measurements(SimpleNamespace(spec=SimpleNamespace(quantities=specs)), runs)
    return values, [measurements.interval(Expression.parse(text)) for text in texts]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("measured", "verdict"),
        [(about(105), REPRODUCES), (about(95), REPRODUCES), (about(105.1), REFUTED), (about(-100), REFUTED)],
    )
    def test_five_percent_decide(self, measured, verdict):
        assert judge(Case(100, measured)) == verdict

    def test_a_published_number_inside_the_interval_reproduces(self):
        assert judge(Case(100, about(80, 11))) == REPRODUCES
        assert judge(Case(100, about(80, 9))) == REFUTED

    def test_percentages_have_one_point_of_tolerance(self):
        assert judge(Case(100, about(99), percent=True)) == REPRODUCES
        assert judge(Case(100, about(98.9), percent=True)) == REFUTED
        assert judge(Case(-10.4, about(-11.3), percent=True)) == REPRODUCES

    def test_an_inequality_holds_or_not(self):
        assert judge(Case(5, about(4.9), "below")) == REPRODUCES
        assert judge(Case(5, about(5.1), "below")) == REFUTED
        assert judge(Case(5, about(5.1), "above")) == REPRODUCES
        assert judge(Case(5, about(5.0), "above")) == REFUTED

    def test_other_published_numbers_come_first(self):
        assert judge(Case(-62, about(-62), percent=True, elsewhere=-38.25)) == CONTRADICTS
        assert judge(Case(133, about(133), elsewhere=133.7)) == REPRODUCES
        assert judge(Case(98, about(98), percent=True, elsewhere=100)) == CONTRADICTS
        assert judge(Case(133, about(133), elsewhere=math.nan)) == REPRODUCES

    def test_another_number_may_be_a_bound(self):
        assert judge(Case(0.375, about(0.375), elsewhere=0.443, elsewhere_relation="at least")) == CONTRADICTS
        assert judge(Case(0.5, about(0.5), elsewhere=0.443, elsewhere_relation="at least")) == REPRODUCES
        assert judge(Case(0.5, about(0.5), elsewhere=0.443, elsewhere_relation="at most")) == CONTRADICTS

    @pytest.mark.parametrize(("sd", "verdict"), [(49, REPRODUCES), (51, UNDETERMINED), (math.nan, UNDETERMINED)])
    def test_a_spread_over_seeds_of_half_the_mean_decides_nothing(self, sd, verdict):
        assert judge(Case(100, about(100), spread=Spread(-100, sd, -200, 100))) == verdict

    def test_neither_does_a_standard_error_over_images_of_half_the_number(self):
        assert judge(Case(1e9, about(100, 51))) == UNDETERMINED
        assert judge(Case(1e9, about(100, 49))) == REFUTED
        assert judge(Case(100, Measured(100, math.nan, math.nan, math.nan))) == REPRODUCES

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_no_number_decides_nothing(self, value):
        assert judge(Case(100, about(value))) == UNDETERMINED

    def test_a_claim_about_another_task_stays_open(self):
        assert judge(Case(85, about(100), "above", same_task=False)) == UNDETERMINED

    def test_a_second_measurement_that_fails_names_the_condition(self):
        assert judge(Case(38, about(38), percent=True, given=about(100))) == ONLY_GIVEN
        assert judge(Case(38, about(38), percent=True, given=about(38.5))) == REPRODUCES
        assert judge(Case(38, about(60), percent=True, given=about(38))) == REFUTED


class TestExpressions:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("100 * (169.30 / 274.17 - 1)", 100 * (169.30 / 274.17 - 1)),
            ("-2 ** 2", -4.0),
            ("2 ** -1 + +1", 1.5),
            ("sqrt(abs(-9)) + min(1, 2, -3) + max(4, 5)", 3 - 3 + 5),
            ("rank(5, 9, 5, 1)", 2.0),
            ("a * a - b", 5.0),
            ("1e3 + 1_0", 1010.0),
        ],
    )
    def test_arithmetic_is_that_of_python(self, text, value):
        assert expression(text, a=3, b=4) == pytest.approx(value)

    def test_they_work_on_arrays_and_division_by_zero_gives_no_number(self):
        values = Expression.parse("a / b").evaluate({"a": np.array([1.0, -1.0, 0.0]), "b": np.zeros(3)})
        assert values[0] == np.inf and values[1] == -np.inf and np.isnan(values[2])
        assert math.isnan(expression("sqrt(-1)"))

    @pytest.mark.parametrize(
        "text",
        [
            "__import__('os').system('true')",
            "().__class__",
            "a.real",
            "a[0]",
            "[a]",
            "lambda: 1",
            "a if a else a",
            "a < 1",
            "a and a",
            "not a",
            "~1",
            "a // 2",
            "a % 2",
            "a @ a",
            "a := 1",
            "a, a",
            "'a'",
            "f'{a}'",
            "1j",
            "True",
            "None",
            "...",
            "abs",
            "open(1)",
            "abs(a)(a)",
            "abs(1, 2)",
            "abs()",
            "abs(x=1)",
            "min(*a)",
            "max(1)",
            "2 ** 9",
            "2 ** a",
            "2 ** 2 ** 2",
            "9 ** (9)  ** 9",
            "1e31",
            "9" * 300,
            "1" + "+1" * 300,
            "-" * 60 + "1",
            "(" * 390,
            "a\nb",
            "a\x00",
            "ａ",
            "a b",
            "1 +",
            "",
            " ",
            "a; a",
            "yield",
        ],
    )
    def test_anything_else_is_refused_in_one_line(self, text):
        with pytest.raises(InputError) as caught:
            Expression.parse(text)
        assert len(str(caught.value).splitlines()) == 1 and len(str(caught.value)) < 200

    def test_parentheses_alone_do_not_make_it_deep(self):
        assert expression("(" * 190 + "1" + ")" * 190) == 1

    def test_an_unknown_function_gets_its_nearest(self):
        with pytest.raises(InputError, match="unknown function 'sqr'; did you mean 'sqrt'"):
            Expression.parse("sqr(2)")


class TestTexts:
    def test_places_are_filled_with_expressions(self):
        text = Template.parse("it is {100 * (a / b - 1):+.1f} %, or {a:.2g}")
        assert text.names == {"a", "b"}
        assert text.fill({"a": 3e9, "b": 2e9}) == "it is +50.0 %, or 3e9"

    @pytest.mark.parametrize("text", ["{a}", "{a:}", "{a:d}", "{a:.2f", "a}", "{a!r:.2f}", "{a:99999.2f}", "{{a:.1f}}"])
    def test_other_places_are_refused(self, text):
        with pytest.raises(InputError):
            Template.parse(text)

    def test_a_long_or_missing_number_stays_short(self):
        text = Template.parse("{a:.2f}")
        assert text.fill({"a": 1.234e20}) == "1.234e20" and text.fill({"a": math.nan}) == "undefined"
        assert text.fill({"a": -math.inf}) == "-infinite"

    @pytest.mark.parametrize(
        ("value", "text"),
        [(2399.01, "2399"), (-15574.2, "-15574"), (3.2e9, "3.2e9"), (2.6e-7, "2.6e-7"), (0.0, "0"), (173.02, "173")],
    )
    def test_numbers_have_four_digits(self, value, text):
        assert number(value) == text


class TestClaimsFile:
    def test_the_shipped_claims_load_and_explain_only_verdicts_that_exist(self):
        study = load_claims()
        assert len(study.spec.claims) > 50
        assert all(set(claim.cause) <= set(VERDICTS) for claim in study.spec.claims)

    def test_every_shipped_quantity_is_used(self):
        spec = load_claims().spec
        assert set(spec.quantities) == {name for claim in spec.claims for name in used_names(claim)}

    def test_no_shipped_claim_carries_a_verdict_without_numbers(self):
        for claim in load_claims().spec.claims:
            assert Expression.parse(claim.measured).names, claim.name

    def test_the_published_numbers_are_those_of_the_experiments(self):
        published = ms.load_experiment("decomposition-01").spec.published
        claims = {(claim.where, claim.text): claim.published for claim in load_claims().spec.claims}
        for learner, value in published["snr"].items():
            assert claims["Master table: SNR", learner] == value
        for learner, value in published["correct"].items():
            assert claims["Master table: accuracy", learner] == 100 * value

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("measured: phys", "measured: phy", "mine.yaml:14: claims.one.measured: unknown quantity 'phy'"),
            ("measured: phys", "measured: phys.x", "mine.yaml:14: claims.one.measured: 'phys.x': only numbers, names"),
            ("published: 1000", "published: many", "mine.yaml:13: claims.one.published must be a number, not 'many'"),
            ("published: 1000", "publishd: 1000", "did you mean 'published'?"),
            ("unit: \"%\"", "unit: percent", "mine.yaml:22: claims.two.unit"),
            ("cause: {refuted", "cause: {refutd", "unknown key 'refutd' in claims.one.cause; did you mean 'refuted'?"),
            ("{measured:.1f}", "{mesured:.1f}", "unknown quantity 'mesured'; did you mean 'measured'?"),
            ("{measured:.1f}", "{measured}", "a place in a text is written"),
            ("name: two", "name: one", "two claims are called 'one'"),
            ("  phys:", "  measured:", "'measured' has a meaning of its own"),
            ("noise_level: 0.7", "variable: snrr", "mine.yaml:5: quantities.noisy.variable: 'snrr' is no variable"),
            ("noise_level: 0.7", "variable: snr_mean", "'snr_mean' is no variable with a value an image"),
            ("noise_level: 0.7", "noise_level: 0.7, variable: weight_mean", "'weight_mean' does not depend on noise"),
            ("noise_level: 0.7", "noise_level: 0.71", "mine.yaml:5: physical-01 has no noise_level '0.71'"),
            ("noise_level: 0.7", "noise_type: fog", "physical-01 has no noise_type 'fog'; allowed: gaussian"),
            ("learner: Hebbian Physical", "learner: Hebbian Tight", "mine.yaml:4: physical-01 has no learner"),
            ("physical-01", "physical-1", "mine.yaml:4: unknown experiment 'physical-1'; did you mean 'physical-01'?"),
            ("physical-01", "/etc/passwd", "unknown experiment '/etc/passwd'"),
            ("physical-01", "../../up.yaml", "experiment '../../up.yaml' lies outside the folder of the claims file"),
            ("data.samples: 3", "data.sampels: 3", "mine.yaml:4: changes data.sampels"),
            ("data.samples: 3", "data.source: /etc", "source '/etc' is not allowed here"),
            ("data.samples: 3", "data: {source: /etc}", "source '/etc' is not allowed here"),
            ("data.samples: 3", "array.device: /etc/passwd", "device '/etc/passwd' is not allowed here"),
            ("data.samples: 3", "sweep: {array.device: [/etc/passwd]}", "device '/etc/passwd' is not allowed here"),
            (
                "data.samples: 3",
                "learners: [{name: Hebbian Physical, array: {device: ./cell.yaml}}]",
                "device './cell.yaml' is not allowed here",
            ),
            ("study: A small study", "study: !!python/object:os.system x", "mine.yaml:1: tags"),
        ],
    )  # fmt: skip
    def test_mistakes_are_named_with_their_line(self, claims_file, old, new, says):
        with pytest.raises(InputError) as caught:
            ms.verify(claims_file(old, new), seeds=2)
        assert says in str(caught.value) and len(str(caught.value).splitlines()) == 1

    def test_an_experiment_may_lie_beside_the_claims(self, claims_file, tmp_path):
        text = find("experiments", "physical-01").read_text().replace("samples: 50", "samples: 2")
        (tmp_path / "own.yaml").write_text(text.replace("[64, 64]", "[8, 8]"))
        file = claims_file(
            "physical-01", "own.yaml", CLAIMS.replace(", changes: {data.samples: 3, data.shape: [8, 8]}", "")
        )
        assert ms.verify(file, seeds=2).sources[0].images.startswith("2 synthetic")

    def test_the_file_is_part_of_the_package(self):
        assert SHIPPED.parent == Path(ms.__file__).parent / "studies" and SHIPPED.is_file()


class TestMeasuring:
    def test_numbers_intervals_and_seeds_are_those_of_runs(self, small_report):
        base = ms.load_experiment("physical-01").replace({"data.samples": 3, "data.shape": [8, 8]})
        runs = [ms.run(base.replace(seed=seed)) for seed in (42, 43, 44)]
        means = np.array([float(ds.snr.mean()) for ds in runs])
        found = small_report.findings[0]
        assert found.measured.value == pytest.approx(means[0], rel=1e-12)
        assert (found.measured.low, found.measured.high) == pytest.approx(runs[0].snr_interval.values[0], rel=1e-9)
        assert found.spread.mean == pytest.approx(means.mean()) and found.spread.sd == pytest.approx(means.std(ddof=1))
        assert (found.spread.smallest, found.spread.largest) == pytest.approx((means.min(), means.max()))
        assert found.cause == f"it is {means[0]:.1f}, {100 * means.std(ddof=1) / means.mean():.1f} % over seeds"

    def test_the_interval_of_an_expression_is_that_of_paired_resamples(self, small_report):
        base = ms.load_experiment("physical-01").replace({"data.samples": 3, "data.shape": [8, 8]})
        snr = ms.run(base).snr.values[0, :, 0]
        drawn = np.concatenate(list(resampled_images(3, 42)))
        ratio = 100 * (np.median(snr[drawn][:, :, -1], axis=1) / snr[drawn].mean(axis=(1, 2)) - 1)
        found = small_report.findings[1].measured
        assert (found.low, found.high) == pytest.approx(np.percentile(ratio, [2.5, 97.5]))
        assert found.error == pytest.approx(ratio.std())

    def test_intervals_of_means_are_those_of_a_run_also_of_many_images(self):
        values, intervals = measured({"snr": {}}, "snr", "100 * (snr / 2 - 1)")
        low, high = map(float, bootstrap(values["snr"].mean(axis=1), 42)[1:])
        assert (intervals[0].low, intervals[0].high) == pytest.approx((low, high), rel=1e-9)
        assert intervals[0].method == "mean"
        assert (intervals[1].low, intervals[1].high) == pytest.approx((50 * low - 100, 50 * high - 100), rel=1e-6)

    def test_the_interval_of_a_share_stays_between_0_and_100_percent(self):
        values, (found, gap) = measured({"right": {"variable": "correct"}}, "100 * right", "100 * (1 - right)")
        low, high = map(float, share_interval(values["correct"].mean(axis=1))[1:])
        assert (found.low, found.high) == pytest.approx((100 * low, 100 * high)) and found.method == "share"
        assert (gap.low, gap.high) == pytest.approx((100 - 100 * high, 100 - 100 * low))
        _, (whole,) = measured({"at_bound": {"variable": "saturated_share"}}, "100 * at_bound")
        assert 0 == whole.low < whole.value < whole.high and whole.method == "mean"

    def test_medians_ranks_and_extremes_have_percentiles_that_a_footnote_explains(self):
        quantities = {"mean": {}, "middle": {"statistic": "median"}, "least": {"statistic": "min"}}
        texts = ("middle", "middle / mean", "rank(mean, middle)", "least", "0 * mean")
        _, intervals = measured(quantities, *texts)
        assert [one.method for one in intervals[:2]] == ["percentile", "percentile"]
        assert intervals[3].method == "extreme"
        assert (intervals[4].low, intervals[4].high, intervals[4].method) == (0, 0, "")
        assert all(one.images == 12 for one in intervals)
        claims = [SimpleNamespace(unit="") for _ in intervals]
        report = Report("", "", tuple(map(Finding, claims, intervals, ["refuted"] * 5, [""] * 5)), (), (), {})
        assert report.findings[0].interval.endswith("*") and report.findings[3].interval.endswith("**")
        assert report.findings[4].interval == "0"
        assert [note.split()[0] for note in report.footnotes] == ["*", "**"]
        assert "93 % with 12 images" in report.footnotes[0]

    def test_one_image_has_no_interval(self):
        _, intervals = measured({"snr": {}, "right": {"variable": "correct"}}, "snr", "100 * right", images=1)
        assert all(math.isnan(one.low) and math.isnan(one.high) and math.isfinite(one.value) for one in intervals)

    def test_an_experiment_restricted_to_some_learners_gives_the_same_numbers(self):
        small = {"data.samples": 2, "data.shape": [8, 8]}
        for name, labels in (
            ("lambda-01", ["CNN Margin, lambda 20", "CNN Margin, lambda 0.1"]),
            ("rule-01", ["Hebbian Physical", "SGD, rate 0.01"]),
            ("decomposition-01", ["Hebbian Tight", "CNN Margin-10"]),
        ):
            whole = ms.load_experiment(name).replace(small)
            part = ms.run(restrict(whole, labels))
            assert set(labels) <= set(part.learner.values.tolist()) and part.sizes["learner"] <= len(labels) + 1
            full = ms.run(whole).sel(learner=part.learner)
            np.testing.assert_allclose(part.output_target, full.output_target, rtol=1e-9)
            np.testing.assert_allclose(part.output_control, full.output_control, rtol=1e-9)

    @pytest.mark.slow
    def test_a_result_takes_the_place_of_its_experiment_and_says_what_was_changed(self, claims_file, tmp_path):
        small = {"data.samples": 3, "data.shape": [8, 8]}
        text = CLAIMS.replace("changes: {data.samples: 3, data.shape: [8, 8]}", "changes: {}")
        file = claims_file(text=text)
        stored = ms.save(
            ms.run(ms.load_experiment("physical-01").replace({**small, "learning.rate": 0.1})), tmp_path / "a.nc"
        )
        report = ms.verify(file, results=[stored], seeds=2)
        found = report.findings[0]
        assert found.measured.value == pytest.approx(float(xr.load_dataset(stored).snr.mean()), rel=1e-12)
        assert f"Loaded: physical-01 from {stored}; changed settings: data.samples=3" in "\n".join(report.notes)
        assert "learning.rate=0.1" in report.notes[1]
        assert found.verdict == REFUTED and found.cause.endswith("% off"), "a written cause is that of the experiment"

    def test_results_that_no_claim_needs_or_that_come_twice_are_refused(self, claims_file, whole_result, tmp_path):
        with pytest.raises(InputError, match="no claim needs a result of 'physical-01'"):
            ms.verify(claims_file(), results=[whole_result], seeds=2)
        with pytest.raises(InputError, match="give one"):
            ms.verify(results=[whole_result, whole_result], seeds=2)

    def test_seeds_of_other_images_than_the_result_are_refused(self, claims_file, whole_result, tmp_path):
        text = CLAIMS.replace("changes: {data.samples: 3, data.shape: [8, 8]}", "changes: {}")
        np.save(tmp_path / "images.npy", np.random.default_rng(0).random((2, 8, 8)))
        with pytest.raises(MemsimError, match="not the images of the earlier run"):
            ms.verify(claims_file(text=text), results=[whole_result], data=tmp_path / "images.npy", seeds=2)

    @pytest.mark.parametrize("seeds", [0, 1, -3, 1001, 2.0, True])
    def test_the_number_of_seeds_is_bounded(self, seeds):
        with pytest.raises(InputError, match="not a whole number from 2 to 1000"):
            ms.verify(seeds=seeds)

    def test_progress_counts_every_run(self, claims_file):
        calls: list[tuple[str, int, int]] = []
        ms.verify(claims_file(), seeds=3, progress=lambda *call: calls.append(call))
        assert [done for _, done, _ in calls] == [0, 1, 2, 3] and calls[-1][2] == 3
        assert calls[0][0] == "physical-01, data.samples=3, data.shape=[8, 8]"


class TestReports:
    def test_json_has_every_number_and_null_for_what_does_not_exist(self, small_report):
        content = json.loads(small_report.to_json(), parse_constant=pytest.fail)
        one, two = content["claims"]
        assert one["verdict"] == REFUTED and one["seeds"]["sd"] > 0 and one["published"] == 1000
        assert two["given"] is None and two["seeds"] is None and two["condition"] is None
        assert content["verdicts"] == small_report.counts and len(content["rules"]) == 6

    def test_markdown_has_a_table_for_each_place_and_the_rules(self, small_report):
        text = small_report.to_markdown()
        assert "## a table" in text and "## a figure" in text and "## Rules" in text
        assert text.count("| SNR | 1000 |") == 1 and "3. only given CONDITION" in text

    def test_markdown_shows_text_as_it_is(self, claims_file):
        text = ms.verify(claims_file("text: SNR", "text: '|x|* <b>_y_[z](http://w)'"), seeds=2).to_markdown()
        assert r"| \|x\|\* \<b\>\_y\_\[z\](http://w) |" in text

    def test_the_dataset_survives_a_file(self, small_report, tmp_path):
        dataset = small_report.to_dataset()
        dataset.to_netcdf(tmp_path / "r.nc")
        with xr.open_dataset(tmp_path / "r.nc") as back:
            xr.testing.assert_identical(back.load().drop_encoding(), dataset)
        assert dataset.sizes == {"claim": 2, "interval": 2}
        assert dataset.sel(claim="one").verdict.item() == REFUTED
        assert "contradicts itself" in dataset.attrs["rules"] and dataset.attrs["memsim_version"]

    def test_the_table_shows_numbers_verdict_and_cause(self, cli, claims_file, monkeypatch):
        for columns in ("80", "120"):
            monkeypatch.setenv("COLUMNS", columns)
            outcome = cli("verify", "--claims", claims_file(), "--seeds", 3)
            assert outcome.code == 0 and outcome.err == "" and outcome.files == ["mine.yaml"]
            lines = outcome.out.splitlines()
            row = next(i for i, line in enumerate(lines) if line.startswith("SNR "))
            assert "1000" in lines[row] and lines[row].split()[-1] == "refuted"
            assert lines[row + 1].startswith("  It is ") and lines[row + 1].endswith("% over seeds.")
            assert "2 claims: " in outcome.out and "5. refuted: otherwise." in outcome.out
            assert max(map(len, lines)) <= int(columns)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("options", "file"),
        [
            (["-o", "r.json"], "r.json"),
            (["-o", "r.md"], "r.md"),
            (["-o", "r.nc"], "r.nc"),
            (["--format", "nc", "-o", "r"], "r.nc"),
            (["--format", "nc"], "results/verify.nc"),
        ],
    )
    def test_every_format_is_written_under_its_name(self, cli, claims_file, tmp_path, options, file):
        outcome = cli("verify", "--claims", claims_file(), "--seeds", 2, "-q", *options)
        assert outcome.out == f"{file}\n" and file in outcome.files
        start = (tmp_path / file).read_bytes()[:4]
        assert start == {"json": b'{\n "', "md": b"# A ", "nc": b"\x89HDF"}[file.rpartition(".")[2]]

    def test_json_and_markdown_go_to_the_terminal_without_a_file(self, cli, claims_file):
        file = claims_file()
        assert json.loads(cli("verify", "--claims", file, "--seeds", 2, "--format", "json").out)["claims"]
        assert cli("verify", "--claims", file, "--seeds", 2, "--format", "md").out.startswith("# A small study\n")
        assert cli("verify", "--claims", file, "--seeds", 2, "-q").out.startswith("2 claims: ")

    def test_a_table_names_the_file_beside_it(self, cli, claims_file):
        outcome = cli("verify", "--claims", claims_file(), "--seeds", 2, "-o", "r.md")
        assert outcome.out.endswith("Report   r.md\n") and "a figure" in outcome.out

    def test_the_help_fits_80_columns(self, cli, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        outcome = cli("verify", "--help")
        assert outcome.code == 0 and max(map(len, outcome.out.splitlines())) <= 80

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (["-o", "r.txt"], "give a name that ends in .md, .json, .nc"),
            (["-o", "r.md", "--format", "json"], "the ending is not that of --format json"),
            (["-o", "there.md"], "exists already; use --force"),
            (["-o", "nowhere/r.md"], "no such folder"),
            (["-o", ".", "--format", "md"], "is a folder"),
            (["--force"], "--force replaces the file that -o names"),
            (["--seeds", "1"], "not in the range"),
            (["--claims", "nope.yaml"], "nope.yaml: no such file"),
            (["--results", "nope.nc"], "nope.nc: no such file"),
            (["--data", "nope"], "nope: no such file or folder"),
        ],
    )
    def test_wrong_options_are_refused_in_one_line(self, cli, tmp_path, options, says):
        (tmp_path / "there.md").write_text("precious")
        assert says in cli("verify", *options).refusal()
        assert (tmp_path / "there.md").read_text() == "precious"


@pytest.mark.slow
class TestTheStudy:
    def test_each_verdict_follows_from_numbers_measured_on_their_own(self, report, master):
        found = {finding.claim.name: finding for finding in report.findings}
        for learner, name in (("Unconstrained", "unconstrained"), ("Physical", "physical"), ("Tight", "tight")):
            part = master.sel(learner=f"Hebbian {learner}")
            row = found[f"snr-hebbian-{name}"]
            assert row.measured.value == pytest.approx(float(part.snr_mean), rel=1e-9)
            assert (row.measured.low, row.measured.high) == pytest.approx(part.snr_interval.values, rel=1e-9)
            assert row.verdict in (REPRODUCES, ONLY_GIVEN)
            assert found[f"accuracy-hebbian-{name}"].measured.value == 100
        sgd = master.sel(learner="SGD Unconstrained")
        stable = ms.run(ms.load_experiment("sgd-stable-01"))
        assert found["snr-sgd"].given.value == pytest.approx(float(stable.snr_mean[0]), rel=1e-9)
        assert found["accuracy-sgd"].measured.value == pytest.approx(100 * float(sgd.correct.mean()))
        assert {found[name].verdict for name in ("snr-sgd", "accuracy-sgd", "factor-rule")} == {ONLY_GIVEN}
        assert abs(float(stable.snr_mean[0]) - 2.05) > 0.05 * 2.05

    def test_numbers_that_move_with_the_seed_decide_nothing(self, report):
        for finding in report.findings:
            if finding.spread is not None and finding.spread.sd > abs(finding.spread.mean) / 2:
                assert finding.verdict in (UNDETERMINED, CONTRADICTS), finding.claim.name
        found = {finding.claim.name: finding.verdict for finding in report.findings}
        for name in ("snr-cnn-margin-10", "snr-cnn-margin-1", "snr-cnn-standard", "factor-loss"):
            assert found[name] == UNDETERMINED

    def test_the_studys_contradictions_are_found(self, report):
        found = {finding.claim.name for finding in report.findings if finding.verdict == CONTRADICTS}
        assert found == {
            "accuracy-50-cnn-standard",
            "accuracy-50-sgd",
            "accuracy-50-stated",
            "accuracy-stated",
            "weight-mean-unconstrained",
            "weight-min-unconstrained",
            "lambda-linear",
            "constraints",
            "linear-degradation",
        }

    def test_the_linear_network_errs_where_its_step_is_past_the_limit(self, master):
        part = master.sel(learner="SGD Unconstrained")
        clear = np.abs(part.step_size - 2) > 0.01
        assert (part.correct.where(clear, drop=True) == (part.step_size < 2).where(clear, drop=True)).all()

    def test_every_cause_is_one_filled_line(self, report):
        for finding in report.findings:
            assert finding.cause.isprintable() and not set(finding.cause) & set("{}"), finding.claim.name
            assert "undefined" not in finding.cause and len(finding.cause) < 400
