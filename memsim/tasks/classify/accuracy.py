"""Accuracies alone, for runs of many learners of which nothing else is needed; the numbers are those of `classify`."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.metrics.classes import predicted
from memsim.tasks.classify.course import Course
from memsim.tasks.classify.over_time import CellsOverTime
from memsim.tasks.classify.run import check_classes
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.summary import clean_outputs
from memsim.tasks.job import Computed, Job, spec_of


def accuracy_alone(job: Job, variable: str) -> Computed:
    """The variable "test_accuracy" (learner, repeat), or "aged_accuracy" (learner, repeat, time)."""
    spec, entries = spec_of(job.experiment, ClassifySpec), job.entries
    check_classes(job)
    course = Course(job)
    values = []
    for entry in entries:
        classifier, data = course.classifier(entry), job.images[entry.data]
        if variable == "test_accuracy":
            values.append((predicted(clean_outputs(classifier, data)) == data.test.labels).mean(-1))
        elif entry.device is None:
            values.append(np.full((spec.seeds, len(spec.times)), np.nan))
        else:
            cells: Any = classifier
            over_time = CellsOverTime(cells, entry.spec.aging, data)
            for number, time in enumerate(spec.times, 1):
                over_time.advance(time, number)
                over_time.measure(number)
            values.append(over_time.values(spec.times)["aged_accuracy"])
        course.report(entry, 1.0)
    coordinates: dict[str, Any] = {"repeat": np.arange(spec.seeds)}
    if variable != "test_accuracy":
        coordinates["time"] = np.array(spec.times)
    return Computed({variable: np.stack(values)}, coordinates)
