"""The study that memsim rebuilds: each verdict follows from numbers that are measured on their own."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.studies.verdict import CONTRADICTS, ONLY_GIVEN, REPRODUCES, UNDETERMINED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report():
    return ms.verify("akbay2025")


@pytest.fixture(scope="module")
def master():
    return ms.run(ms.load_experiment("decomposition-01"))


def test_each_verdict_follows_from_numbers_measured_on_their_own(report, master):
    findings = {finding.claim.name: finding for finding in report.findings}
    for learner, name in (("Unconstrained", "unconstrained"), ("Physical", "physical"), ("Tight", "tight")):
        part = master.sel(learner=f"Hebbian {learner}")
        row = findings[f"snr-hebbian-{name}"]
        assert row.measured.value == pytest.approx(float(part.snr_mean), rel=1e-9)
        assert (row.measured.low, row.measured.high) == pytest.approx(part.snr_interval.values, rel=1e-9)
        assert row.verdict in (REPRODUCES, ONLY_GIVEN)
        assert findings[f"accuracy-hebbian-{name}"].measured.value == 100
    sgd = master.sel(learner="SGD Unconstrained")
    stable = ms.run(ms.load_experiment("sgd-stable-01"))
    assert findings["snr-sgd"].without.value == pytest.approx(float(stable.snr_mean[0]), rel=1e-9)
    assert findings["accuracy-sgd"].measured.value == pytest.approx(100 * float(sgd.correct.mean()))
    assert {findings[name].verdict for name in ("snr-sgd", "accuracy-sgd", "factor-rule")} == {ONLY_GIVEN}
    assert abs(float(stable.snr_mean[0]) - 2.05) > 0.05 * 2.05


def test_numbers_that_move_with_the_seed_decide_nothing(report):
    for finding in report.findings:
        if finding.spread is not None and finding.spread.sd > abs(finding.spread.mean) / 2:
            assert finding.verdict in (UNDETERMINED, CONTRADICTS), finding.claim.name
    by_claim = {finding.claim.name: finding.verdict for finding in report.findings}
    for name in ("snr-cnn-margin-10", "snr-cnn-margin-1", "snr-cnn-standard", "factor-loss"):
        assert by_claim[name] == UNDETERMINED


def test_the_studys_contradictions_are_found(report):
    contradicting = {finding.claim.name for finding in report.findings if finding.verdict == CONTRADICTS}
    assert contradicting == {
        "accuracy-50-cnn-standard",
        "accuracy-50-sgd",
        "accuracy-50-stated",
        "accuracy-stated",
        "weight-mean-unconstrained",
        "weight-min-unconstrained",
        "lambda-linear",
        "constraints",
        "linear-degradation",
        "framework-margin-accuracy",
        "framework-baseline-accuracy",
        "framework-linear",
    }


def test_the_linear_network_errs_where_its_step_is_past_the_limit(master):
    part = master.sel(learner="SGD Unconstrained")
    clear = np.abs(part.step_size - 2) > 0.01
    assert (part.correct.where(clear, drop=True) == (part.step_size < 2).where(clear, drop=True)).all()


def test_every_cause_is_one_filled_line(report):
    for finding in report.findings:
        assert finding.cause.isprintable() and not set(finding.cause) & set("{}"), finding.claim.name
        assert "undefined" not in finding.cause and len(finding.cause) < 400


def test_the_checklist_is_decided_on_a_data_set_with_classes(report):
    """Its numbers are means over repeats of the experiment, by both definitions of SNR."""
    findings = {finding.claim.name: finding for finding in report.findings}
    result = ms.run(ms.load_experiment("checklist-01"))
    margin, entropy = (result.sel(learner=name) for name in ("Log margin, lambda 10", "Cross-entropy"))
    for name, number in {
        "checklist-margin-snr": margin.test_snr.mean(),
        "checklist-margin-lead": margin.test_lead.mean(),
        "checklist-baseline-snr": entropy.test_snr.mean(),
        "checklist-margin-accuracy": 100 * margin.noisy_accuracy.sel(noise_level=0.5).mean(),
        "framework-equal-accuracy": 100 * (margin.test_accuracy.mean() - entropy.test_accuracy.mean()),
    }.items():
        assert findings[name].measured.value == pytest.approx(float(number), rel=1e-6)
    decided = [finding.verdict for name, finding in findings.items() if name.startswith(("checklist-", "framework-"))]
    assert len(decided) == 24 and UNDETERMINED not in decided


def test_images_with_labels_go_to_experiments_with_classes(tmp_path):
    """A study without classes refuses them; `memsim.studies.runs` says why."""
    folder = tmp_path / "labelled"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
    with pytest.raises(InputError, match=r"no experiment of .* has images with labels"):
        ms.verify("radar2021", data=folder)
