"""Studies of published chips by counting events: their numbers, and which of them are evidence."""

from __future__ import annotations

import json
from collections import Counter

import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.studies.basis import CALIBRATED, PREDICTED
from memsim.studies.verdict import CONTRADICTS, REFUTED, REPRODUCES, VERDICTS

TEXT = """\
name: mine
title: A macro
quantities:
  lines: {experiment: hermes-01, variable: macro_power_part, at: {macro: One phase, part: control}}
  all: {experiment: hermes-01, variable: macro_operations, at: {macro: [One phase, One core]}, statistic: sum}
claims:
  - {name: power, text: power, where: a table, published: 6.473, unit: W, basis: calibrated, measured: lines}
  - {name: both, text: operations, where: a table, published: 1, basis: predicted, measured: all / 131072 / 65}
  - {name: open, text: operations again, where: a table, published: 1, measured: all / 131072 / 65}
"""


def by_basis(report) -> dict[str, Counter]:
    return {
        basis: Counter(f.verdict for f in report.findings if f.claim.basis == basis)
        for basis in (CALIBRATED, PREDICTED)
    }


def test_all_numbers_of_isaac_are_calibrated_and_come_out_within_a_percent():
    report = ms.verify("isaac")
    assert by_basis(report) == {CALIBRATED: {REPRODUCES: 21}, PREDICTED: {}}
    for finding in report.findings:
        assert finding.measured.value == pytest.approx(finding.claim.published, rel=0.01)
    texts = " ".join(finding.claim.text for finding in report.findings)
    assert texts.count("recalled") == 6


def test_hermes_predicts_one_core_alone_and_misses_it():
    report = ms.verify("hermes")
    assert by_basis(report) == {CALIBRATED: {REPRODUCES: 7}, PREDICTED: {REFUTED: 1}}
    for finding in report.findings[:4]:
        assert finding.measured.value == pytest.approx(finding.claim.published, rel=0.02)


def test_all_numbers_of_neurram_are_calibrated_and_most_come_out():
    report = ms.verify("neurram-energy")
    assert by_basis(report) == {CALIBRATED: {REPRODUCES: 31, REFUTED: 12, CONTRADICTS: 1}, PREDICTED: {}}
    (odd,) = [finding for finding in report.findings if finding.verdict == CONTRADICTS]
    assert odd.claim.name == "efficiency-8-6" and "interchanged" in odd.cause


def test_a_report_says_of_each_claim_whether_it_is_evidence(cli, study_file):
    file = study_file(text=TEXT)
    report = ms.verify(file)
    assert [finding.verdict for finding in report.findings] == [REPRODUCES] * 3
    assert report.by_basis == "calibrated: reproduces 1; predicted: reproduces 1"
    out = cli("verify", file).out
    assert "  Calibrated. +" in out and "  Predicted. +0.0 % off." in out
    assert "tests the structure of the model alone" in out.replace("\n  ", " ")
    text = report.to_markdown()
    assert "| basis | verdict |" in text and "| calibrated | reproduces |" in text and "|  | reproduces |" in text
    assert [claim["basis"] for claim in json.loads(report.to_json())["claims"]] == [CALIBRATED, PREDICTED, None]
    assert report.to_dataset().basis.values.tolist() == [CALIBRATED, PREDICTED, ""]


def test_a_report_without_bases_has_no_column_for_them(study_file):
    text = TEXT.replace("basis: calibrated, ", "").replace("basis: predicted, ", "")
    report = ms.verify(study_file(text=text))
    assert report.by_basis == report.bases == "" and "basis" not in report.to_markdown()


def test_another_basis_is_refused_with_the_allowed_ones(study_file):
    with pytest.raises(InputError, match=r"claims\.power\.basis is 'fitted'; allowed: .*calibrated, predicted"):
        ms.verify(study_file("basis: calibrated", "basis: fitted", TEXT))


def test_one_of_several_labels_that_does_not_exist_is_named(study_file):
    with pytest.raises(InputError, match=r"hermes-01 has no macro 'One cor'; did you mean 'One core'\?"):
        ms.verify(study_file("One core", "One cor", TEXT))


@pytest.mark.parametrize(
    "changes",
    [
        "{energy.components: ../secret.yaml}",
        "{energy: {components: /etc/passwd}}",
        "{macros.One phase.energy.components: genric}",
        "{sweep: {energy.components: [generic, ./own.yaml]}}",
    ],
)
def test_a_study_reads_no_component_tables_but_those_of_memsim(study_file, changes):
    with pytest.raises(InputError, match=r"component table '.*' is not allowed here; allowed are those of memsim"):
        ms.verify(study_file("part: control}", f"part: control}}, changes: {changes}", TEXT))


def test_verdicts_are_counted_in_their_order():
    text = ms.verify("neurram-energy").by_basis
    places = [text.index(f"{verdict} ") for verdict in VERDICTS if f"{verdict} " in text]
    assert places == sorted(places)
