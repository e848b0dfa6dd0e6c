"""Findings and descriptions of a store, as text for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from fundtrace.store import words
from fundtrace.store.describe import MISSING_COUNTED_MAX, LogInfo, StoreInfo
from fundtrace.store.findings import Counts, Finding
from fundtrace.store.words import say


def render_finding(finding: Finding, lang: str) -> str:
    """Return one line: the log, the place, what is wrong, what was read there."""
    place = f"{finding.origin} {finding.place}".strip()
    said = f" ({finding.said})" if finding.said else ""
    return f"{place}: {say(words.FAULTS[finding.fault], lang)}{said}"


def render_end(counts: Counts, hidden: int, unverified: Sequence[str], lang: str) -> str:
    """Return the lines behind the findings: how many, how much was looked at, what to do."""
    lines = []
    if hidden:
        lines.append(say(words.MORE, lang, count=hidden))
    if counts.problems:
        lines.append(say(words.PROBLEMS, lang, count=counts.problems))
    else:
        lines.append(say(words.CLEAN, lang))
    lines.append(say(words.CHECKED, lang, **asdict(counts)))
    if unverified:
        lines.append(say(words.UNVERIFIED, lang, origins=", ".join(unverified)))
    if counts.problems:
        lines.append(say(words.ADVICE, lang))
    return "\n".join(lines) + "\n"


def render_finding_json(finding: Finding) -> str:
    """Return one object on one line."""
    return json.dumps({**asdict(finding), "fault": finding.fault.value}, ensure_ascii=False)


def render_end_json(counts: Counts, unverified: Sequence[str]) -> str:
    """Return the last line: how much was checked."""
    return json.dumps({"checked": asdict(counts), "unverified": list(unverified)}) + "\n"


def render_info(info: StoreInfo, lang: str) -> str:
    """Return a description, one fact a line."""
    identity = info.identity
    writer = (
        say(words.WRITER_IS, lang, term=identity.term, holder=identity.holder)
        if identity.term
        else say(words.WRITER_NONE, lang)
    )
    standing = say(words.MAY_NOT_SIGN, lang, why=info.moved) if info.moved else ""
    facts = (
        (words.DATABASE, f"{info.label}, {info.database}"),
        (words.SCHEMA, info.schema),
        (words.IDENTITY, identity.identity.hex()),
        (words.WRITER, writer),
        (words.KEPT_PROMISES, str(identity.promises)),
        (words.SIZE, f"{info.size_bytes / 1e6:,.1f} MB"),
        (words.STANDING, standing or say(words.MAY_SIGN, lang)),
    )
    lines = [f"{say(name, lang)}: {fact}" for name, fact in facts]
    if info.unsafe:
        lines.append(say(words.UNSAFE, lang, settings=", ".join(info.unsafe)))
    lines += [_render_log(one, lang) for one in info.logs] or [say(words.NO_LOGS, lang)]
    return "\n".join(lines) + "\n"


def _render_log(log: LogInfo, lang: str) -> str:
    is_all = log.missing_bodies < MISSING_COUNTED_MAX
    return say(
        words.LOG_LINE,
        lang,
        kind=say(words.OWN if log.state.is_own else words.MIRRORED, lang),
        origin=log.state.origin,
        size=log.state.size,
        promised=_show(log.promised_size),
        signed=_show(log.signed_size),
        final=_show(log.final_size),
        missing=str(log.missing_bodies) if is_all else f"{log.missing_bodies}+",
    )


def _show(size: int | None) -> str:
    return "-" if size is None else str(size)


def render_created(info: StoreInfo, lang: str) -> str:
    """Return the line that a new store is there."""
    identity = info.identity.identity.hex()
    return say(words.CREATED, lang, label=info.label, identity=identity) + "\n"


def render_upgraded(before: str | None, after: str, lang: str) -> str:
    """Return the line that an upgrade ends with."""
    text = words.UP_TO_DATE if before == after else words.UPGRADED
    return say(text, lang, before=before, after=after) + "\n"
