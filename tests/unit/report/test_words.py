import string

import pytest

from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.report.words import END_REASONS, KINDS, RULES, USES, Label, Lang, say

TABLES = [(Use, USES), (EndReason, END_REASONS), (Rule, RULES), (MovementKind, KINDS)]


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("codes", "table"), TABLES)
def test_every_code_has_words_in_both_languages(codes: type, table: dict) -> None:
    assert list(table) == list(codes)
    assert all(words.zh and words.en for words in table.values())


@pytest.mark.parametrize(("codes", "table"), TABLES)
def test_no_two_codes_of_one_table_read_the_same(codes: type, table: dict) -> None:
    assert len({words.zh for words in table.values()}) == len(table)
    assert len({words.en for words in table.values()}) == len(table)


@pytest.mark.parametrize("label", Label)
def test_both_languages_of_a_label_are_filled_by_the_same_values(label: Label) -> None:
    assert label.value.zh
    assert label.value.en
    assert _fields(label.value.zh) == _fields(label.value.en)


def test_codes_of_equal_text_keep_their_own_words() -> None:
    assert Use.PROPERTY in USES
    assert say(Use.NON_MEMBER, Lang.ZH) != say(EndReason.NON_MEMBER, Lang.ZH)
    assert say(Rule.FIFO, Lang.EN) == "first in, first out"
    assert say(MovementKind.RETURN, Lang.ZH) == "退回"


def test_a_value_with_braces_is_not_read_as_a_template() -> None:
    assert say(Label.RETURN_OF, Lang.EN, movement="{x}") == "return of {x}"
