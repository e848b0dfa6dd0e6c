"""Values to protobuf messages and back: one rule for every class, read from its annotations.

A value's field and a message's field have one name and mean the same; a test holds both lists
together. What differs is settled here, once:

- an instant ``x_at`` is ``x_at_micros`` (microseconds since the epoch), a date ``x_on`` is
  ``x_on_days`` (days since the epoch) with presence;
- a word of a vocabulary is the number of the enum's value with the same name; ``None`` and a
  word ``UNSPECIFIED`` are number 0, which is refused where neither is allowed;
- one of several classes is a oneof with the field's name, its members told by their types;
- a verifier key is its text.

What is parsed as new input must be exactly what the encoder writes for the same value, so that
one value has one encoding: unknown fields, other orders, longer numbers, defaults written out
and fields given twice are all refused by that one comparison. Depth needs no count here: the
messages are not recursive, and protobuf itself stops at 100 levels of what it does not know.
"""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from operator import attrgetter
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.kinds.bounds import DAY_END, DAY_MIN, INSTANT_END, INSTANT_MIN, is_value
from fundtrace.model.instants import from_micros, to_micros
from fundtrace.tlog.keys import VerifierKey, parse_verifier_key

Fill = Callable[[Any, Any], None]  # (value, message): writes the value into the message
Read = Callable[[Any], Any]  # message -> value; raises InvalidInputError

_MICROS_MIN, _MICROS_END = to_micros(INSTANT_MIN), to_micros(INSTANT_END)
_DAY_ZERO = dt.date(1970, 1, 1)
_DAYS_MIN, _DAYS_END = (DAY_MIN - _DAY_ZERO).days, (DAY_END - _DAY_ZERO).days


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value goes into a message, and comes out of one."""

    fill: Fill
    read: Read


@dataclass(frozen=True, slots=True)
class Item:
    """How one thing goes into a field that is neither a message nor has a name of its own."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


_AS_IT_IS = Item(lambda value: value, lambda value: value)


def encode_message(value: object, codec: Codec, message_class: type[Message]) -> bytes:
    """Return the one encoding of a value."""
    message = message_class()
    codec.fill(value, message)
    return message.SerializeToString(deterministic=True)


def parse_message(
    data: bytes, codec: Codec, message_class: type[Message], what: str, bytes_max: int
) -> Any:
    """Return the value that ``data`` is the one encoding of.

    Raises EncodingError for everything else, its cause chained.
    """
    if len(data) > bytes_max:
        raise EncodingError(f"{what} has {len(data)} bytes; at most {bytes_max} are allowed")
    try:
        value = codec.read(message_class.FromString(data))
    except DecodeError as error:
        raise EncodingError(f"not {what}: the bytes are no such protobuf message") from error
    except InvalidInputError as error:
        raise EncodingError(f"not {what}: {error}") from error
    if encode_message(value, codec, message_class) != data:
        raise EncodingError(
            f"not {what}: it is not the one encoding of its value (unknown fields, another "
            "order, or defaults written out)"
        )
    return value


def get_codec(value_class: type[Any], descriptor: Descriptor) -> Codec:
    """Return the codec of a class of values and its message; TypeError where they disagree."""
    hints = get_type_hints(value_class, include_extras=True)
    names = [field.name for field in fields(value_class)]
    parts = [(name, _build_field(name, hints[name], descriptor)) for name in names]
    fills = [(name, part.fill) for name, part in parts]
    reads = [(name, part.read) for name, part in parts]

    def fill(value: Any, message: Any) -> None:
        for name, fill_field in fills:
            fill_field(getattr(value, name), message)

    def read(message: Any) -> Any:
        return value_class(**{name: read_field(message) for name, read_field in reads})

    return Codec(fill, read)


def build_oneof(
    descriptor: Descriptor,
    oneof: str,
    classes: Sequence[type[Any]],
    special: dict[type[Any], Codec] | None = None,
) -> Codec:
    """Build the codec of a oneof: each class is the member whose message has its name.

    ``special`` gives the codecs of classes that are not mapped field by field.
    """
    held = descriptor.oneofs_by_name[oneof].fields
    members = {_get_message_type(field).name: field for field in held}
    by_name = {one.__name__: one for one in classes}
    if members.keys() != by_name.keys():
        raise TypeError(f"{descriptor.name}.{oneof} has {set(members) ^ set(by_name)} on one side")
    what = f"{descriptor.name}.{oneof}"
    by_class: dict[type, Codec] = {}
    by_field: dict[str, Codec] = {}
    for name, one in by_name.items():
        field = members[name]
        codec = (special or {}).get(one) or get_codec(one, _get_message_type(field))
        by_class[one] = by_field[field.name] = _build_part(field.name, codec)

    def fill(value: Any, message: Any) -> None:
        kind = type(value)
        if kind not in by_class:
            raise InvalidInputError(f"{what} cannot hold a {kind.__name__}")
        by_class[kind].fill(value, message)

    def read(message: Any) -> Any:
        name = message.WhichOneof(oneof)
        if name is None:
            raise InvalidInputError(f"{what} is missing, or of a kind that is not known here")
        return by_field[name].read(message)

    return Codec(fill, read)


def _build_field(name: str, hint: object, descriptor: Descriptor) -> Codec:
    """Build the codec of one field: ``fill`` and ``read`` take the whole message."""
    inner, is_optional = _strip(hint)
    what = f"{descriptor.name}.{name}"
    if isinstance(inner, tuple):
        return build_oneof(descriptor, name, inner)
    if get_origin(inner) is tuple:
        return _build_repeated(descriptor.fields_by_name[name], get_args(inner)[0], what)
    if inner is dt.datetime:
        return _build_plain(f"{name}_micros", _build_instant_item(what))
    if inner is dt.date:
        plain = _build_plain(f"{name}_days", _build_day_item(what))
        return _build_present(f"{name}_days", plain, what, is_optional=is_optional)
    field = descriptor.fields_by_name[name]
    if _is_message(inner):
        part = _build_part(name, get_codec(inner, _get_message_type(field)))
        return _build_present(name, part, what, is_optional=is_optional)
    return _build_plain(name, _build_item(inner, field, what, is_optional=is_optional))


def _is_message(inner: Any) -> bool:
    return isinstance(inner, type) and is_value(inner) and inner is not VerifierKey


def _strip(hint: object) -> tuple[Any, bool]:
    """Return what an annotation names, without bounds and None; several classes as a tuple."""
    if get_origin(hint) is Annotated:
        return _strip(get_args(hint)[0])
    if get_origin(hint) not in {Union, types.UnionType}:
        return hint, False
    members = [one for one in get_args(hint) if one is not types.NoneType]
    is_optional = len(members) < len(get_args(hint))
    return (_strip(members[0])[0] if len(members) == 1 else tuple(members)), is_optional


def _build_plain(name: str, item: Item) -> Codec:
    write, read, get = item.write, item.read, attrgetter(name)
    if item is _AS_IT_IS:
        return Codec(lambda value, message: setattr(message, name, value), get)
    return Codec(
        lambda value, message: setattr(message, name, write(value)),
        lambda message: read(get(message)),
    )


def _build_present(name: str, codec: Codec, what: str, *, is_optional: bool) -> Codec:
    """Build the codec of a field with presence from that of the field where it is there."""

    def fill(value: Any, message: Any) -> None:
        if value is not None:
            codec.fill(value, message)

    def read(message: Any) -> Any:
        if message.HasField(name):
            return codec.read(message)
        if is_optional:
            return None
        raise InvalidInputError(f"{what} is missing")

    return Codec(fill, read)


def _build_part(name: str, codec: Codec) -> Codec:
    """Build the codec of a message within a message from that of its own class."""

    def fill(value: Any, message: Any) -> None:
        part = getattr(message, name)
        part.SetInParent()  # it is there even if nothing in it differs from zero
        codec.fill(value, part)

    return Codec(fill, lambda message: codec.read(getattr(message, name)))


def _build_repeated(field: FieldDescriptor, hint: object, what: str) -> Codec:
    inner, _ = _strip(hint)
    name = field.name
    if _is_message(inner):
        codec = get_codec(inner, _get_message_type(field))

        def fill_messages(values: Any, message: Any) -> None:
            held = getattr(message, name)
            for value in values:
                codec.fill(value, held.add())

        return Codec(fill_messages, lambda message: tuple(map(codec.read, getattr(message, name))))
    item = _build_item(inner, field, what, is_optional=False)
    if item is _AS_IT_IS:
        return Codec(
            lambda values, message: getattr(message, name).extend(values),
            lambda message: tuple(getattr(message, name)),
        )

    def fill(values: Any, message: Any) -> None:
        getattr(message, name).extend(map(item.write, values))

    return Codec(fill, lambda message: tuple(map(item.read, getattr(message, name))))


def _get_message_type(field: FieldDescriptor) -> Descriptor:
    if field.message_type is None:
        raise TypeError(f"{field.full_name} is no message")
    return field.message_type


def _build_item(inner: Any, field: FieldDescriptor, what: str, *, is_optional: bool) -> Item:
    """Build how one thing is written that has no message of its own."""
    if inner in {str, bytes, int, bool}:
        return _AS_IT_IS
    if inner is VerifierKey:
        return Item(VerifierKey.encode, parse_verifier_key)
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _build_word_item(inner, field.enum_type, what, is_optional=is_optional)
    raise TypeError(f"{what}: no message field can hold {inner}")


def _build_word_item(
    words: type[Enum], descriptor: EnumDescriptor | None, what: str, *, is_optional: bool
) -> Item:
    """Build how a word is written: by the number of the enum's value that has its name."""
    if descriptor is None:
        raise TypeError(f"{what} is no enum")
    prefix = get_enum_prefix(descriptor)
    numbers = {value.name.removeprefix(prefix): value.number for value in descriptor.values}
    if numbers.keys() | {"UNSPECIFIED"} != {word.name for word in words} | {"UNSPECIFIED"}:
        raise TypeError(f"{what}: {words.__name__} and {descriptor.name} differ")
    number_of: dict[Any, int] = {word: numbers[word.name] for word in words}
    if is_optional:
        number_of[None] = 0
    word_of = {number: word for word, number in number_of.items()}

    def read(number: int) -> Any:
        try:
            return word_of[number]
        except KeyError:
            raise InvalidInputError(f"{what} has the number {number}, which no word has") from None

    return Item(number_of.__getitem__, read)


def get_enum_prefix(descriptor: EnumDescriptor) -> str:
    """Return what the names of an enum's values begin with: its own name in capitals."""
    zero = descriptor.values_by_number[0].name
    return str(zero.removesuffix("UNSPECIFIED"))


def _build_instant_item(what: str) -> Item:
    def read(micros: int) -> dt.datetime:
        if not _MICROS_MIN <= micros < _MICROS_END:
            raise InvalidInputError(f"{what} is {micros} microseconds; 1970 to 2199 are allowed")
        return from_micros(micros)

    return Item(to_micros, read)


def _build_day_item(what: str) -> Item:
    def read(days: int) -> dt.date:
        if not _DAYS_MIN <= days < _DAYS_END:
            raise InvalidInputError(f"{what} is {days} days; 1970 to 2199 are allowed")
        return _DAY_ZERO + dt.timedelta(days=days)

    return Item(lambda value: (value - _DAY_ZERO).days, read)
