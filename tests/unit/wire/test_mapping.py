"""Values and messages hold the same fields, words and bounds, so that neither outgrows the other."""

import datetime as dt
from enum import Enum
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from fundtrace.errors import InvalidInputError
from fundtrace.ledger.kinds import bounds, entries, table
from fundtrace.ledger.roster.document import Roster
from fundtrace.v1 import body_pb2, common_pb2, entry_pb2, loan_pb2, movement_pb2, roster_pb2
from fundtrace.wire.mapping import (
    _build_word_item,
    _is_message,
    _strip,
    build_oneof,
    get_codec,
    get_enum_prefix,
)
from tests.support.records import LOAN_ACCOUNT


def _list_pairs():
    """List every class of values with the message that it is mapped to."""
    found = {}

    def walk(value_class, descriptor):
        if value_class in found:
            return
        found[value_class] = descriptor
        for name, hint in get_type_hints(value_class, include_extras=True).items():
            inner, _ = _strip(hint)
            if get_origin(inner) is tuple:
                inner, _ = _strip(get_args(inner)[0])
            if isinstance(inner, tuple):
                walk_oneof(inner, descriptor.oneofs_by_name[name])
            elif _is_message(inner):
                walk(inner, descriptor.fields_by_name[name].message_type)

    def walk_oneof(classes, oneof):
        members = {field.message_type.name: field.message_type for field in oneof.fields}
        for one in classes:
            walk(one, members[one.__name__])

    walk_oneof(table.BODIES.values(), body_pb2.Body.DESCRIPTOR.oneofs_by_name["body"])
    clear = [one for one in table.ENTRIES.values() if one is not entries.Record]
    walk_oneof(clear, entry_pb2.Entry.DESCRIPTOR.oneofs_by_name["entry"])
    walk(entries.HeaderContext, entry_pb2.HeaderContext.DESCRIPTOR)
    walk(Roster, roster_pb2.Roster.DESCRIPTOR)
    return sorted(found.items(), key=lambda pair: pair[1].full_name)


PAIRS = _list_pairs()
INT_MAX = {"uint32": 2**32 - 1, "uint64": 2**64 - 1, "int32": 2**31 - 1, "int64": 2**63 - 1}
TYPE_NAMES = {13: "uint32", 4: "uint64", 5: "int32", 3: "int64"}


def _name(pair):
    return pair.full_name if hasattr(pair, "full_name") else pair.__name__


def _get_suffix(inner):
    return "_micros" if inner is dt.datetime else "_days" if inner is dt.date else ""


@pytest.mark.parametrize(("value_class", "descriptor"), PAIRS, ids=_name)
def test_a_value_and_its_message_have_the_same_fields(value_class, descriptor):
    hints = get_type_hints(value_class, include_extras=True)
    expected = [f"{name}{_get_suffix(_strip(hint)[0])}" for name, hint in hints.items()]
    real_oneofs = [one for one in descriptor.oneofs if not one.name.startswith("_")]
    in_oneofs = {field.name for one in real_oneofs for field in one.fields}
    plain = [field.name for field in descriptor.fields if field.name not in in_oneofs]
    assert plain + [one.name for one in real_oneofs] == expected


@pytest.mark.parametrize(("value_class", "descriptor"), PAIRS, ids=_name)
def test_fields_are_numbered_without_gaps(value_class, descriptor):
    numbers = [field.number for field in descriptor.fields]
    assert numbers == [*range(1, len(numbers) + 1)]


def _list_whole_fields():
    for value_class, descriptor in PAIRS:
        for name, hint in get_type_hints(value_class, include_extras=True).items():
            inner = hint
            if get_origin(_strip(hint)[0]) is tuple:
                inner = get_args(_strip(hint)[0])[0]
            if get_origin(inner) is Annotated and isinstance(get_args(inner)[1], bounds.Whole):
                field = descriptor.fields_by_name[name]
                yield pytest.param(get_args(inner)[1], field, id=field.full_name)


@pytest.mark.parametrize(("bound", "field"), [*_list_whole_fields()])
def test_a_number_within_its_bound_fits_its_field(bound, field):
    assert bound.least >= 0
    assert bound.greatest <= INT_MAX[TYPE_NAMES[field.type]]


def test_codecs_name_what_is_on_one_side_only():
    with pytest.raises(TypeError, match="on one side"):
        build_oneof(body_pb2.Body.DESCRIPTOR, "body", tuple(table.BODIES.values())[1:])


class _OtherWords(Enum):
    ONE = "one"


def test_codecs_refuse_words_that_differ():
    with pytest.raises(TypeError, match="differ"):
        _build_word_item(_OtherWords, common_pb2.Rule.DESCRIPTOR, "it", is_optional=False)


@pytest.mark.parametrize(
    "file",
    [common_pb2, entry_pb2, loan_pb2, movement_pb2, roster_pb2],
    ids=lambda one: one.__name__,
)
def test_the_names_of_an_enums_values_begin_with_its_own(file):
    prefixes = [get_enum_prefix(one) for one in file.DESCRIPTOR.enum_types_by_name.values()]
    assert prefixes
    assert all(one.endswith("_") for one in prefixes)


def test_a_missing_message_is_named():
    codec = get_codec(type(LOAN_ACCOUNT), common_pb2.AccountRef.DESCRIPTOR)
    with pytest.raises(InvalidInputError, match=r"AccountRef\.bank"):
        codec.read(common_pb2.AccountRef())
