"""Columns on disk and mapped: numbers, texts, words of a few kinds, and texts to look up.

Numbers are .npy files. A column of texts is its UTF-8 bytes one after the other and the (n + 1)
places where they begin; a text is decoded when somebody asks for its row. Words are codes into
a short list. Arrow's own files would do, but what reads them here copies them: polars no
longer maps, and its cell access costs three times as much as a slice of bytes.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from fundtrace.model.tables import Int32s

T = TypeVar("T")
Array = npt.NDArray[Any]

_CHUNK_ROWS = 1 << 16  # texts encoded at a time


class MappedTexts(Sequence[str]):
    """A column of texts over mapped bytes; equal to nothing but itself."""

    __slots__ = ("_bytes", "_starts")

    def __init__(self, starts: Array, content: bytes | mmap.mmap) -> None:
        """Take (n + 1,) int64 places in ``content``, UTF-8."""
        self._starts: memoryview[int] = np.ascontiguousarray(starts).data
        self._bytes = content

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return the text of a row, or some rows."""
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        if index < 0:
            index = range(len(self))[index]
        return self._bytes[self._starts[index] : self._starts[index + 1]].decode()

    def __iter__(self) -> Iterator[str]:
        """Give every text in turn."""
        return map(self.__getitem__, range(len(self)))

    def pick(self, rows: npt.NDArray[np.integer[Any]]) -> list[str]:
        """Return the texts of some rows."""
        return [self[row] for row in rows.tolist()]


class MappedWords(Sequence[T]):
    """A column of few different values: ``values[codes[row]]``."""

    __slots__ = ("codes", "values")

    def __init__(self, codes: Array, values: Sequence[T]) -> None:
        """Take (n,) codes, positions in ``values``."""
        self.codes, self.values = codes, tuple(values)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> MappedWords[T]: ...
    def __getitem__(self, index: int | slice) -> T | MappedWords[T]:
        """Return the value of a row, or some rows."""
        if isinstance(index, slice):
            return MappedWords(self.codes[index], self.values)
        value: T = self.values[self.codes[index]]
        return value

    def __iter__(self) -> Iterator[T]:
        """Give every value in turn."""
        return map(self.values.__getitem__, self.codes.tolist())


class TextIndex:
    """Rows in the order of their texts, so that a text is found by bisection."""

    def __init__(self, texts: Callable[[int], str], order: Int32s) -> None:
        """``texts`` gives the text of one of ``order``."""
        self._texts, self._order = texts, order

    def list_rows(self, text: str) -> list[int]:
        """Return the rows that hold just this text, in their own order."""
        order, texts = self._order, self._texts
        start = end = bisect_left(order, text, key=texts)
        while end < len(order) and texts(int(order[end])) == text:
            end += 1
        return sorted(order[start:end].tolist())

    def find_row(self, text: str) -> int | None:
        """Return the first row that holds a text."""
        return next(iter(self.list_rows(text)), None)


def save_numbers(folder: Path, name: str, values: Array) -> None:
    """Write an array."""
    np.save(folder / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)


def map_numbers(folder: Path, name: str) -> Any:
    """Return an array that ``save_numbers`` wrote, mapped and read-only."""
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))


def save_texts(folder: Path, name: str, texts: Iterable[str]) -> None:
    """Write a column of texts."""
    starts, left = [np.zeros(1, dtype=np.int64)], iter(texts)
    with (folder / f"{name}.utf8").open("wb") as file:
        while some := list(islice(left, _CHUNK_ROWS)):
            joined = "".join(some)
            content = joined.encode()
            is_plain = len(content) == len(joined)  # a character is a byte
            lengths = map(len, some if is_plain else map(str.encode, some))
            sizes = np.fromiter(lengths, np.int64, len(some))
            starts.append(np.cumsum(sizes) + starts[-1][-1])
            file.write(content)
    save_numbers(folder, f"{name}.starts", np.concatenate(starts))


def map_texts(folder: Path, name: str) -> MappedTexts:
    """Return a column that ``save_texts`` wrote."""
    path = folder / f"{name}.utf8"
    content: bytes | mmap.mmap = b""
    if path.stat().st_size:  # nothing cannot be mapped
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return MappedTexts(map_numbers(folder, f"{name}.starts"), content)


def save_words(folder: Path, name: str, words: Iterable[str], count: int) -> None:
    """Write a column of ``count`` rows of few different texts."""
    numbers: dict[str, int] = {}
    codes = np.fromiter((numbers.setdefault(word, len(numbers)) for word in words), np.int32, count)
    smallest = np.min_scalar_type(len(numbers))
    save_numbers(folder, f"{name}.codes", codes.astype(smallest))
    save_texts(folder, f"{name}.values", numbers)


def map_words(folder: Path, name: str, read: Callable[[str], T]) -> MappedWords[T]:
    """Return a column that ``save_words`` wrote; ``read`` makes a value of its text."""
    values = [read(text) for text in map_texts(folder, f"{name}.values")]
    return MappedWords(map_numbers(folder, f"{name}.codes"), values)


def save_order(folder: Path, name: str, texts: Sequence[str]) -> None:
    """Write the rows in the order of their texts, for a ``TextIndex``."""
    held = list(texts)
    order = np.array(sorted(range(len(held)), key=held.__getitem__), dtype=np.int32)
    save_numbers(folder, f"{name}.order", order)


def map_index(folder: Path, name: str, texts: Callable[[int], str]) -> TextIndex:
    """Return the index over texts whose order ``save_order`` wrote."""
    return TextIndex(texts, map_numbers(folder, f"{name}.order"))
