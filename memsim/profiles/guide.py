"""Every key of a profile as Markdown tables, for the guide to authors (devices/README.md)."""

from __future__ import annotations

from pydantic import BaseModel

from memsim.document.walk import bare, choices_of
from memsim.profiles.models import Model, models
from memsim.profiles.pages import page_name, table
from memsim.profiles.parameters import REQUIRED, Parameter, parameters
from memsim.profiles.physics import Read
from memsim.profiles.schema import SPREADING, DeviceSpec, Levels, Source, Window
from memsim.profiles.updates import AnyUpdate

_PAGES = "../docs/models"


def keys() -> str:
    """All tables, in the order of a profile."""
    parts = [
        "### At the top",
        table(_top()),
        *_section("sources.KEY", Source),
        *_section("conductance", Window),
        *_section("update", AnyUpdate),
        _updates(),
        _spreading(),
        *_section("levels.NAME", Levels),
        *_section("read", Read),
    ]
    for model in models():
        if model.kind != "update":
            parts += _section(model.section, model.schema, model)
    return "\n\n".join(parts) + "\n"


def _section(section: str, schema: type[BaseModel], model: Model | None = None) -> list[str]:
    """Heading and table of the keys of a section, except those inside sections with tables of their own."""
    heading = f"### `{section}`"
    if model is not None:
        chosen = f", `model: {model.name}`" if model.chosen else ""
        heading += f"{chosen} ([page]({_PAGES}/{page_name(model)}.md))"
    return [heading, table(one for one in parameters(schema) if schema is not Read or "." not in one.key)]


def _top() -> list[Parameter]:
    found = []
    for key, field in DeviceSpec.model_fields.items():
        choices = ", ".join(map(str, choices_of(field.annotation)))
        allowed = choices or ("text" if bare(field.annotation)[0] is str else "section")
        found.append(Parameter(key, allowed, REQUIRED if field.is_required() else "", field.description or ""))
    return found


def _updates() -> str:
    """The keys that update models have beside the shared ones."""
    shared = {one.key for one in parameters(AnyUpdate)}
    rows = ["| `update.model` | keys of its own |", "|---|---|"]
    for model in models():
        if model.kind == "update":
            own = ", ".join(f"`{one.key}`" for one in parameters(model.schema) if one.key not in shared)
            rows.append(f"| [{model.name}]({_PAGES}/{page_name(model)}.md) | {own} |")
    return "\n".join(rows)


def _spreading() -> str:
    named = ", ".join(f"`{name}`" for name in SPREADING if not name.startswith("update."))
    return (
        f"Parameters that may spread over cells (`variability.d2d`): {named}, and `update.` with any number of the "
        "update model, such as `update.step` or `update.nonlinearity.set`, except `weights`, `substeps` and, but for "
        "`neurosim`, pulses. "
        "The window and the numbers of the update model may also vary from pulse to pulse (`variability.per_pulse`)."
    )
