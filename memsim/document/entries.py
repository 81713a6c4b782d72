"""Sections that a key chooses: one for each entry of a registry, with the settings of its dataclass as keys.

>>> Learning = entries(RULES, LearningSpec, default="hebbian")

is the type of a section whose key ``rule`` names a rule. It has the keys of `LearningSpec` and those of the rule's
dataclass, and no others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar, Union, get_type_hints

from pydantic import BeforeValidator, Field, create_model

from memsim.document.fields import Section
from memsim.document.walk import Spot, keys_chosen, keys_of
from memsim.registry import Registry

Made = TypeVar("Made")


def entries(registry: Registry[Any], base: type[Section], default: str) -> Any:
    """The type of a section that is told apart by the key `registry.kind`: a union of a section for each entry.

    Parameters
    ----------
    registry : Registry
        The entries. The annotation of a dataclass's field says which range documents may use, and its alias under
        which key.
    base : type
        Keys that the sections of all entries have; its defaults replace those of the dataclasses.
    default : str
        The entry of a section that does not name one.
    """

    def named(section: Any) -> Any:
        return {registry.kind: default, **section} if isinstance(section, dict) else section

    members = tuple(_section(registry.kind, name, registry[name], base) for name in registry)
    return Annotated[Union[members], Field(discriminator=registry.kind), BeforeValidator(named)]  # noqa: UP007


def _section(kind: str, name: str, entry: type, base: type[Section]) -> type[Section]:
    """The section of an entry."""
    hints = get_type_hints(entry, include_extras=True)
    own: Any = {
        field.name: (hints[field.name], field.default)
        for field in dataclasses.fields(entry)
        if field.name not in base.model_fields
    }
    own[kind] = (Literal[name], name)
    title = f"{entry.__name__}{base.__name__}"
    return create_model(title, __base__=base, __module__=base.__module__, __doc__=entry.__doc__, **own)


def entry_of(registry: Registry[Made], section: Section) -> Made:
    """The entry that a section stands for, made from its settings."""
    name = getattr(section, registry.kind)
    own: Iterable[Any] = dataclasses.fields(registry[name])  # type: ignore[arg-type]
    return registry.make(name, **{field.name: getattr(section, field.name) for field in own})


def foreign_keys(annotation: Any, key: str, name: Any) -> set[str]:
    """Keys that other entries of a union have and the entry of this name does not; empty if `key` chooses none."""
    own = keys_chosen(annotation, key, name)
    return set(keys_of(Spot(annotation, (), None))) - set(own) if own else set()
