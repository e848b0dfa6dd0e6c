"""Bytes of a CSV file to columns of text, without ever guessing at a value.

- CSV is strict UTF-8 (with or without BOM), else GB18030, else refused with the reason.
  A file with a BOM says that it is UTF-8, so then nothing else is tried.
- Every row has as many cells as the header, or is listed with its physical line: a quoted
  cell may run over several lines and does not shift the numbers of those that follow.
- Header names are stripped and NFKC; blank lines and unnamed, empty columns are skipped.

Problems are values in a list; nothing here raises on bad content. What a cell means is
left to ``cells``.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fundtrace.model.problems import Problem
from fundtrace.model.tables import Int64s

_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

# LIMIT: rows turned into columns at a time; 50,000 rows of 20 cells are some 80 MB of Python.
_CHUNK_ROWS = 50_000

# LIMIT: characters from which on text without quotes is worth splitting with polars.
PLAIN_SIZE_MIN = 100_000


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as it stands in its file: one column per header name.

    Columns of a CSV are text, "" where a cell is empty; those of Parquet (``parquet``) have
    their own types and nulls, and are read anew whenever they are asked for. ``line`` is the physical line (CSV) or 1-based row (Parquet) of each row, ``header_line``
    that of the header (0 for Parquet, which has none).
    """

    name: str  # of the file, for messages
    columns: Mapping[str, pl.Series]
    line: Int64s
    header_line: int = 0
    warnings: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.line)


def parse_csv(content: bytes, name: str, *, delimiter: str = ",") -> tuple[RawTable, list[Problem]]:
    """Split a CSV file into columns; what could not be read is in the problems.

    ``name`` is the file's name for messages. With problems the table holds the good rows.
    """
    text, problems, warnings = _decode(content, name)
    if problems:
        return make_empty(name), problems
    is_plain = len(text) >= PLAIN_SIZE_MIN and '"' not in text
    split = _split_plain if is_plain else _split_quoted
    header, body = split(text, delimiter, name, problems)
    names = read_header(header.cells, name, header.line, problems)
    if not names:
        return make_empty(name), problems
    columns: dict[str, pl.Series] = {}
    for i, column in enumerate(names):
        if column:
            columns[column] = body.columns[i].alias(column)
        else:
            _check_unnamed(body.columns[i], name, i, body.line, problems)
    return RawTable(name, columns, body.line, header.line, tuple(warnings)), problems


def make_empty(name: str) -> RawTable:
    """Return a table without columns, for a file that cannot be read."""
    return RawTable(name, {}, np.empty(0, dtype=np.int64))


def _count_line(text: str, position: int) -> int:
    """Return the 1-based line on which a character stands."""
    return 1 + sum(1 for _ in _LINE_BREAK.finditer(text, 0, position))


def _decode(content: bytes, name: str) -> tuple[str, list[Problem], list[Problem]]:
    """Return the text, or problems; and warnings."""
    warnings: list[Problem] = []
    has_bom = content.startswith(_BOM)
    content = content.removeprefix(_BOM)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as utf8:
        line = 1 + content.count(b"\n", 0, utf8.start)
        if has_bom:
            reason = "is not UTF-8, although the file's first bytes (a BOM) say so"
            return "", [Problem(name, line, "", reason)], []
        if content.startswith(_UTF16_BOMS):
            return "", [Problem(name, 0, "", "is UTF-16; save it as UTF-8")], []
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as gb:
            other = 1 + content.count(b"\n", 0, gb.start)
            reason = f"is neither UTF-8 (line {line}) nor GB18030 (line {other}); save it as UTF-8"
            return "", [Problem(name, line, "", reason)], []
        if not content[: utf8.start].isascii():
            reason = "read as GB18030, but up to this line the file could be UTF-8: is it damaged?"
            warnings.append(Problem(name, line, "", reason))
    if "\0" in text:
        line = _count_line(text, text.index("\0"))
        reason = f"holds NUL bytes ({text.count(chr(0))} in all); save the file as UTF-8 text"
        return "", [Problem(name, line, "", reason)], []
    return text, [], warnings


@dataclass(frozen=True)
class _Header:
    line: int
    cells: list[str]


@dataclass(frozen=True, eq=False)
class _Body:
    line: Int64s
    columns: list[pl.Series]


def _split_plain(
    text: str, delimiter: str, name: str, problems: list[Problem]
) -> tuple[_Header, _Body]:
    """Split text without any quotes: then lines are rows, and polars splits them faster."""
    text = _LINE_BREAK.sub("\n", text) if "\r" in text else text
    lines = pl.Series([text]).str.split("\n").explode()
    number = np.arange(1, len(lines) + 1, dtype=np.int64)
    count = lines.str.count_matches(delimiter, literal=True) + 1
    is_blank = (lines.str.strip_chars(delimiter) == "") | (
        (count == 1) & (lines.str.strip_chars() == "")
    )
    kept = ~is_blank
    lines, number, count = lines.filter(kept), number[kept.to_numpy()], count.filter(kept)
    if not len(lines):
        return _Header(0, []), _Body(number, [])
    header = _Header(int(number[0]), lines[0].split(delimiter))
    width = len(header.cells)
    good = count == width
    problems.extend(
        Problem(name, int(number[row]), "", _explain_width(count[row], width))
        for row in (~good).arg_true().to_list()
    )
    lines, number = lines.filter(good)[1:], number[good.to_numpy()][1:]
    return header, _Body(
        number, lines.str.split_exact(delimiter, width - 1).struct.unnest().get_columns()
    )


def _split_quoted(
    text: str, delimiter: str, name: str, problems: list[Problem]
) -> tuple[_Header, _Body]:
    """Split any CSV text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = _iterate_rows(reader, name, problems)
    header = _Header(*next(rows, (0, [])))
    chunks: list[list[pl.Series]] = [[pl.Series(dtype=pl.String)] * len(header.cells)]
    lines: list[int] = []
    for some_lines, some_rows in _group_rows(rows, len(header.cells), name, problems):
        lines += some_lines
        columns = zip(*some_rows, strict=True)
        chunks.append([pl.Series(values=cells, dtype=pl.String) for cells in columns])
    return header, _Body(
        np.array(lines, dtype=np.int64), [pl.concat(parts) for parts in zip(*chunks, strict=True)]
    )


def _iterate_rows(
    reader: Iterator[list[str]], name: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (physical line, cells) of every row that is not blank."""
    while True:
        line: int = reader.line_num + 1  # type: ignore[attr-defined]  # csv.reader has it
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(name, line, "", _explain(str(error))))
            continue
        if cells and (cells[0] or any(cells)) and (len(cells) > 1 or cells[0].strip()):
            yield line, cells


def _explain(error: str) -> str:
    if error == "unexpected end of data":
        return "a quoted cell of this row is never closed"
    if "expected after" in error:
        return "a quoted cell goes on after its closing quote; write quotes inside twice"
    return f"is not CSV: {error}"


def _explain_width(cells: int, width: int) -> str:
    return f"{cells} cells, where the header has {width}"


def _group_rows(
    rows: Iterator[tuple[int, list[str]]], width: int, name: str, problems: list[Problem]
) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield rows of the right width in groups; list the others."""
    lines: list[int] = []
    group: list[list[str]] = []
    for line, cells in rows:
        if len(cells) != width:
            problems.append(Problem(name, line, "", _explain_width(len(cells), width)))
            continue
        lines.append(line)
        group.append(cells)
        if len(group) == _CHUNK_ROWS:
            yield lines, group
            lines, group = [], []
    if group:
        yield lines, group


def read_header(cells: Sequence[str], name: str, line: int, problems: list[Problem]) -> list[str]:
    """Return the column names; an empty list where there is no usable header."""
    names = [unicodedata.normalize("NFKC", cell).strip(" \t\r\n\ufeff") for cell in cells]
    if not any(names):
        if not problems:
            problems.append(Problem(name, 0, "", "is empty: not even a header stands in it"))
        return []
    doubled = sorted({column for column in names if column and names.count(column) > 1})
    problems.extend(
        Problem(name, line, column, "stands more than once in the header") for column in doubled
    )
    return [] if doubled else names


def _check_unnamed(
    values: pl.Series, name: str, index: int, line: Int64s, problems: list[Problem]
) -> None:
    """Spreadsheets leave empty columns behind; one that holds something is not ours to drop."""
    filled = (values.str.strip_chars() != "").arg_true()
    if len(filled):
        reason = f"column {index + 1} has no name in the header, but holds values"
        problems.append(Problem(name, int(line[filled[0]]), "", reason))
