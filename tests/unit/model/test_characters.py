"""Characters of agreed text: ranges that no Unicode version changes."""

from hashlib import sha256

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.framing import check_name
from fundtrace.ledger.kinds.bounds import Text
from fundtrace.model.characters import find_forbidden, fold_ascii, has_space, is_trimmed

FORBIDDEN = [
    *("\x00", "\n", "\x1f", "\x7f", "\x85", "\x9f", "\xad", "\u034f", "\u061c", "\u115f", "\u180e"),
    *("\u200b", "\u200d", "\u200e", "\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066"),
    *("\u206f", "\u3164", "\ufdd0", "\ufdef", "\ufeff", "\uffa0", "\ufff9", "\ufffe", "\uffff"),
    *("\U0001d173", "\U0001fffe", "\U000e0041", "\U000e0fff", "\U0010ffff"),
]
ALLOWED = [
    *("a", " ", "~", "\xa0", "银", "\u3000", "\U00020bb7", "\u2027", "\u202f", "\ufffd", "\ue000"),
    *("\ufe0f", "\U000e0100", "\U000e01ef", "\U000f0000"),
    "\U00033480",  # not assigned up to Unicode 17
]


@pytest.mark.parametrize("character", FORBIDDEN, ids=ascii)
def test_what_is_not_to_be_read_is_refused_in_names_and_in_records(character):
    assert find_forbidden(f"a{character}b") == character
    with pytest.raises(InvalidInputError, match="not to be read"):
        check_name(f"a{character}b", "a name")
    with pytest.raises(InvalidInputError, match="control"):
        Text(1, 20).check(f"a{character}b", "it")


@pytest.mark.parametrize("character", ALLOWED, ids=ascii)
def test_all_other_characters_are_taken_assigned_or_not(character):
    check_name(f"a{character}b", "a name")
    Text(1, 20).check(f"a{character}b", "it")


def test_the_ranges_are_the_same_code_points_for_good():
    found = [point for point in range(0x110000) if find_forbidden(chr(point))]
    digest = sha256(b"".join(point.to_bytes(4, "big") for point in found)).hexdigest()
    assert len(found) == 4037
    assert digest == "994c27dcff10bb46971e1622455b74da1f5797a132375634008a74eb66aabb8a"


def test_spaces_are_those_of_unicode_as_far_as_they_may_stand_in_text():
    found = [point for point in range(0x110000) if has_space(chr(point))]
    controls = [*range(0x09, 0x0E), 0x85, 0x2028, 0x2029]
    spaces = [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
    assert found == sorted(controls + spaces)


@pytest.mark.parametrize("space", [" ", "\xa0", "\u2003", "\u3000"], ids=ascii)
def test_a_space_may_stand_within_a_name_and_at_no_end(space):
    check_name(f"银行{space}甲", "a name")
    assert is_trimmed(f"a{space}b")
    assert not is_trimmed(f"a{space}")
    with pytest.raises(InvalidInputError, match="space"):
        check_name(f"{space}银行", "a name")


def test_only_ascii_letters_are_folded():
    assert fold_ascii("BANK Ａ Ä ǅ 银") == "bank Ａ Ä ǅ 银"
