"""Sections that keys choose: one for each entry of a registry, with the settings of its dataclass as keys.

>>> Learning = entries(LearningSpec, RULES, rule="hebbian")

is the type of a section whose key ``rule`` names a rule. It has the keys of `LearningSpec` and those of the rule's
dataclass, and no others. A section may name entries of several registries, such as a loss and an optimiser.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_type_hints

from pydantic import BeforeValidator, Field, create_model

from memsim.document.fields import Section
from memsim.document.json_schema import DEFAULT_CHOICE
from memsim.document.walk import Spot, keys_chosen, keys_of
from memsim.registry import Registry

Made = TypeVar("Made")


def entries(base: type[Section], *registries: Registry[Any], **defaults: Any) -> Any:
    """The type of a section that names an entry of each registry: a union of a section for each combination.

    Parameters
    ----------
    base : type
        Keys that the sections of all entries have; its defaults replace those of the dataclasses. Its ``SECTIONS``, if
        there is one, maps types of fields to the sections that documents have for them.
    *registries : Registry
        The entries; the key that names one is `Registry.kind`. The annotation of a dataclass's field says which range
        documents may use, and its alias under which key.
    **defaults
        The entry of each registry that a section has if it names none, and defaults of settings that differ from
        those of their dataclasses.
    """

    def named(section: Any) -> Any:
        missing = {registry.kind: defaults[registry.kind] for registry in registries}
        return {**missing, **section} if isinstance(section, dict) else section

    return Annotated[_union(base, registries, defaults, {}), BeforeValidator(named)]


def _union(
    base: type[Section], registries: Sequence[Registry[Any]], defaults: Mapping[str, Any], chosen: Mapping[str, Any]
) -> Any:
    """The sections with entries that are chosen by key, told apart by the keys of the other registries."""
    if not registries:
        return _section(base, defaults, chosen)
    first, *others = registries
    members = tuple(_union(base, others, defaults, {**chosen, first.kind: entry}) for entry in first.values())
    extra = {DEFAULT_CHOICE: defaults[first.kind]}
    return Annotated[Union[members], Field(discriminator=first.kind, json_schema_extra=extra)]  # noqa: UP007


def _section(base: type[Section], defaults: Mapping[str, Any], chosen: Mapping[str, Any]) -> type[Section]:
    """The section of one entry of each registry."""
    own: dict[str, Any] = {}
    for kind, entry in chosen.items():
        hints = get_type_hints(entry, include_extras=True)
        for field in dataclasses.fields(entry):
            if field.name not in base.model_fields:
                section = getattr(base, "SECTIONS", {}).get(hints[field.name])
                default = defaults.get(field.name, field.default) if section is None else section()
                own[field.name] = (section or hints[field.name], default)
        own[kind] = (Literal[entry.name], entry.name)
    title = "".join(entry.__name__ for entry in chosen.values()) + base.__name__
    text = " ".join(entry.__doc__ or "" for entry in chosen.values())
    return create_model(title, __base__=base, __module__=base.__module__, __doc__=text, **own)


def entry_of(registry: Registry[Made], section: Section) -> Made:
    """The entry that a section names, made from its settings."""
    name = getattr(section, registry.kind)
    own: Iterable[Any] = dataclasses.fields(registry[name])  # type: ignore[arg-type]
    return registry.make(name, **{field.name: getattr(section, field.name) for field in own})


def foreign_keys(annotation: Any, key: str, name: Any) -> set[str]:
    """Keys that a value of `key` leaves no place for: those that other entries of a union have and the entry of this
    name does not, or the other ones of a section's ``ALTERNATIVES``; empty if `key` chooses nothing."""
    alternatives = getattr(annotation, "ALTERNATIVES", ())
    if key in alternatives:
        return {*alternatives} - {key}
    own = keys_chosen(annotation, {key: name})
    return set(keys_of(Spot(annotation, (), None))) - set(own) if own else set()
