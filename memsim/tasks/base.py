"""Descriptions of a task and of a kind of result. They name slow modules by path, so reading them is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from memsim.tasks.variable import Variable


def load_object(reference: Any) -> Any:
    """The object at a path such as "package.module:name"; anything but a text stands for itself."""
    if not isinstance(reference, str):
        return reference
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


class Coordinate(NamedTuple):
    """Labels of a result: the dimension that they label, what they are, and the unit of numbers."""

    dimension: str
    long_name: str
    units: str | None = None


@dataclass(frozen=True)
class Drawing:
    """A kind of figure: call it with a Dataset.

    Attributes
    ----------
    description : str
        What it shows, in a line.
    draw : str or callable
        Path of a function from a Dataset to a matplotlib figure, or the function.
    """

    description: str
    draw: Any

    def __call__(self, dataset: Any) -> Any:
        """The figure of a result."""
        return load_object(self.draw)(dataset)


class Metric(NamedTuple):
    """A result variable that `memsim compare` lists, its label, the unit and factor of its numbers, and their format.

    A variable with a second dimension, such as the scheme, is compared label by label.

    `of` is the variable with the values whose mean it is, by default the same name without ``_mean``; over time, those
    at the last time. `values` is a path of a function from a Dataset to these values (compared, sampled), where they
    are no means over noise types and levels, or to one number for each of the compared. `defined_by` are settings that
    must be equal in two results, such as a threshold, or the metric is another one. Of a mean SNR, `marked` is a
    path of a function from a Dataset and the variable to whether the mean of each of the compared has no finite
    expectation (`memsim.metrics.two_columns.MARK`). `aged` is the variable that holds the same over the times of the
    experiment, where the metric is that right after programming. `alone` is a path of a function from a `Job` and the
    variable to a `Computed` with this variable and no others, which takes less time than a whole run. `better` says
    which numbers are the better ones.
    """

    variable: str
    label: str
    unit: str = ""
    factor: float = 1.0
    form: str = ".4g"
    of: str = ""
    values: Any = None
    defined_by: tuple[str, ...] = ()
    marked: Any = None
    aged: str = ""
    alone: str = ""
    better: Literal["higher", "lower"] = "higher"

    @property
    def source(self) -> str:
        """Name of the variable with its values."""
        return self.of or self.variable.removesuffix("_mean")


class Panel(NamedTuple):
    """A panel of the figure of `memsim compare`: one of the metrics, a title, a factor, and the kind of axis.

    A "ratio" axis may be logarithmic; a "share" axis ends at 1 and begins at 0, or below where values are negative.
    """

    variable: str
    title: str
    factor: float = 1.0
    axis: Literal["linear", "ratio", "share"] = "linear"


@dataclass(frozen=True, kw_only=True)
class ResultKind:
    """What a kind of result holds, and how it is shown.

    Attributes
    ----------
    name : str
        Its name, which a result states.
    variables : mapping of str to Variable
        Its variables by name.
    coordinates : mapping of str to Coordinate
        Its labels by name, without those of devices and swept settings.
    figures : mapping of str to Drawing
        Its figures by name.
    default_figure : str or callable
        Path of a function from a Dataset to the name of the figure that suits it, or the function.
    print_metrics : str or callable
        Path of a function that prints a Dataset in full, or the function.
    sampled : str
        Dimension of independent values, over which 95 % intervals are.
    interval : str, callable or None
        Path of a function, or the function, from values (sample,), their `Variable` and a Dataset to the mean and its
        95 % interval; None for `seed_interval`.
    origin : str
        Of a kind that comes from no experiment: what it is, and what makes it, for errors.
    comparison, comparison_figure : str, callable or None
        Of such a kind: paths of functions from two Datasets to their `Comparison` and its figure, or the functions;
        None where they cannot be compared.
    """

    name: str
    variables: Mapping[str, Variable]
    coordinates: Mapping[str, Coordinate]
    figures: Mapping[str, Drawing]
    default_figure: Any
    print_metrics: Any
    sampled: str = "repeat"
    interval: Any = None
    origin: str = ""
    comparison: Any = None
    comparison_figure: Any = None

    def figure_of(self, dataset: Any) -> str:
        """Name of the figure that suits a result."""
        return load_object(self.default_figure)(dataset)


@dataclass(frozen=True, kw_only=True)
class Task(ResultKind):
    """What `memsim run` computes from an experiment.

    Attributes
    ----------
    schema : str or type
        Path of the schema of its experiments, a subclass of `ExperimentSpec`, or the class.
    run : str or callable
        Path of a function from a `Job` to a `Computed`, or the function.
    load_images : str, callable or None
        Path of a function from an `Experiment` to its images, or the function; None for a task without images. The
        images have the attributes ``source`` and ``sha256``.
    labelled : bool
        Whether its images have labels, see `memsim.data.labelled`.
    check : str, callable or None
        Path of a function that raises an `InputError` for an `Entry` that cannot be computed, or the function; None if
        the schema and the check of its device are enough.
    memory : str, callable or None
        Path of a function, or the function, that estimates the memory that a run takes [byte], by the settings that
        make it large. Its arguments are the settings, the part of them that describes the images, and the images, None
        before they are loaded; the last two are None in a task without images.
    print_overview, print_notes : str, callable or None
        Paths of functions that print the table and the notes after a run, or the functions.
    metrics : tuple of Metric
        What `memsim compare` lists. Every result has the first one.
    panels : tuple of Panel
        What its figure shows.
    small : mapping of str to Any
        Settings that make an experiment small without changing which kernels it needs, to compile these in advance.
    progress : str
        Unit of the progress of a run.
    backends : tuple of str
        Where the task can compute.
    """

    schema: Any
    run: Any
    print_overview: Any
    metrics: tuple[Metric, ...]
    panels: tuple[Panel, ...]
    load_images: Any = None
    labelled: bool = False
    check: Any = None
    memory: Any = None
    print_notes: Any = None
    small: Mapping[str, Any] = field(default_factory=dict)
    progress: str = "%"
    backends: tuple[str, ...] = ("cpu", "cuda")

    @property
    def spec_type(self) -> Any:
        """The schema of its experiments."""
        return load_object(self.schema)

    def compute(self, job: Any) -> Any:
        """Run an experiment, see `memsim.tasks.job`."""
        return load_object(self.run)(job)
