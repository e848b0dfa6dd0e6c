"""Lists without repetition: what names or identifies something stands once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

from fundtrace.errors import InvalidInputError


def check_ascending(values: Sequence[str], what: str) -> None:
    """Check that texts ascend strictly, so that one set of them has one encoding."""
    for before, after in pairwise(values):
        if before >= after:
            raise InvalidInputError(
                f"{what} must ascend without repetition: {after!r} stands behind {before!r}"
            )


def check_unique(items: Iterable[tuple[Hashable, str]], what: str) -> None:
    """Check that no value is used twice; each comes with who uses it."""
    users: dict[Hashable, str] = {}
    for value, user in items:
        if value in users:
            shown = f"{what} {value!r}" if isinstance(value, str) else what
            raise InvalidInputError(f"{shown} stands twice: with {users[value]} and with {user}")
        users[value] = user
