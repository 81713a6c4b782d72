"""Verdicts of the studies of programming and drift, where numbers are far from the limits of their rules."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import memsim as ms
from memsim.studies.verdict import CONTRADICTS, ONLY_GIVEN, REFUTED, REPRODUCES, UNDETERMINED

pytestmark = pytest.mark.slow
GUIDE = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")
COLUMNS = (REPRODUCES, ONLY_GIVEN, UNDETERMINED, REFUTED, CONTRADICTS)


def verdicts(report):
    return {finding.claim.name: finding.verdict for finding in report.findings}


def counts_of_the_guide(name):
    (row,) = re.findall(rf"^\| `{name}` \|(.*)\|$", GUIDE, re.MULTILINE)
    claims, *counts = (int(cell) for cell in row.split("|")[: 1 + len(COLUMNS)])
    assert claims == sum(counts)
    return counts


def test_products_of_drifting_cells_follow_the_equations():
    by_claim = verdicts(ms.verify("pcm-drift"))
    assert set(by_claim.values()) == {REPRODUCES}
    assert counts_of_the_guide("pcm-drift") == [len(by_claim), 0, 0, 0, 0]


def test_fixed_and_rising_pulses_are_as_many_as_published_and_those_of_radar_are_not():
    by_claim = verdicts(ms.verify("radar2021"))
    agree = {"fppv-mean", "fppv-95", "fppv-success", "ispp-mean", "ispp-median", "ispp-95", "ispp-success"}
    agree |= {"radar-success", "ispp3-mean"}
    differ = {"radar-mean", "radar-median", "radar-95", "radar3-mean", "fppv3-mean", "fppv3-95"}
    assert {name for name in agree | differ if by_claim[name] == REPRODUCES} == agree
    assert {by_claim[name] for name in differ} == {REFUTED}
    assert len(by_claim) - len(agree | differ) == 4  # near the limits of their rules
    assert sum(counts_of_the_guide("radar2021")) == len(by_claim)


def test_neurram_agrees_only_given_what_is_assumed():
    by_claim = verdicts(ms.verify("neurram-programming"))
    assert by_claim == {"pulses": ONLY_GIVEN, "success": REFUTED, "narrowing": REFUTED, "spread": ONLY_GIVEN}
    counts = Counter(by_claim.values())
    assert counts_of_the_guide("neurram-programming") == [counts[verdict] for verdict in COLUMNS]
