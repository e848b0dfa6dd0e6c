"""A folder of movement tables (docs/tables.md), checked whole, or refused whole.

Each table is <name>.csv or <name>.parquet; movements must be there, the others may be.
Rows are checked by themselves first, then across tables, and every bad one is listed:
whoever prepared the files mends them once, not one error at a time. Doubtful rows are
warnings, which stay with the tables.

``build_tables`` does the same with rows in memory. The tables' rooms are
``tables_movements``, ``tables_accounts``, ``tables_loans`` and ``tables_parties``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from fundtrace.books.csvtext import RawTable, make_empty, parse_csv
from fundtrace.books.numbering import number_rows
from fundtrace.books.parquet import (
    DamagedFileError,
    Version,
    get_version,
    hash_file,
    open_parquet,
)
from fundtrace.books.sheet import Findings, Layout, Sheet
from fundtrace.books.tables_accounts import ACCOUNTS, Key, resolve_accounts
from fundtrace.books.tables_loans import LOANS, read_loans, resolve_loans
from fundtrace.books.tables_movements import (
    MOVEMENTS,
    Side,
    read_movements,
    resolve_movements,
)
from fundtrace.books.tables_parties import (
    MEMBERS,
    PARTIES,
    RELATIONS,
    read_members,
    read_parties,
    read_relations,
)
from fundtrace.books.text import stack
from fundtrace.errors import BadTablesError, InvalidInputError
from fundtrace.model.problems import Problem
from fundtrace.model.tables import OUTSIDE, Int32s, Tables

LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout for layout in (MOVEMENTS, ACCOUNTS, PARTIES, RELATIONS, MEMBERS, LOANS)
}


def load_tables(folder: Path, *, errors_max: int | None = 100) -> Tables:
    """Read a folder of tables.

    Raises BadTablesError with every bad row, at most ``errors_max`` of them (None or 0:
    all), and InvalidInputError where there is no such folder.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder")
    damaged: dict[str, Problem] = {}
    while True:
        try:
            return _load(folder, damaged, errors_max)
        except DamagedFileError as error:  # found late: again, with that file as unreadable
            damaged[error.problem.file] = error.problem


def build_tables(
    rows: Mapping[str, Sequence[Mapping[str, str]]], *, errors_max: int | None = 100
) -> Tables:
    """Check rows in memory as if each table stood in a CSV with its header on line 1.

    A table without rows has all its columns. Raises BadTablesError like ``load_tables``.
    """
    unknown = sorted(set(rows) - set(LAYOUTS))
    if unknown:
        raise InvalidInputError(f"no such table: {', '.join(unknown)}")
    findings = Findings()
    if MOVEMENTS.name not in rows:
        findings.problems.append(Problem("movements.csv", 0, "", "is missing"))
    raws = {name: _make_raw(LAYOUTS[name], table) for name, table in rows.items()}
    hashes: dict[str, bytes] = {}
    for name, table in rows.items():
        canonical = json.dumps(
            [dict(row) for row in table], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        hashes[name] = hashlib.sha256(canonical.encode()).digest()
    return _check_and_build(raws, findings, _take_snapshot(hashes), errors_max)


def _load(folder: Path, damaged: Mapping[str, Problem], errors_max: int | None) -> Tables:
    """Read a folder; raises DamagedFileError for a file that is not among the damaged ones."""
    findings = Findings()
    raws: dict[str, RawTable] = {}
    hashes: dict[str, bytes] = {}
    versions: list[tuple[BinaryIO, Version]] = []
    with contextlib.ExitStack() as files:
        for name, layout in LAYOUTS.items():
            paths = [folder / f"{name}{suffix}" for suffix in (".csv", ".parquet")]
            paths = [path for path in paths if path.exists()]
            if not paths:
                continue
            hashes[name] = b""
            file = _open_only(paths, findings)
            if file is not None:
                versions.append((files.enter_context(file), get_version(file)))
                hashes[name] = hash_file(file)
                raw = _read_file(file, paths[0].name, layout, findings, damaged)
                raws |= {name: raw} if raw.columns else {}
        if MOVEMENTS.name not in hashes:
            reason = f"is missing in {folder}, and so is movements.parquet"
            findings.problems.append(Problem("movements.csv", 0, "", reason))
        tables = _check_and_build(raws, findings, _take_snapshot(hashes), errors_max)
        for file, version in versions:
            if get_version(file) != version:
                raise InvalidInputError(f"{file.name} changed while it was read; load it again")
    return tables


def _open_only(paths: Sequence[Path], findings: Findings) -> BinaryIO | None:
    """Open a table's file, if it is the only one and can be read."""
    path = paths[0]
    if len(paths) > 1:
        reason = f"stands beside {paths[1].name}; which of the two is meant?"
    else:
        try:
            return path.open("rb")
        except OSError as error:
            reason = f"cannot be read: {error.strerror}"
    findings.problems.append(Problem(path.name, 0, "", reason))
    return None


def _read_file(
    file: BinaryIO, name: str, layout: Layout, findings: Findings, damaged: Mapping[str, Problem]
) -> RawTable:
    """Return a file's columns, as far as they can be read."""
    if name in damaged:
        raw, problems = make_empty(name), [damaged[name]]
    elif name.endswith(".csv"):
        raw, problems = parse_csv(file.read(), name)
    else:
        raw, problems = open_parquet(file, name, exact=layout.exact)
    findings.problems += problems
    findings.warnings += raw.warnings
    return raw


def _make_raw(layout: Layout, table: Sequence[Mapping[str, str]]) -> RawTable:
    names: dict[str, None] = {}
    for row in table:
        names |= dict.fromkeys(row)
    if not table:
        names = dict.fromkeys((*layout.required, *layout.optional))
    columns = {
        name: pl.Series(name, [row.get(name, "") for row in table], pl.String) for name in names
    }
    line = np.arange(2, len(table) + 2, dtype=np.int64)
    return RawTable(f"{layout.name}.csv", columns, line, header_line=1)


def _take_snapshot(hashes: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(hashes):
        total.update(name.encode() + b"\0" + hashes[name])
    return f"sha256:{total.hexdigest()}"


def _check_and_build(
    raws: Mapping[str, RawTable], findings: Findings, snapshot: str, errors_max: int | None
) -> Tables:
    sheets: dict[str, Sheet] = {}
    for name, raw in raws.items():
        sheet = Sheet(raw, LAYOUTS[name], findings)
        if sheet.has_required_columns():
            sheets[name] = sheet
    tables = _build(sheets, findings, snapshot)
    if findings.problems or tables is None:
        problems = sorted(set(findings.problems))
        shown = problems[:errors_max] if errors_max and errors_max > 0 else problems
        raise BadTablesError(shown, len(problems))
    return tables


def _build(sheets: Mapping[str, Sheet], findings: Findings, snapshot: str) -> Tables | None:
    """Check everything and build the tables; None where the movements cannot be read."""
    parties = read_parties(sheets.get("parties"))
    relations = read_relations(sheets["relations"]) if "relations" in sheets else ()
    members = read_members(sheets["members"]) if "members" in sheets else None
    loan_rows = read_loans(sheets["loans"]) if "loans" in sheets else None
    if "movements" not in sheets:
        return None
    rows = read_movements(sheets["movements"])
    keys, debit, credit = _number_sides(rows.debit, rows.credit)
    seen = [keys]  # in order of appearance, so their ids are their positions
    if loan_rows is not None:
        seen.append((loan_rows.bank, loan_rows.account, loan_rows.currency))
    accounts, ids = resolve_accounts(seen, sheets.get("accounts"), parties)
    movements = resolve_movements(sheets["movements"], rows, debit, credit)
    loans = (
        resolve_loans(sheets["loans"], loan_rows, ids[1], accounts, movements)
        if loan_rows is not None
        else ()
    )
    return Tables(
        accounts=accounts,
        movements=movements,
        loans=loans,
        parties=parties.freeze(),
        relations=relations,
        members=members,
        has_accounts_table="accounts" in sheets,
        snapshot=snapshot,
        warnings=tuple(sorted(set(findings.warnings))),
    )


def _number_sides(debit: Side, credit: Side) -> tuple[Key, Int32s, Int32s]:
    """Return the different accounts of both sides and the number of each, or OUTSIDE."""
    key = (
        stack([debit.bank, credit.bank]),
        stack([debit.account, credit.account]),
        stack([debit.currency, credit.currency]),
    )
    numbers, first = number_rows(key)
    is_inside = np.concatenate([debit.is_inside, credit.is_inside])[first]
    ids = np.where(is_inside, np.cumsum(is_inside) - 1, OUTSIDE).astype(np.int32)
    bank, account, currency = (part.pick(first[is_inside]) for part in key)
    count = len(debit.is_inside)
    return (bank, account, currency), ids[numbers[:count]], ids[numbers[count:]]


def hash_folder(folder: Path) -> str:
    """Return the snapshot of a folder of tables without reading a row of them.

    Raises InvalidInputError where there is no such folder or a file cannot be read.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder")
    hashes: dict[str, bytes] = {}
    for name in LAYOUTS:
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet"):
            if name in hashes or not path.exists():
                continue
            try:
                with path.open("rb") as file:
                    hashes[name] = hashlib.file_digest(file, "sha256").digest()
            except OSError as error:
                raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from error
    return _take_snapshot(hashes)
