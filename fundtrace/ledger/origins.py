"""Origins: the name of a log, and the epoch with which it ends (``<base>/<epoch>``).

A member's logs of all epochs share the base; each later epoch goes on from the one before.
"""

from __future__ import annotations

from fundtrace.errors import InvalidInputError


def split_origin(origin: str) -> tuple[str, int]:
    """Return base and epoch of an origin, or raise InvalidInputError."""
    base, separator, epoch = origin.rpartition("/")
    if not (base and separator and epoch.isascii() and epoch.isdigit()) or epoch.startswith("0"):
        raise InvalidInputError(f"{origin!r} does not end in a log's epoch, as /1")
    return base, int(epoch)


def get_origin_base(origin: str) -> str:
    """Return an origin without its epoch: what all epochs of a member's log have in common."""
    return split_origin(origin)[0]


def get_previous_origin(origin: str) -> str:
    """Return the origin of the epoch before; for the first one, an empty text."""
    base, epoch = split_origin(origin)
    return f"{base}/{epoch - 1}" if epoch > 1 else ""


def get_next_origin(origin: str) -> str:
    """Return the origin of the epoch behind."""
    base, epoch = split_origin(origin)
    return f"{base}/{epoch + 1}"
