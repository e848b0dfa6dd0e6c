"""Columns of the tables: sequences to whoever reads a few rows, series to whoever reads many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from fundtrace.model.columns import (
    Texts,
    Words,
    find_equal,
    pick_values,
    to_series,
    wrap_series,
)
from fundtrace.model.kinds import AccountKind, PartyType, Relation
from fundtrace.model.registers import Parties, Relations, list_relations
from fundtrace.model.tables import Party, Related

LIST = ["b", "a", "b", "", "c"]
TEXTS = Texts(pl.Series(LIST))
WORDS = Words(np.array([1, 0, 1, 2, 3], dtype=np.uint8), ["a", "b", "", "c"])
COLUMNS = pytest.mark.parametrize("column", [LIST, TEXTS, WORDS], ids=["list", "texts", "words"])
SHAPES = pytest.mark.parametrize("count", [3, 2_000], ids=["few", "many"])


@COLUMNS
def test_a_column_is_a_sequence_of_its_texts(column: Sequence[str]) -> None:
    assert (list(column), len(column), column[1], column[-1]) == (LIST, 5, "a", "c")
    assert list(column[1:4]) == ["a", "b", ""]
    assert column == LIST
    assert (column == LIST[:4], column == [*LIST[:4], "d"], column == "bab") == (False,) * 3


@COLUMNS
def test_rows_are_found_and_picked_together(column: Sequence[str]) -> None:
    assert pick_values(column, np.array([4, 0])) == ["c", "b"]
    assert find_equal(column, "b").tolist() == [0, 2]
    assert find_equal(column, "x").tolist() == []


@COLUMNS
def test_a_column_is_the_same_behind_its_series(column: Sequence[str]) -> None:
    series = to_series(column)
    assert series.cast(pl.String).to_list() == LIST
    assert wrap_series(series) == LIST


def test_words_wrap_the_codes_of_an_enumeration_as_they_are() -> None:
    wrapped = wrap_series(WORDS.to_series())
    assert isinstance(wrapped, Words)
    assert (wrapped.codes.dtype, wrapped.codes.tolist()) == (np.uint8, [1, 0, 1, 2, 3])


def test_words_are_of_any_type() -> None:
    kinds = Words(np.array([1, 0], dtype=np.int8), tuple(AccountKind))
    assert list(kinds) == [AccountKind.CURRENT, AccountKind.UNSPECIFIED]


@pytest.mark.parametrize("count", [255, 256, 65_535, 65_536])
def test_many_words_become_an_enumeration(count: int) -> None:
    words = Words(np.arange(count), [str(one) for one in range(count)])
    assert words.to_series().cast(pl.String).to_list() == list(words)


def test_only_text_is_wrapped_as_text() -> None:
    with pytest.raises(TypeError, match="String, not Int64"):
        Texts(pl.Series([1]))


@SHAPES
def test_a_party_is_found_by_its_id(count: int) -> None:
    ids = [f"H{one}" for one in range(count)]
    same = Words(np.zeros(count, dtype=np.int8), [""])
    types = Words(np.ones(count, dtype=np.int8), tuple(PartyType))
    parties = Parties(Texts(pl.Series(ids)), Texts(pl.Series(ids)), types, same, same)
    assert parties["H2"] == Party("H2", "H2", PartyType.COMPANY)
    assert ("H2" in parties, "H" in parties, parties.get("x"), 2 in parties) == (
        True,
        False,
        None,
        False,
    )
    assert list(parties) == ids
    with pytest.raises(KeyError):
        parties["x"]


def test_relations_of_some_holders_are_found_on_either_side() -> None:
    rows = [
        Related("A", "B", Relation.SPOUSE),
        Related("C", "D", Relation.SUPPLIER, "10 %"),
        Related("D", "A", Relation.GUARANTOR),
    ]
    columns = Relations(
        Texts(pl.Series([one.holder_id for one in rows])),
        Texts(pl.Series([one.related_holder_id for one in rows])),
        [one.relation for one in rows],
        [one.share for one in rows],
    )
    assert (columns == rows, columns[1], columns[1:] == rows[1:]) == (True, rows[1], True)
    assert columns != rows[:2]
    for relations in (columns, rows):
        assert list_relations(relations, {"A"}) == [rows[0], rows[2]]
