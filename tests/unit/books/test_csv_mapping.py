"""A mapping file is checked to the key before any data is read."""

from __future__ import annotations

import pytest

from fundtrace.books.csv_mapping import Shape, load_mapping, parse_mapping
from fundtrace.errors import InvalidInputError
from tests.support.shared import REPOSITORY

STATEMENT = {
    "shape": "statement",
    "columns": {"account": "a", "booked_on": "d", "direction": "f", "amount": "m"},
    "constants": {"bank": "A", "currency": "CNY"},
}
LEDGER = {
    "shape": "ledger",
    "columns": {"debit_account": "a", "credit_account": "b", "booked_at": "d", "amount": "m"},
    "constants": {"currency": "CNY"},
}


@pytest.mark.parametrize("name", ["import-east.toml", "import-statement.toml"])
def test_the_documented_examples_are_valid(name):
    mapping = load_mapping(REPOSITORY / "docs" / "examples" / name)
    assert mapping.shape is Shape.STATEMENT


def test_directions_and_red_ink_have_defaults():
    mapping = parse_mapping(STATEMENT)
    assert (mapping.debit_words, mapping.credit_words) == (("借",), ("贷",))
    assert not mapping.keep_unmatched_red_ink
    assert parse_mapping(LEDGER).shape is Shape.LEDGER


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": "sheet"}, "shape must be"),
        ({"colums": {}}, "no key colums; known: shape, file, columns"),
        ({"columns": {"acount": "a"}}, "no key acount; known: movement_id"),
        ({"columns": {"debit_account": "a"}}, "no key debit_account"),
        ({"columns": "a"}, "must be a section"),
        ({"columns": {"account": 1}}, "columns.account must be a text"),
        ({"columns": {"account": ""}}, "columns.account must be a text"),
        ({"columns": {"account": "a", "amount": "m", "direction": "f"}}, "needs booked_at, or"),
        (
            {"columns": {**STATEMENT["columns"], "booked_at": "x"}},
            "needs booked_at, or booked_on",
        ),
        (
            {
                "columns": {
                    "account": "a",
                    "amount": "m",
                    "direction": "f",
                    "booked_at": "x",
                    "booked_time": "y",
                }
            },
            "booked_time goes with booked_on",
        ),
        ({"columns": {"booked_on": "d", "amount": "m"}}, "must give account, direction"),
        ({"columns": {**STATEMENT["columns"], "debit_amount": "x"}}, "not both"),
        ({"constants": {"bank": "A"}}, "must give currency"),
        ({"constants": {**STATEMENT["constants"], "amount": "1"}}, "cannot give amount"),
        ({"file": {"delimiter": ";;"}}, "delimiter must be one character"),
        ({"file": {"encoding": "klingon"}}, "'klingon' is not known"),
        ({"formats": {"day": "%d"}}, "known: datetime, date, time"),
        ({"directions": {"debit": "借"}}, "directions.debit must be a list"),
        ({"directions": {"debit": ["贷"]}}, "stands in both lists"),
        ({"kinds": {"工资": "salary"}}, "kinds.工资 is 'salary'; known: transfer"),
        ({"kinds": {"冲正": "return"}}, "kinds.冲正 is 'return'"),
        ({"red_ink": {"unmatched": "drop"}}, "refuse"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(change, words):
    with pytest.raises(InvalidInputError, match=words):
        parse_mapping({**STATEMENT, **change})


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot read"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("shape = ")
    with pytest.raises(InvalidInputError, match="is not TOML"):
        load_mapping(tmp_path / "bad.toml")
    (tmp_path / "wrong.toml").write_text('shape = "x"')
    with pytest.raises(InvalidInputError, match=r"wrong\.toml: shape must"):
        load_mapping(tmp_path / "wrong.toml")
