"""Rows are numbered in order of first appearance, on short and on long columns alike."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from fundtrace.books import numbering
from fundtrace.books.numbering import find_repeats, find_rows, number_rows
from fundtrace.books.text import Text


def make(texts: list[str]) -> Text:
    return Text(pl.Series(texts, dtype=pl.String))


SHAPES = pytest.mark.parametrize(
    ("short", "hashed_min"),
    [(0, 10**9), (10**9, 10**9), (0, 0)],
    ids=["polars", "dict", "compiled"],
)


@pytest.fixture(autouse=True)
def choose(monkeypatch: pytest.MonkeyPatch, short: int, hashed_min: int) -> None:
    monkeypatch.setattr(numbering, "SHORT", short)
    monkeypatch.setattr(numbering, "HASHED_MIN", hashed_min)


@SHAPES
def test_numbers_run_in_order_of_first_appearance() -> None:
    numbers, first = number_rows([make(["b", "a", "b", "c"]), make(["1", "1", "1", "1"])])
    assert (numbers.tolist(), first.tolist()) == ([0, 1, 0, 2], [0, 1, 3])


@SHAPES
def test_different_rows_are_numbered_through() -> None:
    numbers, first = number_rows([make(["b", "a"])])
    assert (numbers.tolist(), first.tolist()) == ([0, 1], [0, 1])


@SHAPES
def test_cells_are_not_run_together() -> None:
    numbers, _ = number_rows([make(["a", "ab", "a"]), make(["bc", "c", "bc"])])
    assert numbers.tolist() == [0, 1, 0]


@SHAPES
def test_repeats_name_the_first_row() -> None:
    repeats, firsts = find_repeats([make(["a", "b", "a", "a"])])
    assert (repeats.tolist(), firsts.tolist()) == ([2, 3], [0, 0])


@SHAPES
def test_a_column_of_different_texts_repeats_nothing() -> None:
    repeats, _ = find_repeats([make(["a", "b"])])
    assert repeats.tolist() == []


@SHAPES
def test_rows_are_found_at_their_first_place() -> None:
    found = find_rows([make(["b", "x", "b"])], [make(["a", "b", "b"])])
    assert found.tolist() == [1, -1, 1]


@SHAPES
def test_nothing_is_found_in_nothing() -> None:
    empty = make([])
    assert find_rows([make(["b"])], [empty]).tolist() == [-1]
    assert find_rows([empty], [make(["b"])]).tolist() == []


@SHAPES
def test_rows_are_picked() -> None:
    assert make(["a", "b", "c"]).pick(np.array([2, 0])).to_list() == ["c", "a"]


@SHAPES
def test_many_rows_get_the_numbers_that_a_dict_gives() -> None:
    draw = random.Random(1)
    columns = [[draw.choice("abcd") * draw.randint(0, 3) for _ in range(500)] for _ in range(3)]
    numbers, first = number_rows([make(column) for column in columns])
    seen: dict[tuple[str, ...], int] = {}
    rows = list(zip(*columns, strict=True))
    assert numbers.tolist() == [seen.setdefault(row, len(seen)) for row in rows]
    assert [rows[row] for row in first.tolist()] == list(seen)


@SHAPES
def test_texts_that_share_a_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        numbering, "hash_rows", lambda columns: np.zeros(len(columns[0]), dtype=np.uint64)
    )
    texts = [make(["b", "a", "b", "c"]), make(["1", "1", "2", "1"])]
    numbers, first = number_rows(texts)
    assert (numbers.tolist(), first.tolist()) == ([0, 1, 2, 3], [0, 1, 2, 3])
    repeats, firsts = find_repeats([texts[0]])
    assert (repeats.tolist(), firsts.tolist()) == ([2], [0])
    assert find_rows([make(["c", "x"])], [texts[0]]).tolist() == [3, -1]


@SHAPES
def test_coded_and_plain_columns_are_numbered_alike() -> None:
    texts = make(["b", "a", "b", "c"])
    coded = Text(pl.Series(["a", "b", "c"]), np.array([1, 0, 1, 2], dtype=np.uint8))
    for columns in ([texts, coded], [coded, coded], [coded]):
        numbers, first = number_rows(columns)
        assert (numbers.tolist(), first.tolist()) == ([0, 1, 0, 2], [0, 1, 3])
    assert find_rows([coded], [texts]).tolist() == [0, 1, 0, 3]
    assert find_rows([texts], [coded]).tolist() == [0, 1, 0, 3]


@SHAPES
def test_many_keys_are_numbered_beyond_the_first_table_of_the_compiled_code() -> None:
    texts = [f"{one % 7_000}" for one in range(20_000)]
    numbers, first = number_rows([make(texts)])
    assert (numbers.tolist(), first.tolist()) == (
        [one % 7_000 for one in range(20_000)],
        list(range(7_000)),
    )
