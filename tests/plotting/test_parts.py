"""Parts of hardware look the same in all figures, and apart from each other and from learners, in grey as well."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from memsim.energy.cost import PARTS
from memsim.energy.digital import DIGITAL_PARTS
from memsim.plotting.parts import PART_STYLES, part_label
from memsim.plotting.rows import grouped
from memsim.plotting.style import LEARNERS


def lightness(style) -> float:
    return float(np.dot(to_rgb(style["facecolor"]), (0.299, 0.587, 0.114)))


def test_every_part_has_a_look_and_a_name():
    assert set(PART_STYLES) == {*PARTS, *DIGITAL_PARTS}
    assert len({part_label(part) for part in PART_STYLES}) == len(PART_STYLES)


def test_no_two_parts_share_a_colour_and_none_has_that_of_a_learner():
    colours = [to_hex(style["facecolor"]) for style in PART_STYLES.values()]
    assert len({*colours, *LEARNERS}) == len(colours) + len(LEARNERS)


@pytest.mark.parametrize(("one", "other"), list(combinations(PART_STYLES, 2)))
def test_parts_differ_in_hatch_or_clearly_in_lightness(one, other):
    first, second = PART_STYLES[one], PART_STYLES[other]
    assert first["hatch"] != second["hatch"] or abs(lightness(first) - lightness(second)) > 0.15


def test_rows_of_a_group_lie_together_with_gaps_between_groups():
    order, heights = grouped(["a", "b", "a", "b"])
    assert order == [0, 2, 1, 3]
    steps = np.diff(heights)
    assert steps[0] == steps[2] == 1 < steps[1]
    alone = grouped(["a", "b", "c"])
    assert alone[0] == [0, 1, 2] and alone[1].tolist() == [0, 1, 2]
