from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fundtrace.kept import arrays
from fundtrace.kept.arrays import (
    map_index,
    map_numbers,
    map_texts,
    map_words,
    save_numbers,
    save_order,
    save_texts,
    save_words,
)

TEXTS = ["", "温州", "a", "", "🙂 b", "a"]


@pytest.mark.parametrize("texts", [TEXTS, [], ["", ""]])
def test_texts_come_back_row_by_row(tmp_path: Path, texts: list[str], monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_ROWS", 4)
    save_texts(tmp_path, "names", iter(texts))
    found = map_texts(tmp_path, "names")
    assert list(found) == texts
    assert [found[row] for row in range(-len(texts), len(texts))] == texts + texts
    assert found[1:3] == texts[1:3]
    assert found.pick(np.arange(len(texts))) == texts


@pytest.mark.parametrize("row", [6, -7])
def test_there_is_no_text_beyond_the_last(tmp_path: Path, row: int):
    save_texts(tmp_path, "names", TEXTS)
    with pytest.raises(IndexError):
        map_texts(tmp_path, "names")[row]


def test_words_take_as_little_as_they_need(tmp_path: Path):
    words = [str(number % 3) for number in range(10)]
    save_words(tmp_path, "words", words, len(words))
    found = map_words(tmp_path, "words", int)
    assert list(found) == [int(word) for word in words]
    assert found[4] == 1
    assert list(found[2:4]) == [2, 0]
    assert found.codes.dtype == np.uint8


def test_a_text_is_found_in_all_its_rows(tmp_path: Path):
    save_order(tmp_path, "names", TEXTS)
    index = map_index(tmp_path, "names", TEXTS.__getitem__)
    assert index.list_rows("a") == [2, 5]
    assert index.list_rows("") == [0, 3]
    assert index.find_row("温州") == 1
    assert index.find_row("b") is None
    assert index.list_rows("zzzz") == []


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.bool_])
@pytest.mark.parametrize("rows", [0, 3])
def test_numbers_keep_their_type(tmp_path: Path, dtype: type, rows: int):
    values = np.ones(rows, dtype=dtype)
    save_numbers(tmp_path, "some", values)
    found = map_numbers(tmp_path, "some")
    assert np.array_equal(found, values)
    assert found.dtype == values.dtype
    assert not found.flags.writeable
