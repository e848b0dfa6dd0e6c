"""A verdict for a terminal, in Chinese or English, or as JSON for another program."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import groupby
from typing import Final

from fundtrace.evidence.findings import Standing, Verdict
from fundtrace.evidence.words import STANDINGS, describe_finding
from fundtrace.report.texts import clean

VERDICT_FORMAT: Final = "fundtrace-verdict/1"

_EMPTY: Final = (None, "", b"", ())

_ANSWERS: Final = {
    "en": (
        "Yes: what is marked proven holds; what is marked claimed is somebody's word.",
        "No: the evidence does not hold as it is given; see what is marked {marks}.",
    ),
    "zh": (
        "是：标为“已证明”者成立；标为“仅为声明”者只是有关方之言。",
        "否：证据按现状不能成立；见标为“{marks}”之处。",
    ),
}


def render_verdict(
    verdict: Verdict, language: str, *, is_part_enough: bool = False, has_bodies: bool = False
) -> str:
    """Return the findings as text, subject by subject, and the answer in the last line.

    ``language`` is "en" or "zh"; with ``has_bodies`` what opened records say is shown, field
    by field. Without colours or control characters, fit for a pipe.
    """
    lines: list[str] = []
    for subject, findings in groupby(verdict.findings, key=lambda one: one.subject):
        lines.append(clean(subject))
        for one in findings:
            mark = _pad(STANDINGS[language][one.standing], 9)
            lines.append(f"  {mark} {clean(describe_finding(one, language))}")
        body = verdict.bodies.get(subject) if has_bodies else None
        if body is not None:
            shown = json.dumps(build_plain(body), ensure_ascii=False, indent=2)
            lines += [f"    {clean(line)}" for line in shown.splitlines()]
    yes, no = _ANSWERS[language]
    if verdict.holds(is_part_enough=is_part_enough):
        answer = yes
    else:
        bad = [one for one in (Standing.REFUTED, Standing.MISSING) if verdict.list_findings(one)]
        marks = ", ".join(STANDINGS[language][one] for one in bad or [Standing.CLAIMED])
        answer = no.format(marks=marks)
    return "\n".join([*lines, "", answer, ""])


def render_verdict_json(verdict: Verdict, *, is_part_enough: bool = False) -> str:
    """Return the verdict as JSON (``fundtrace-verdict/1``), with the sentences in English."""
    value = {
        "format": VERDICT_FORMAT,
        "holds": verdict.holds(is_part_enough=is_part_enough),
        "findings": [
            {
                "standing": one.standing.value,
                "topic": one.topic.value,
                "subject": one.subject,
                "details": dict(one.details),
                "text": describe_finding(one, "en"),
            }
            for one in verdict.findings
        ],
        "bodies": {subject: build_plain(body) for subject, body in verdict.bodies.items()},
    }
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return "".join(map(_escape, text))


def _escape(char: str) -> str:
    """Return a character as JSON may show it to a terminal: what is harmful by its number."""
    is_harmless = char == "\n" or clean(char) == char
    return char if is_harmless else json.dumps(char)[1:-1]


def build_plain(value: object) -> object:
    """Return a value of the ledger as JSON knows it: bytes in hex, instants in ISO 8601, UTC.

    Amounts stay whole minor units; what is None or empty is left out.
    """
    if is_dataclass(value) and not isinstance(value, type):
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: build_plain(item) for name, item in named.items() if item not in _EMPTY}
    if isinstance(value, Mapping):
        return {str(build_plain(key)): build_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [build_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.date) else value


def _pad(text: str, width: int) -> str:
    """Fill up to ``width`` columns of a terminal, on which a Chinese character takes two."""
    used = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * (width - used)
