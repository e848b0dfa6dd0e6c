"""Columns of integers as a Parquet file that can be mapped as it lies.

Any tool reads it; we map it. So each column is what an array is in memory: required values,
PLAIN, uncompressed, all in one data page of one row group, at an address that is a multiple
of 64. Polars reads one loan's rows of a Parquet file in a millisecond or more, and that six
times for six rules; a mapped slice costs microseconds.

The metadata is Thrift's compact protocol; only the writing of it is here. Where the pages lie
is returned, for whoever keeps it (``manifest``), so nothing ever parses the metadata.

SPEC: Apache Parquet format 2, parquet.thrift and Encodings.md.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fundtrace.errors import InvalidInputError

Array = npt.NDArray[Any]

# LIMIT: a page has at most 2^31 - 1 bytes, so 268,435,455 values of eight bytes.
ROWS_MAX = (1 << 28) - 1

_MAGIC = b"PAR1"
_ALIGNMENT = 64
_INT32, _INT64 = 1, 2  # physical types
_PLAIN, _RLE = 0, 3  # encodings
_STOP = 0


class Column(NamedTuple):
    """Where a column's values lie in its file."""

    name: str
    dtype: str  # "<i4" or "<i8"
    offset: int  # in bytes
    rows: int


def write_columns(path: Path, columns: Mapping[str, Array]) -> list[Column]:
    """Write int32 and int64 columns of one length; return where they lie.

    Raises InvalidInputError above ``ROWS_MAX`` rows.
    """
    rows = {len(column) for column in columns.values()}
    if len(rows) != 1:
        raise ValueError("the columns of a table have one length")
    (count,) = rows
    if count > ROWS_MAX:
        raise InvalidInputError(
            f"{path.name} would have {count:,} rows and can have {ROWS_MAX:,}; narrow the scope"
        )
    laid: list[Column] = []
    chunks: list[bytes] = []
    with path.open("wb") as file:
        file.write(_MAGIC)
        for name, column in columns.items():
            values = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<"))
            header = _describe_page(count, values.nbytes)
            file.write(b"\0" * (-(file.tell() + len(header)) % _ALIGNMENT))
            start = file.tell()
            file.write(header)
            laid.append(Column(name, values.dtype.str, file.tell(), count))
            values.tofile(file)
            chunks.append(_describe_chunk(laid[-1], start, file.tell() - start))
        metadata = _describe_file(laid, chunks, file.tell())
        file.write(metadata + len(metadata).to_bytes(4, "little") + _MAGIC)
    return laid


def map_columns(path: Path, laid: Sequence[Column]) -> dict[str, Array]:
    """Return the columns of a file as read-only arrays over its bytes.

    Raises ValueError where the file is too short, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[:4] != _MAGIC or mapped[-4:] != _MAGIC:
        raise ValueError("it is no Parquet file")
    return {
        one.name: np.frombuffer(mapped, dtype=one.dtype, count=one.rows, offset=one.offset)
        for one in laid
    }


def _describe_page(rows: int, size: int) -> bytes:
    """Return the header of a data page (PageHeader)."""
    data = _i32(1, rows) + _i32(1, _PLAIN) + _i32(1, _RLE) + _i32(1, _RLE) + _end()
    return _i32(1, 0) + _i32(1, size) + _i32(1, size) + _struct(2, data) + _end()


def _describe_chunk(column: Column, start: int, size: int) -> bytes:
    """Return a ColumnChunk with its ColumnMetaData."""
    metadata = (
        _i32(1, _get_type(column))
        + _list(1, 5, [_zigzag(_PLAIN), _zigzag(_RLE)])
        + _list(1, 8, [_text(column.name)])
        + _i32(1, 0)  # uncompressed
        + _i64(1, column.rows)
        + _i64(1, size)
        + _i64(1, size)
        + _i64(2, start)
        + _end()
    )
    return _i64(2, start) + _struct(1, metadata) + _end()


def _describe_file(columns: Sequence[Column], chunks: Sequence[bytes], size: int) -> bytes:
    """Return the FileMetaData."""
    rows = columns[0].rows
    root = _field(4, 8) + _text("rows") + _i32(1, len(columns)) + _end()
    leaves = [
        _i32(1, _get_type(one)) + _i32(2, 0) + _field(1, 8) + _text(one.name) + _end()
        for one in columns
    ]
    group = _list(1, 12, chunks) + _i64(1, size) + _i64(1, rows) + _end()
    return (
        _i32(1, 2)
        + _list(1, 12, [root, *leaves])
        + _i64(1, rows)
        + _list(1, 12, [group] if rows else [])
        + _field(2, 8)
        + _text("fundtrace")
        + _end()
    )


def _get_type(column: Column) -> int:
    return {"<i4": _INT32, "<i8": _INT64}[column.dtype]


# Thrift's compact protocol: a field is (steps from the last field's id, type), then its value.


def _field(step: int, kind: int) -> bytes:
    return bytes([step << 4 | kind])


def _i32(step: int, value: int) -> bytes:
    return _field(step, 5) + _zigzag(value)


def _i64(step: int, value: int) -> bytes:
    return _field(step, 6) + _zigzag(value)


def _struct(step: int, content: bytes) -> bytes:
    return _field(step, 12) + content


def _list(step: int, kind: int, items: Sequence[bytes]) -> bytes:
    size = len(items)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + _varint(size)
    return _field(step, 9) + head + b"".join(items)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _varint(len(encoded)) + encoded


def _end() -> bytes:
    return bytes([_STOP])


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
