"""A report as Markdown: a table for each place where claims are printed, and the rules."""

from __future__ import annotations

from memsim.study.report import Finding, Report
from memsim.study.verdict import RULES, TOLERANCES

_HEADINGS = ("claim", "published", "measured", "95 % interval", "over seeds", "verdict", "cause")


def to_markdown(report: Report) -> str:
    """The report as Markdown text."""
    lines = [f"# {_escape(report.study)}", "", _escape(report.source), "", _escape(report.summary) + ".", ""]
    lines += [f"- {_escape(note)}" for note in report.notes]
    for where, findings in report.groups:
        lines += ["", f"## {_escape(where)}", "", _row(_HEADINGS), _row(("---",) * len(_HEADINGS))]
        lines += [_row(tuple(map(_escape, _cells(finding)))) for finding in findings]
    lines += ["", "## Rules", ""]
    lines += [f"{i}. {_escape(rule)}" for i, rule in enumerate(RULES, 1)]
    made = ", ".join(f"{key} {value}" for key, value in report.provenance.items())
    lines += ["", _escape(TOLERANCES), ""]
    lines += [line for note in report.footnotes for line in (_escape(note), "")]
    lines += [_escape(made)]
    return "\n".join(lines) + "\n"


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.claim.text,
        finding.published,
        finding.value,
        finding.interval,
        finding.spread_text,
        finding.verdict_text,
        finding.sentence,
    )


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
