"""A report as Markdown: a table for each place where claims are printed, and the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memsim.studies.finding import Finding
from memsim.studies.verdict import MEANINGS

_HEADINGS = ("claim", "published", "measured", "95 % interval", "over seeds", "verdict", "cause")
_WITH_BASIS = (*_HEADINGS[:5], "basis", *_HEADINGS[5:])


def to_markdown(
    head: tuple[str, str, str],
    notes: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Finding]]],
    tolerances: str,
    footnotes: Sequence[str],
    provenance: Mapping[str, str],
) -> str:
    """A report as Markdown text; `head` is the title, the source and the summary of its study."""
    title, source, summary = map(_escape, head)
    lines = [f"# {title}", "", source, "", summary + ".", ""]
    lines += [f"- {_escape(note)}" for note in notes]
    headings = _WITH_BASIS if any(finding.claim.basis for _, findings in groups for finding in findings) else _HEADINGS
    for where, findings in groups:
        lines += ["", f"## {_escape(where)}", "", _row(headings), _row(("---",) * len(headings))]
        lines += [_row(tuple(_escape(_cells(finding)[heading]) for heading in headings)) for finding in findings]
    lines += ["", "## Verdicts", ""]
    lines += [f"{i}. {_escape(meaning)}" for i, meaning in enumerate(MEANINGS, 1)]
    made = ", ".join(f"{key} {value}" for key, value in provenance.items())
    lines += ["", _escape(tolerances), ""]
    lines += [line for note in footnotes for line in (_escape(note), "")]
    lines += [_escape(made)]
    return "\n".join(lines) + "\n"


def _cells(finding: Finding) -> dict[str, str]:
    """Cells of a claim by their headings."""
    return {
        "claim": finding.claim.text,
        "published": finding.published,
        "measured": finding.value,
        "95 % interval": finding.interval,
        "over seeds": finding.spread_text,
        "basis": finding.claim.basis,
        "verdict": finding.verdict_text,
        "cause": finding.sentence,
    }


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
