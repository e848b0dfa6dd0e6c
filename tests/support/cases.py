"""Worked cases written in Markdown (docs/attribution.md): sections of tables and of answers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from fundtrace.books.tables import build_tables
from fundtrace.model.money import parse_amount_minor
from fundtrace.model.tables import Tables
from fundtrace.trace.result import Scope

_FENCE = re.compile(r"```csv (\w+)\n(.*?)```", re.DOTALL)
_LIMIT = re.compile(r"^(Scope|View): (\w+) ([0-9.]+)\.", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    title: str
    tables: dict[str, list[dict[str, str]]]
    limits: dict[str, str]  # "Scope hops" -> "2"
    answers: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # kind, row, rule

    def build(self) -> Tables:
        return build_tables(self.tables)

    def make_scope(self) -> Scope:
        amount, part = self.limits.get("Scope amount"), self.limits.get("Scope part")
        return Scope(
            window_days=int(self.limits["Scope window"]) if "Scope window" in self.limits else None,
            hops_max=int(self.limits["Scope hops"]) if "Scope hops" in self.limits else None,
            amount_max_minor=parse_amount_minor(amount, "CNY") if amount else None,
            part_min_minor=parse_amount_minor(part, "CNY") if part else None,
        )


def load_cases(path: Path) -> list[Case]:
    sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [_parse_case(section) for section in sections]


def _parse_case(section: str) -> Case:
    title = section.partition("\n")[0]
    tables = {
        name: [_spell_out(row) for row in csv.DictReader(io.StringIO(body))]
        for name, body in _FENCE.findall(section)
    }
    limits = {f"{what} {name}": value for what, name, value in _LIMIT.findall(section)}
    answers: dict[str, dict[str, dict[str, str]]] = {}
    kind, rules = "", []
    for line in section.splitlines():
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "fifo" in cells:
            kind, rules = cells[0], cells[1:]
            answers[kind] = {}
        elif not cells[0].startswith("---"):
            answers[kind][cells[0]] = dict(zip(rules, cells[1:], strict=True))
    return Case(title, tables, limits, answers)


def _spell_out(row: dict[str, str]) -> dict[str, str]:
    """Turn the shorthand of a case into a row of the real tables."""
    full: dict[str, str] = {}
    for name, cell in row.items():
        if name in ("from", "to", "account"):
            side = {"from": "debit_", "to": "credit_", "account": ""}[name]
            bank, _, account = cell.partition("/")
            full[f"{side}bank"], full[f"{side}account"] = (bank, account) if account else ("", "")
        elif name.endswith("_at"):
            day, _, clock = cell.partition(" ")
            full[name] = (
                f"2026-{1 + int(day) // 32:02d}-{int(day) % 32 + int(day) // 32:02d}T{clock}"
            )
        else:
            full[name] = cell
    if "booked_at" in full or "principal" in full:
        full.setdefault("currency", "CNY")
    return full
