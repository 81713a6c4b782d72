"""A small study, and what several test files of studies share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import memsim as ms

SMALL_STUDY = """\
name: small
title: A small study
source: nobody
quantities:
  phys: {experiment: physical-01, at: {learner: Hebbian Physical}, variable: snr,
    changes: {data.samples: 3, data.shape: [8, 8]}}
  noisy: {experiment: physical-01, at: {learner: Hebbian Physical, noise_level: 0.7}, variable: snr, statistic: median,
    changes: {data.samples: 3, data.shape: [8, 8]}}
  spread: {experiment: physical-01, at: {learner: Hebbian Physical}, variable: snr, seed_spread: true,
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
    rule: above
    unit: "%"
    measured: 100 * (noisy / phys - 1)
"""


@pytest.fixture
def small_study() -> str:
    """Text of the small study."""
    return SMALL_STUDY


@pytest.fixture
def study_file(tmp_path) -> Callable[..., Path]:
    """Write the small study with some text replaced."""

    def write(old: str = "", new: str = "", text: str = SMALL_STUDY) -> Path:
        assert old in text
        file = tmp_path / "mine.yaml"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def small_report(tmp_path_factory):
    file = tmp_path_factory.mktemp("study") / "mine.yaml"
    file.write_text(SMALL_STUDY, encoding="utf-8")
    return ms.verify(file, seeds=3)
