"""Result variables and labels of what crossbars cost, of all tasks that have crossbars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from memsim.tasks.base import Coordinate
from memsim.tasks.variable import POSITIVE, Variable

_TABLE = "by the component table that the attributes of the result hold"


@dataclass(frozen=True)
class EnergyNames:
    """Names of these variables in one task, whose results have dimensions of their own.

    Attributes
    ----------
    prefix : str
        What the names begin with.
    compared, sampled : str
        Dimensions of what is compared, and of the values that a mean is taken over.
    inference : str
        What one inference is of.
    counted : str
        Which inferences are counted.
    writing : str
        What training and programming are those of.
    written : str
        Name of the energy of what was written; empty where there is none.
    by_cell : bool
        Whether that energy is of a cell, not of an array.
    """

    prefix: str
    compared: str
    sampled: str
    inference: str
    counted: str
    writing: str
    written: str = ""
    by_cell: bool = False

    def named(self, name: str) -> str:
        """A variable or label in this task."""
        return f"{self.prefix}{name}"

    @property
    def summarised(self) -> list[str]:
        """Energies that a mean is stored of."""
        return [self.named(name) for name in ("inference_energy", self.written) if name]


LEARNERS = EnergyNames(
    "", "learner", "repeat", inference="one test image", counted="all test images together", writing="in all"
)
"""Of learners that are trained several times."""
IMAGES = EnergyNames(
    "image_",
    "learner",
    "image",
    inference="the memorised image",
    counted="one read of the memorised image",
    writing="of the array of the image",
    written="training_energy",
)
"""Of learners with an array for each image."""
ARRAYS = EnergyNames(
    "programmed_",
    "array",
    "repeat",
    inference="one product of an input and the matrix",
    counted="one read of each input of the products at the first time",
    writing="of the array, refreshes not included",
    written="cell_energy",
    by_cell=True,
)
"""Of arrays that are programmed several times."""
ALL_NAMES = (LEARNERS, IMAGES, ARRAYS)


def energy_names(variables: Iterable[object]) -> EnergyNames | None:
    """Names of the events among the variables of a result; None if it holds none."""
    held = set(variables)
    return next((names for names in ALL_NAMES if names.named("event_count") in held), None)


ENERGY_COORDINATES = {
    "phase": Coordinate("phase", "what the arrays do: inference, training or programming, each with its reads"),
    "part": Coordinate("part", "part of the hardware that costs energy or area"),
    "limit": Coordinate("limit", "lower or upper limit of a range"),
    "cost_layer": Coordinate("cost_layer", "number of a layer on crossbars"),
    "counted": Coordinate("counted", "event that is counted, see memsim.energy.counts.Counts"),
    "summed": Coordinate("summed", "sum over events, see memsim.energy.counts.Counts"),
    "tile": Coordinate("tile", "number of a tile: of rows, of lines, or of both, row by row", "1"),
    "circuits": Coordinate("learner", "JSON of what the crossbars of each layer consist of"),
}
"""Labels of these variables, of learners that are trained several times."""


def energy_coordinates(names: EnergyNames) -> dict[str, Coordinate]:
    """Labels of these variables in a task."""
    circuits = ENERGY_COORDINATES["circuits"]
    others = {name: label for name, label in ENERGY_COORDINATES.items() if label is not circuits}
    return others | {names.named("circuits"): circuits._replace(dimension=names.compared)}


def energy_variables(names: EnergyNames) -> tuple[Variable, ...]:
    """Variables that a task with costs declares."""
    one, layers = (names.compared, names.sampled), (names.compared, names.sampled, "cost_layer", "phase")
    image = (
        f"inference: of {names.inference}; training and programming: {names.writing}; NaN for a phase without events"
    )
    mean = f"mean over {names.sampled}s"
    declared = (
        Variable(
            "event_count",
            (*layers, "counted", "tile"),
            "1",
            "events",
            f"events of the crossbars of a layer by tile of rows or lines, {names.counted}; from them and "
            f"{names.named('event_sum')}, memsim cost computes costs",
            bounds=POSITIVE,
        ),
        Variable(
            "event_sum",
            (*layers, "summed", "tile"),
            "1",
            "sums over events",
            "energies in J of cells in reads (V I t), of pulses with verify reads, and of half-selected cells; and "
            "squares of levels, in units of the read voltage",
            bounds=POSITIVE,
        ),
        Variable(
            "inference_images",
            one[:1],
            "1",
            "inferences",
            f"number of inferences that are counted, each of {names.inference}",
        ),
        Variable("phase_energy", (*one, "phase"), "J", "energy", f"of all parts, {_TABLE}; {image}"),
        Variable(
            "inference_energy",
            one,
            "J",
            "energy of an inference",
            f"of all parts, for {names.inference}, {_TABLE}",
            summary=True,
            bounds=POSITIVE,
        ),
        Variable(
            "phase_energy_part",
            (one[0], "phase", "part"),
            "J",
            "energy of a part",
            f"{mean} of the energy of a part of the hardware, {_TABLE}; {image}",
        ),
        Variable(
            "phase_energy_range",
            (one[0], "phase", "limit"),
            "J",
            "range of the energy",
            f"of the {mean}: ends by the uncertainty of the components, whose errors are independent; no interval over "
            f"{names.sampled}s",
        ),
        Variable(
            "layer_energy",
            (one[0], "phase", "cost_layer"),
            "J",
            "energy of a layer",
            f"{mean}, all parts, {_TABLE}; {image}",
        ),
        Variable("phase_time", (*one, "phase"), "s", "time", f"{_TABLE}; {image}"),
        Variable("array_area_part", (one[0], "part"), "m2", "area of a part", f"of one {names.sampled}, {_TABLE}"),
        Variable("array_area", one[:1], "m2", "area", f"of all parts, of one {names.sampled}, {_TABLE}"),
        Variable(
            "inference_efficiency",
            one,
            "J-1",
            "operations per joule",
            "two operations for each multiply-accumulate of an input and a weight, over the energy of an inference",
        ),
    )
    written = (_written(names),) if names.written else ()
    return tuple(replace(variable, name=names.named(variable.name)) for variable in (*declared, *written))


def _written(names: EnergyNames) -> Variable:
    """The energy of what was written."""
    of = "of the programming of a cell" if names.by_cell else f"of training and programming {names.writing}"
    text = f"mean over the cells {names.writing}" if names.by_cell else of
    return Variable(
        names.written,
        (names.compared, names.sampled),
        "J",
        f"energy {of}",
        f"{text}: pulses, verify reads and all that surrounds the cells, {_TABLE}; NaN without events, and where an "
        "error model programs, whose pulses are not known",
        summary=True,
        bounds=POSITIVE,
    )


ENERGY_VARIABLES = energy_variables(LEARNERS)
"""Variables of learners that are trained several times."""
