"""A statement file to lines of cells, and where in them the statement's header stands.

XLSX is read through openpyxl without evaluating anything; text is strict UTF-8 (with or
without BOM) or UTF-16 with one, else GB18030, separated by the commas, tabs, semicolons or
bars of its header. Unlike a movement table (``csvtext``) a statement is ragged: lines above
its header and below its bookings have as many cells as they like.

What the cells mean is left to ``rows``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fundtrace.books.statement import headers
from fundtrace.books.statement.cells import Cell, parse_text
from fundtrace.books.statement.messages import StatementRefusedError

ROWS_MAX = 200_000  # LIMIT: 200,000 rows of 15 cells are some 300 MB of Python objects
_DELIMITERS = (",", "\t", ";", "|")

# What openpyxl lets through when a workbook is not what it says.
_XLSX_ERRORS = (
    zipfile.BadZipFile, zlib.error, KeyError, IndexError, ValueError, TypeError, AttributeError,
    OSError, EOFError, SyntaxError, NotImplementedError, RuntimeError,
)  # fmt: skip

Line = tuple[int, Sequence[Cell]]


@dataclass(frozen=True)
class Sheet:
    """One sheet, or a whole CSV file, as lines of cells, and where its header stands."""

    name: str  # empty for CSV
    lines: Sequence[Line]
    header: headers.Header | None


@dataclass(frozen=True)
class StatementFile:
    """The lines of the sheet that holds the statement."""

    name: str
    file_hash: str
    sheet: str
    lines: Sequence[Line]
    header: headers.Header
    other_sheets: tuple[str, ...]


def load_file(path: Path, sheet: str = "") -> StatementFile:
    """Read a file's lines and find the statement in it; raises StatementRefusedError."""
    if not path.is_file():
        raise StatementRefusedError("file_missing", name=str(path))
    content = path.read_bytes()
    name = path.name
    if not content.strip():
        raise StatementRefusedError("file_empty", name=name)
    sheets = _split_sheets(content, name, sheet)
    with_header = [one for one in sheets if one.header is not None]
    if not with_header:
        lines = sheets[0].lines[: headers.HEADER_LINES_MAX] if sheets else []
        widest = max(
            (cells for _, cells in lines),
            key=lambda c: sum(map(bool, map(parse_text, c))),
            default=(),
        )
        seen = "、".join(filter(None, map(parse_text, widest))) or "-"
        raise StatementRefusedError(
            "header_missing", name=name, count=headers.HEADER_LINES_MAX, seen=seen
        )
    if len(with_header) > 1:
        names = "、".join(one.name for one in with_header)
        raise StatementRefusedError("sheets_many", name=name, sheets=names)
    chosen = with_header[0]
    others = tuple(one.name for one in sheets if one is not chosen and one.lines)
    header = cast(headers.Header, chosen.header)
    file_hash = hashlib.sha256(content).hexdigest()
    return StatementFile(name, file_hash, chosen.name, chosen.lines, header, others)


def _split_sheets(content: bytes, name: str, sheet: str) -> list[Sheet]:
    head = content[:512].lstrip().lower()
    if content.startswith(b"PK\x03\x04"):
        return _read_xlsx(content, name, sheet)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise StatementRefusedError("file_xls", name=name)
    if content.startswith(b"%PDF"):
        raise StatementRefusedError("file_pdf", name=name)
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise StatementRefusedError("file_html", name=name)
    lines = _read_csv(_decode(content, name), name)
    return [Sheet("", lines, headers.find_header(lines))]


def _read_xlsx(content: bytes, name: str, wanted: str) -> list[Sheet]:
    import openpyxl

    try:
        with warnings.catch_warnings():  # about styles that many exporters leave out
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            pages = {page.title: page for page in book.worksheets if page.sheet_state == "visible"}
            if wanted and wanted not in pages:
                names = "、".join(pages)
                raise StatementRefusedError("sheet_missing", name=name, sheet=wanted, sheets=names)
            titles = [wanted] if wanted else list(pages)
            return [_read_sheet(title, pages[title], name) for title in titles]
    except _XLSX_ERRORS as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StatementRefusedError("file_xlsx", name=name, why=why) from error


def _read_sheet(title: str, page: Any, name: str) -> Sheet:
    page.reset_dimensions()  # some exporters write a wrong one
    lines: list[Line] = []
    for line, cells in enumerate(page.iter_rows(values_only=True), start=1):
        if len(lines) > ROWS_MAX:
            raise StatementRefusedError("file_large", name=name, limit=f"{ROWS_MAX:,}")
        if any(cell is not None and cell != "" for cell in cells):
            lines.append((line, cells))
    return Sheet(title, lines, headers.find_header(lines))


def _decode(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content.startswith(b"\xef\xbb\xbf"):
        encodings = ["utf-8-sig"]
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise StatementRefusedError("file_text", name=name)


def _read_csv(text: str, name: str) -> list[Line]:
    """Split text by the delimiter under which a header is found, commas if none is."""
    readings: list[list[Line]] = []
    broken: csv.Error | None = None
    for delimiter in _DELIMITERS:
        try:
            lines = _split_lines(text, delimiter, name)
        except csv.Error as error:
            broken = broken or error
            continue
        if headers.find_header(lines):
            return lines
        readings.append(lines)
    if broken is not None:
        raise StatementRefusedError("csv_broken", name=name, why=str(broken)) from broken
    return readings[0]


def _split_lines(text: str, delimiter: str, name: str) -> list[Line]:
    """Return (physical line, cells); strict, so that an open quote cannot swallow rows."""
    lines: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        if len(lines) > ROWS_MAX:
            raise StatementRefusedError("file_large", name=name, limit=f"{ROWS_MAX:,}")
        if any(cell.strip() for cell in cells):
            lines.append((line, cells))
        line = reader.line_num + 1
    return lines
