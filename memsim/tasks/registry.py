"""The tasks of memsim, and those that other packages add by an entry point of the group ``memsim.tasks``."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from memsim.errors import InputError
from memsim.tasks.base import ResultKind, Task, load_object

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "memsim.tasks"
"""Group of the entry points. Each has the name of its task and the path of its `Task`."""
BENCH = "bench"
"""Name of the results of `memsim bench`, which come from no experiment."""

NETWORK = "network"
"""Name of the results of `memsim.torch.evaluate`, which come from no experiment."""

ATTRIBUTION = "attribution"
"""Name of attributions of a loss to imperfections, which come from several runs."""

_TASKS = {
    "memorise": "memsim.tasks.memorise:TASK",
    "classify": "memsim.tasks.classify:TASK",
    "select": "memsim.tasks.select:TASK",
    "program": "memsim.tasks.program:TASK",
    "macro": "memsim.tasks.macro:TASK",
    "infer": "memsim.tasks.infer:TASK",
    "regress": "memsim.tasks.regress:TASK",
}
DEFAULT = next(iter(_TASKS))
"""Task of an experiment that names none."""
_OTHERS = {
    BENCH: "memsim.tasks.benchmark:BENCHMARK",
    NETWORK: "memsim.tasks.network:EVALUATION",
    ATTRIBUTION: "memsim.tasks.attribution:RESULT",
}

_Kind = TypeVar("_Kind", bound=ResultKind)


class Descriptions(Mapping[str, _Kind], Generic[_Kind]):
    """Descriptions by name. Each is imported when it is first used; entry points are read where no own name fits."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> _Kind:
        if name in self._paths:
            return load_object(self._paths[name])
        return cast(_Kind, _added(_entry_points()[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._paths, *_entry_points()]))

    def __len__(self) -> int:
        return len(list(iter(self)))


@functools.cache
def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # slow to import, and needed for tasks of other packages only

    return {entry.name: entry for entry in entry_points(group=GROUP)}


@functools.cache
def _added(entry: EntryPoint) -> Task:
    """The task of another package.

    Raises
    ------
    InputError
        If it cannot be imported, is no `Task`, or has another name than its entry point.
    """
    package = entry.dist.name if entry.dist else "an installed package"
    try:
        task = entry.load()
    except Exception as error:  # the code of another package may raise anything
        raise InputError(
            f"task '{entry.name}' of {package}: {entry.value} cannot be imported ({type(error).__name__}: {error})"
        ) from None
    if not isinstance(task, Task):
        raise InputError(f"task '{entry.name}' of {package}: {entry.value} is no memsim.tasks.base.Task")
    if task.name != entry.name:
        text = f"{entry.value} is called '{task.name}'; both names must agree"
        raise InputError(f"task '{entry.name}' of {package}: {text}")
    return task


TASKS: Descriptions[Task] = Descriptions(_TASKS)
"""Name -> task."""
RESULT_KINDS: Descriptions[ResultKind] = Descriptions({**_TASKS, **_OTHERS})
"""Name -> kind of result: all tasks, benchmarks, evaluations of networks, and attributions."""


def without_experiment(name: object) -> bool:
    """Whether results of this kind come from no experiment."""
    return name in _OTHERS


class Merged(Mapping[str, Any]):
    """One attribute of all kinds of results, such as their variables, by name; collected when it is first used.

    Parameters
    ----------
    attribute : str
        A mapping by name that every kind has.
    unique : bool
        Whether a name must mean the same in all kinds. Otherwise the first kind that has it counts.
    """

    def __init__(self, attribute: str, *, unique: bool = True) -> None:
        self._attribute = attribute
        self._unique = unique

    @functools.cached_property
    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        owners: dict[str, str] = {}
        for kind in RESULT_KINDS.values():
            for name, value in getattr(kind, self._attribute).items():
                if self._unique and values.get(name, value) != value:
                    raise InputError(
                        f"task '{kind.name}': '{name}' of its {self._attribute} has another meaning in the task "
                        f"'{owners[name]}'; choose another name"
                    )
                values.setdefault(name, value)
                owners.setdefault(name, kind.name)
        return values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
