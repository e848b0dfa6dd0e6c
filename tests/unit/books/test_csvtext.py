"""Bytes of CSV files become columns of text, or listed problems."""

from __future__ import annotations

import pytest

from fundtrace.books import csvtext
from fundtrace.books.csvtext import RawTable, parse_csv


def read(content: bytes | str, **options: str) -> RawTable:
    if isinstance(content, str):
        content = content.encode()
    table, problems = parse_csv(content, "t.csv", **options)
    assert problems == []
    return table


def get_columns(table: RawTable) -> dict[str, list[str]]:
    return {name: column.to_list() for name, column in table.columns.items()}


def find_problems(content: bytes | str) -> list[str]:
    if isinstance(content, str):
        content = content.encode()
    return [str(problem) for problem in parse_csv(content, "t.csv")[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_text_is_read_in_every_encoding_that_banks_use(encoding: str) -> None:
    table = read("户名,账号\n温州鞋业,6222\n".encode(encoding))
    assert get_columns(table) == {"户名": ["温州鞋业"], "账号": ["6222"]}


def test_text_in_no_known_encoding_is_refused_with_both_lines() -> None:
    expected = "t.csv:2: is neither UTF-8 (line 2) nor GB18030 (line 2); save it as UTF-8"
    assert find_problems(b"a,b\n\xff,1\n") == [expected]


def test_a_file_with_a_bom_is_not_read_as_anything_but_utf8() -> None:
    content = b"\xef\xbb\xbfa,b\n1,2\n\xc4\xe3,1\n"
    expected = "t.csv:3: is not UTF-8, although the file's first bytes (a BOM) say so"
    assert find_problems(content) == [expected]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_a_bom_is_refused_by_name(encoding: str) -> None:
    assert find_problems("\ufeffa,b\nÿ,2\n".encode(encoding)) == [
        "t.csv: is UTF-16; save it as UTF-8"
    ]


def test_damaged_utf8_that_gb18030_accepts_is_a_warning() -> None:
    content = "户名\n".encode() + "你".encode("gb18030") + b"\n"
    table, problems = parse_csv(content, "t.csv")
    assert problems == []
    assert [(warning.line, warning.file) for warning in table.warnings] == [(2, "t.csv")]


def test_nul_bytes_are_a_problem_at_their_line() -> None:
    expected = "t.csv:2: holds NUL bytes (2 in all); save the file as UTF-8 text"
    assert find_problems(b"a,b\n1,\x00\n\x00,2\n") == [expected]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n", b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_refused(content: bytes) -> None:
    assert find_problems(content) == ["t.csv: is empty: not even a header stands in it"]


def test_a_header_alone_is_a_table_without_rows() -> None:
    table = read("a,b\n")
    assert (get_columns(table), len(table)) == ({"a": [], "b": []}, 0)


def test_a_name_that_stands_twice_in_the_header_is_refused() -> None:
    assert find_problems("\na,b,a\n1,2,3\n") == ["t.csv:2: a: stands more than once in the header"]


def test_header_names_are_stripped_and_made_plain() -> None:
    assert list(read(" a ,ａｍｏｕｎｔ\t\n1,2\n").columns) == ["a", "amount"]


def test_another_delimiter_can_be_named() -> None:
    assert get_columns(read("a;b\n1,5;2\n", delimiter=";")) == {"a": ["1,5"], "b": ["2"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one_line(end: str) -> None:
    assert read(end.join(["a,b", "", "1,2", "3,4"])).line.tolist() == [3, 4]


def test_a_cell_over_several_lines_does_not_shift_the_numbers_after_it() -> None:
    table = read('a,b\n"x\n\ny",1\n2,3\n')
    assert table.line.tolist() == [2, 5]


def test_blank_lines_and_rows_of_delimiters_are_skipped() -> None:
    table = read("a,b\n\n1,2\n,\n   \n3,4\n")
    assert (get_columns(table), table.line.tolist()) == ({"a": ["1", "3"], "b": ["2", "4"]}, [3, 6])


def test_every_ragged_row_is_listed() -> None:
    assert find_problems("a,b\n1\n1,2\n1,2,3\n") == [
        "t.csv:2: 1 cells, where the header has 2",
        "t.csv:4: 3 cells, where the header has 2",
    ]


def test_a_quote_that_is_never_closed_is_a_problem_at_the_line_where_its_row_begins() -> None:
    assert find_problems('a,b\n1,2\n3,"4\n5,6\n') == [
        "t.csv:3: a quoted cell of this row is never closed"
    ]


def test_text_behind_a_closing_quote_is_a_problem_and_reading_goes_on() -> None:
    table, problems = parse_csv(b'a,b\n"1"x,2\n3,4\n', "t.csv")
    assert [problem.line for problem in problems] == [2]
    assert get_columns(table) == {"a": ["3"], "b": ["4"]}


def test_an_enormous_cell_is_a_problem() -> None:
    (problem,) = find_problems('a,b\n"' + "x" * 140_000 + '",1\n')
    assert problem == "t.csv:2: is not CSV: field larger than field limit (131072)"


def test_unnamed_columns_without_values_are_dropped() -> None:
    assert get_columns(read("a,,b,\n1,,2,\n")) == {"a": ["1"], "b": ["2"]}


def test_unnamed_columns_with_values_are_refused() -> None:
    assert find_problems("a,\n1,\n2,x\n") == [
        "t.csv:3: column 2 has no name in the header, but holds values"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a,b\n1,2\n",
        "a,b\r\n\r\n1,2\r\n,\r\n3,4\r5,6",
        "a\n1\n \n2",
        "a,b\n1\n1,2,3\n4,5",
        "\n\na,,b\n1,,2\n3,4,5\n",
        "a,a\n1,2",
        "  \na,b\n  \n1,2",
        "a,b\n，,　\n",
    ],
)
def test_text_without_quotes_reads_the_same_on_both_paths(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for minimum in (0, 10**9):
        monkeypatch.setattr(csvtext, "PLAIN_SIZE_MIN", minimum)
        table, problems = parse_csv(text.encode(), "t.csv")
        results.append((get_columns(table), table.line.tolist(), table.header_line, problems))
    assert results[0] == results[1]


def test_rows_beyond_one_chunk_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvtext, "_CHUNK_ROWS", 2)
    table = read('a\n"1"\n2\n3\n4\n5\n')
    assert (table.columns["a"].to_list(), table.line.tolist()) == (list("12345"), [2, 3, 4, 5, 6])
