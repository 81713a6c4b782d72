"""Verdicts follow from numbers by rules."""

from __future__ import annotations

import math

import pytest

from memsim.studies.verdict import (
    CONTRADICTS,
    ONLY_GIVEN,
    REFUTED,
    REPRODUCES,
    UNDETERMINED,
    Case,
    Measured,
    Spread,
    judge,
    tolerances,
)


def about(value: float, error: float = 0.0) -> Measured:
    return Measured(value, value - 2 * error, value + 2 * error, error)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(about(105), REPRODUCES), (about(95), REPRODUCES), (about(105.1), REFUTED), (about(-100), REFUTED)],
)
def test_five_percent_decide(measured, verdict):
    assert judge(Case(100, measured)) == verdict


def test_a_published_number_inside_the_interval_reproduces():
    assert judge(Case(100, about(80, 11))) == REPRODUCES
    assert judge(Case(100, about(80, 9))) == REFUTED


def test_percentages_have_one_point_of_tolerance():
    assert judge(Case(100, about(99), percent=True)) == REPRODUCES
    assert judge(Case(100, about(98.9), percent=True)) == REFUTED
    assert judge(Case(-10.4, about(-11.3), percent=True)) == REPRODUCES


def test_an_inequality_holds_or_not():
    assert judge(Case(5, about(4.9), "below")) == REPRODUCES
    assert judge(Case(5, about(5.1), "below")) == REFUTED
    assert judge(Case(5, about(5.1), "above")) == REPRODUCES
    assert judge(Case(5, about(5.0), "above")) == REFUTED


def test_other_published_numbers_come_first():
    assert judge(Case(-62, about(-62), percent=True, elsewhere=-38.25)) == CONTRADICTS
    assert judge(Case(133, about(133), elsewhere=133.7)) == REPRODUCES
    assert judge(Case(98, about(98), percent=True, elsewhere=100)) == CONTRADICTS
    assert judge(Case(133, about(133), elsewhere=math.nan)) == REPRODUCES


def test_another_number_may_be_a_bound():
    assert judge(Case(0.375, about(0.375), elsewhere=0.443, elsewhere_relation="at least")) == CONTRADICTS
    assert judge(Case(0.5, about(0.5), elsewhere=0.443, elsewhere_relation="at least")) == REPRODUCES
    assert judge(Case(0.5, about(0.5), elsewhere=0.443, elsewhere_relation="at most")) == CONTRADICTS


@pytest.mark.parametrize(("sd", "verdict"), [(49, REPRODUCES), (51, UNDETERMINED), (math.nan, UNDETERMINED)])
def test_a_spread_over_seeds_of_half_the_mean_decides_nothing(sd, verdict):
    assert judge(Case(100, about(100), spread=Spread(-100, sd, -200, 100))) == verdict


def test_neither_does_a_standard_error_over_images_of_half_the_number():
    assert judge(Case(1e9, about(100, 51))) == UNDETERMINED
    assert judge(Case(1e9, about(100, 49))) == REFUTED
    assert judge(Case(100, Measured(100, math.nan, math.nan, math.nan))) == REPRODUCES


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_decides_nothing(value):
    assert judge(Case(100, about(value))) == UNDETERMINED


def test_a_claim_about_another_task_stays_open():
    assert judge(Case(85, about(100), "above", same_task=False)) == UNDETERMINED


def test_a_second_measurement_that_fails_names_the_condition():
    assert judge(Case(38, about(38), percent=True, without=about(100))) == ONLY_GIVEN
    assert judge(Case(38, about(38), percent=True, without=about(38.5))) == REPRODUCES
    assert judge(Case(38, about(60), percent=True, without=about(38))) == REFUTED


def test_each_rule_has_its_tolerance():
    for rule, inside, outside in (("tight", 103, 103.1), ("close", 105, 105.1), ("loose", 125, 125.1)):
        assert judge(Case(100, about(inside), rule)) == REPRODUCES
        assert judge(Case(100, about(outside), rule)) == REFUTED
    assert judge(Case(99, about(98.5), "tight", percent=True)) == REPRODUCES
    assert judge(Case(99, about(98.4), "tight", percent=True)) == REFUTED
    assert judge(Case(29, about(35), "loose", percent=True)) == REPRODUCES


def test_a_published_range_holds_between_its_ends_and_their_tolerance():
    for value, verdict in ((14, REPRODUCES), (19.9, REPRODUCES), (13.3, REPRODUCES), (13.2, REFUTED), (20, REFUTED)):
        assert judge(Case(14, about(value), up_to=19)) == verdict
    assert judge(Case(14, about(12, 1.1), up_to=19)) == REPRODUCES, "the interval reaches the range"
    assert judge(Case(14, about(16), up_to=19, elsewhere=17)) == REPRODUCES
    assert judge(Case(14, about(16), up_to=19, elsewhere=21)) == CONTRADICTS


def test_the_report_names_the_rules_that_its_claims_use():
    assert "close: within 5 % of the published number, or 1 percentage point of numbers in percent" in tolerances([])
    assert "tight" not in tolerances(["loose"]) and "loose: within 25 %" in tolerances(["loose"])
    assert "0.5 percentage points" in tolerances(["tight"])
