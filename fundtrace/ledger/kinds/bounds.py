"""Bounds on every field of a record: what a value must be before anybody acts on it.

A field's bound stands in its annotation, ``Annotated[str, Text(1, 140)]``, and is checked
when the value is made, so a value that exists is within its bounds, whoever made it: a
parser, a bank's own node, a test. Rules that tie several fields together stand in the
value's ``check_together``. It keeps these rules:

- a field of text, bytes, whole numbers, instants, dates or lists without a bound is an error
  of ours, found when the first value of its class is made;
- lengths of text are in bytes of UTF-8, since bytes are what is stored and sent;
- a bool is no number and a ``datetime`` is no date, although Python says so.

Only InvalidInputError leaves, and names class and field.
"""

from __future__ import annotations

import datetime as dt
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Annotated, Any, Protocol, Union, get_args, get_origin, get_type_hints

from fundtrace.errors import InvalidInputError
from fundtrace.model.money import CURRENCIES

Check = Callable[[object, str], None]

# LIMIT: 2^62 minor units, so that a sum of two amounts still fits a signed 64-bit number.
AMOUNT_MINOR_END = 1 << 62
# LIMIT: instants end with the year 2199; their microseconds stay below 2^53 (the year 2255),
# so that readers whose only number is a double keep them exact.
INSTANT_MIN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
INSTANT_END = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
DAY_MIN = INSTANT_MIN.date()
DAY_END = INSTANT_END.date()

# Control characters, line and paragraph separators, and the marks that turn the direction of
# text, with which a name can be shown as another one. Lone surrogates have no UTF-8.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Bound(Protocol):
    """What a field's value must keep."""

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is not within the bound."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text of so many bytes: all of it fits a pattern, or none of it controls how it is shown."""

    bytes_min: int
    bytes_max: int
    pattern: re.Pattern[str] | None = None

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is not such a text."""
        if not isinstance(value, str):
            raise InvalidInputError(f"{what} must be text, not {type(value).__name__}")
        try:
            size = len(value) if value.isascii() else len(value.encode())
        except UnicodeEncodeError as error:
            raise InvalidInputError(f"{what} holds half a surrogate pair") from error
        if not self.bytes_min <= size <= self.bytes_max:
            raise InvalidInputError(
                f"{what} has {size} bytes; {self.bytes_min} to {self.bytes_max} are allowed"
            )
        if self.pattern is None:
            if not value.isprintable() and _FORBIDDEN.search(value):
                raise InvalidInputError(f"{what} holds a control character: {value!r}")
        elif size and not self.pattern.fullmatch(value):
            raise InvalidInputError(f"{what} is {value!r}, which is not of the form it must have")


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes, so many of them."""

    size_min: int
    size_max: int

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is not such bytes."""
        if not isinstance(value, bytes):
            raise InvalidInputError(f"{what} must be bytes, not {type(value).__name__}")
        if not self.size_min <= len(value) <= self.size_max:
            wanted = f"{self.size_min}"
            if self.size_max != self.size_min:
                wanted += f" to {self.size_max}"
            raise InvalidInputError(f"{what} has {len(value)} bytes; {wanted} are allowed")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from a least to a greatest, both included."""

    least: int
    greatest: int

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is not such a number."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInputError(f"{what} must be a whole number, not {type(value).__name__}")
        if not self.least <= value <= self.greatest:
            raise InvalidInputError(
                f"{what} is {value}; {self.least} to {self.greatest} are allowed"
            )


class _Instant:
    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no aware UTC time of a sensible year."""
        if not isinstance(value, dt.datetime):
            raise InvalidInputError(f"{what} must be a datetime, not {type(value).__name__}")
        if value.utcoffset() != dt.timedelta(0):
            raise InvalidInputError(f"{what} is {value}; it must be aware and in UTC")
        if not INSTANT_MIN <= value < INSTANT_END:
            raise InvalidInputError(f"{what} is {value}; 1970 to 2199 are allowed")


class _Day:
    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no date of a sensible year."""
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise InvalidInputError(f"{what} must be a date, not {type(value).__name__}")
        if not DAY_MIN <= value < DAY_END:
            raise InvalidInputError(f"{what} is {value}; 1970 to 2199 are allowed")


class _Currency:
    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no currency of ISO 4217."""
        if not isinstance(value, str) or value not in CURRENCIES:  # SPEC: ISO 4217 list one
            raise InvalidInputError(f"{what} is {value!r}; use an ISO 4217 code such as CNY")


@dataclass(frozen=True, slots=True)
class Items:
    """A list (a tuple here) of so many items; each keeps the bound of its own type."""

    count_min: int
    count_max: int

    def check(self, value: object, what: str) -> None:
        """Raise InvalidInputError where ``value`` is no tuple of so many items."""
        if not isinstance(value, tuple):
            raise InvalidInputError(f"{what} must be a tuple, not {type(value).__name__}")
        if not self.count_min <= len(value) <= self.count_max:
            raise InvalidInputError(
                f"{what} has {len(value)} items; {self.count_min} to {self.count_max} are allowed"
            )


INSTANT = _Instant()
DAY = _Day()
CURRENCY = _Currency()


class Checked:
    """The root of all values of the ledger: checks every field when it is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check the fields one by one, then together."""
        kind = type(self)
        checks = _CHECKS.get(kind)
        if checks is None:
            checks = _CHECKS[kind] = list_checks(kind)
        for name, what, check in checks:
            check(getattr(self, name), what)
        self.check_together()

    def check_together(self) -> None:
        """Raise InvalidInputError where fields contradict each other; here nothing does."""


FieldChecks = tuple[tuple[str, str, Check], ...]

_CHECKS: dict[type[Any], FieldChecks] = {}  # by class, once a value of it was made


def list_checks(kind: type[Any]) -> FieldChecks:
    """Return name, name with class, and check of every field of a class of values.

    Raises TypeError where a field has no bound, which is an error of ours.
    """
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        (field.name, f"{kind.__name__}.{field.name}", build_check(hints[field.name]))
        for field in fields(kind)
    )


def is_value(kind: type[Any]) -> bool:
    """Tell whether values of a class check themselves, by ``Checked`` or on their own."""
    return is_dataclass(kind) and hasattr(kind, "__post_init__")


def build_check(hint: object) -> Check:
    """Build the check of one annotation; raises TypeError where it bounds nothing."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        bounds: list[Check] = [mark.check for mark in marks]
        if get_origin(inner) is tuple:
            bounds.append(_build_items_check(get_args(inner)[0]))
        return _join(bounds)
    if get_origin(hint) in {Union, types.UnionType}:
        return _build_union_check(get_args(hint))
    if isinstance(hint, type) and (is_value(hint) or issubclass(hint, Enum) or hint is bool):
        return _build_type_check((hint,))
    raise TypeError(f"{hint} has no bound")


def _build_union_check(members: tuple[object, ...]) -> Check:
    """Build the check of ``X | None``, or of one of several classes of values."""
    wanted = [member for member in members if member is not types.NoneType]
    if len(wanted) == 1:
        check = build_check(wanted[0])

        def check_optional(value: object, what: str) -> None:
            if value is not None:
                check(value, what)

        return check_optional
    classes = tuple(member for member in wanted if isinstance(member, type) and is_value(member))
    if len(classes) != len(members):
        raise TypeError(f"{members} has no bound")
    return _build_type_check(classes)


def _build_type_check(classes: tuple[type, ...]) -> Check:
    names = " or ".join(one.__name__ for one in classes)

    def check(value: object, what: str) -> None:
        if not isinstance(value, classes):
            raise InvalidInputError(f"{what} must be {names}, not {type(value).__name__}")

    return check


def _build_items_check(hint: object) -> Check:
    check_item = build_check(hint)

    def check(value: object, what: str) -> None:
        for item in value:  # type: ignore[attr-defined]  # Items has seen that it is a tuple
            check_item(item, what)

    return check


def _join(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: object, what: str) -> None:
        for one in checks:
            one(value, what)

    return check
