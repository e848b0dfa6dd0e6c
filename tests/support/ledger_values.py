"""Values of the ledger's annotations, drawn by Hypothesis; and every class that checks itself."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import types
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from fundtrace.errors import InvalidInputError
from fundtrace.ledger import kinds, roster
from fundtrace.ledger.consent.evidence import ConsentEvidence
from fundtrace.ledger.kinds import bounds
from fundtrace.ledger.kinds.bounds import Checked
from fundtrace.ledger.matching.related import ListCommitment
from fundtrace.model.money import CURRENCIES

ITEMS_DRAWN_MAX = 3  # lists are drawn short, whatever their bound


def list_value_classes() -> list[type[Checked]]:
    """Return every class of the ledger's values, in order of name."""
    for package in (kinds, roster):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = [one for one in _list_subclasses(Checked) if one.__module__.startswith("fundtrace.")]
    return sorted(ours, key=lambda one: f"{one.__module__}.{one.__name__}")


def _list_subclasses(kind: type[Any]) -> set[type[Any]]:
    below = set(kind.__subclasses__())
    return below.union(*(_list_subclasses(one) for one in below))


def draw_field(kind: type[Any], name: str) -> st.SearchStrategy[Any]:
    """Return values that the field's own bound allows; fields together may still refuse them."""
    return draw_hint(get_type_hints(kind, include_extras=True)[name])


def draw_hint(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of an annotation."""
    if get_origin(hint) is Annotated:
        inner, bound = get_args(hint)
        if get_origin(inner) is tuple:
            return _draw_items(draw_hint(get_args(inner)[0]), bound)
        return _draw_bound(bound)
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of(*(draw_hint(one) for one in get_args(hint)))
    if hint in _UNBOUNDED:
        return _UNBOUNDED[hint]
    if hint in {bool, types.NoneType} or issubclass(hint, Enum):
        return st.from_type(hint)
    return draw_value(hint)


_BYTES = st.binary(min_size=1, max_size=40)
_UNBOUNDED: dict[Any, st.SearchStrategy[Any]] = {  # these check themselves and name no bounds
    ConsentEvidence: st.builds(
        ConsentEvidence,
        _BYTES,
        st.sampled_from(["ed25519", "ecdsa_p256_sha256"]),
        _BYTES,
        st.lists(_BYTES, min_size=1, max_size=3).map(tuple),
    ),
    ListCommitment: st.builds(
        ListCommitment,
        st.binary(min_size=32, max_size=32),
        st.sampled_from([16, 32, 256]),
    ),
}


def draw_value(kind: type[Checked]) -> st.SearchStrategy[Any]:
    """Return values of a class that its checks let through."""
    hints = get_type_hints(kind, include_extras=True)
    fields = {name: draw_hint(hint) for name, hint in hints.items()}
    return st.fixed_dictionaries(fields).map(lambda given: _make(kind, given)).filter(bool)


def _make(kind: type[Checked], given: dict[str, Any]) -> Checked | None:
    try:
        return kind(**given)
    except InvalidInputError:
        return None


def _draw_items(items: st.SearchStrategy[Any], bound: bounds.Items) -> st.SearchStrategy[Any]:
    size_max = min(bound.count_max, max(bound.count_min, ITEMS_DRAWN_MAX))
    return st.lists(items, min_size=bound.count_min, max_size=size_max).map(tuple)


def _draw_bound(bound: Any) -> st.SearchStrategy[Any]:
    match bound:
        case bounds.Text():
            return _draw_text(bound).filter(lambda text: _fits(bound, text))
        case bounds.Octets():
            size_max = min(bound.size_max, bound.size_min + 40)
            return st.binary(min_size=bound.size_min, max_size=size_max)
        case bounds.Whole():
            return st.integers(bound.least, bound.greatest)
    return _TIMES_AND_CODES[id(bound)]


def _draw_text(bound: bounds.Text) -> st.SearchStrategy[str]:
    if bound.pattern is None:
        return st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]))
    empty = st.just("") if bound.bytes_min == 0 else st.nothing()
    return empty | st.from_regex(bound.pattern, fullmatch=True)


_TIMES_AND_CODES: dict[int, st.SearchStrategy[Any]] = {
    id(bounds.CURRENCY): st.sampled_from(sorted(CURRENCIES)),
    id(bounds.DAY): st.dates(bounds.DAY_MIN, bounds.DAY_END - dt.timedelta(days=1)),
    id(bounds.INSTANT): st.datetimes(
        bounds.INSTANT_MIN.replace(tzinfo=None),
        bounds.INSTANT_END.replace(tzinfo=None) - dt.timedelta(microseconds=1),
        timezones=st.just(dt.UTC),
    ),
}


def _fits(bound: bounds.Text, text: str) -> bool:
    try:
        bound.check(text, "text")
    except InvalidInputError:
        return False
    return True
