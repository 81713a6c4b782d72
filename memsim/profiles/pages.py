"""A page for each model as Markdown: what it is, equation, source, how a profile says it, every key, and its figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from memsim.document import Document
from memsim.profiles.models import KINDS, Model, models
from memsim.profiles.parameters import Parameter, example_of, parameters
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.template import starting_file
from memsim.units import format_quantity

_GENERATED = "<!-- Written by docs/update_models.py from the models themselves; do not edit. -->\n"
_BASE = {
    "name": "example",
    "title": "An example",
    "technology": "none",
    "status": "assumed",
    "conductance": {"min": "1 uS", "max": "10 uS"},
    "update": {"model": "constant", "pulses": 100},
    "read": {"voltage": "0.5 V", "duration": "5 ns"},
}
# Currents that the example's scale, 176 nA, divides into small and large.
_OTHER = {
    "saturating": {"conductance": {"min": "0 S", "max": "10 uS"}, "read": {"voltage": "0.1 V", "duration": "5 ns"}}
}


def page_name(model: Model) -> str:
    """File name of a model's page without its ending; its figure has the same."""
    return f"{model.kind}-{model.name}" if model.kind != model.name else model.name


def index() -> str:
    """The page that lists all models."""
    lines = [
        "# Models\n",
        _GENERATED,
        "What a [device profile](../../devices/README.md) can say, a page a model. `memsim device models NAME` prints",
        "the same, `memsim device new FILE --model NAME` writes a profile with an update model to fill in.",
    ]
    known = models()
    for kind, meaning in KINDS.items():
        lines += [f"\n## {kind.capitalize()}: {meaning}\n", "| model | |", "|---|---|"]
        lines += [
            f"| [{model.name}]({page_name(model)}.md) | {cell(model.summary)} |"
            for model in known
            if model.kind == kind
        ]
    return "\n".join(lines) + "\n"


def page(model: Model) -> str:
    """The page of a model."""
    parts = [
        f"# {model.name}",
        _GENERATED.rstrip(),
        f"*{KINDS[model.kind].capitalize()}.* {model.summary} {model.explanation}".rstrip(),
        _block("text", "\n".join(model.equation.split("; "))),
        f"Source: {model.source or 'none; assumed'}.",
        "In a profile, for example:",
        _block("yaml", Document.from_data(snippet(model)).to_yaml().rstrip()),
        table(parameters(model.schema)),
    ]
    if drawable(model):
        parts += [f"![{model.name}: {cell(model.summary)}]({page_name(model)}.png)", _caption(model)]
    return "\n\n".join(parts) + "\n"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def snippet(model: Model) -> dict[str, Any]:
    """The model's section of a profile, without where its numbers come from."""
    if model.kind == "update":
        update = Document.from_text(starting_file("example.yaml", model.name)).data["update"]
        return {"update": update}
    inner: dict[str, Any] = example_of(model.schema, model.name if model.chosen else "")
    for key in reversed(model.section.split(".")):
        inner = {"update.step" if key == "PARAMETER" else key: inner}
    return inner


def example(model: Model) -> DeviceProfile:
    """A device with this model and nothing else that varies."""
    if model.kind == "update":
        text = Document.from_text(starting_file("example.yaml", model.name)).data
        data = {**text, "variability": None}
        data["read"] = {key: value for key, value in text["read"].items() if key != "noise"}
    else:
        data = {**_BASE, **_OTHER.get(model.name, {})}
        for key, inner in snippet(model).items():
            data[key] = {**data.get(key, {}), **inner}
    return DeviceProfile.from_document(Document.from_data(data, model.name))


def drawable(model: Model) -> bool:
    """Whether there is something to draw; a step of one's own is not known here."""
    return (model.kind, model.name) != ("update", "custom")


def _caption(model: Model) -> str:
    if model.kind == "update":
        return f"Drawn from the profile that `memsim device new FILE --model {model.name}` writes, without its noise."
    window = example(model).spec.conductance
    ends = f"{format_quantity(window.min, 'S')} to {format_quantity(window.max, 'S')}"
    return f"Drawn from the example above, for a cell with equal steps in a window of {ends}."


def table(rows: Iterable[Parameter]) -> str:
    """Keys as a Markdown table."""
    return "\n".join(["| key | range | default | meaning |", "|---|---|---|---|", *map(_row, rows)])


def _row(parameter: Parameter) -> str:
    return f"| `{parameter.key}` | {cell(parameter.allowed)} | {cell(parameter.default)} | {cell(parameter.meaning)} |"


def cell(text: str) -> str:
    """Text in which Markdown sees neither a column nor emphasis."""
    for sign in "|*_<":
        text = text.replace(sign, "\\" + sign)
    return text
