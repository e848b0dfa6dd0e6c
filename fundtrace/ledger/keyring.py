"""A member's key ring: its current epoch key, those in grace, and what their grants opened.

A ring is a value. A new epoch puts the former key into grace, in which records sealed under it
still arrive; after that the key is destroyed, and with it every pair key that came by a grant
sealed to it. From then on nothing that was recorded opens any more: not the grants, for want of
the private key, and not the records, for want of the pair keys. What a node had opened before it
keeps under local keys (``local_keys``); what it had not, it asks for (``requests``).

The ring holds no promise about storage: ``destroy`` returns the ring without the key, and the
store must delete the wrapped key too, before it says that the key is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fundtrace.errors import InvalidInputError, NotFoundError, RuleViolationError
from fundtrace.ledger.epochs import KEY_ID_BYTES, EpochKeyPair, open_grant
from fundtrace.ledger.framing import check_length
from fundtrace.ledger.pairs import Pair, PairKeys, derive_pair_keys

# LIMIT: ranges of entries in one answer of ``find_missing``; the rest is asked for next time.
MISSING_RANGES_MAX = 256


@dataclass(frozen=True, slots=True)
class HeldKey:
    """An epoch key in the ring; ``destroy_at`` (aware) is set once a newer one is current."""

    key_pair: EpochKeyPair
    key_id: bytes
    destroy_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair secret as an issuer's log grants it: sealed to the reader's key of ``key_id``."""

    pair: Pair
    key_id: bytes
    sealed: bytes

    def __post_init__(self) -> None:
        """Check the key id's length; the rest shows when it is opened."""
        check_length(self.key_id, KEY_ID_BYTES, "the id of an epoch key")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one member: ``keys`` by ascending epoch, the last one current."""

    consortium: str
    member: str
    grace: timedelta
    keys: tuple[HeldKey, ...] = ()
    _pairs: Mapping[tuple[str, int], tuple[PairKeys, bytes]] = field(
        default_factory=dict, repr=False
    )

    def begin_epoch(self, key_pair: EpochKeyPair, now: datetime) -> KeyRing:
        """Return the ring with a newer key as the current one, the former in grace from ``now``.

        Raises InvalidInputError for another member's key and an epoch that is not newer.
        """
        if now.tzinfo is None:
            raise InvalidInputError("give times with their offset from UTC")
        if (key_pair.consortium, key_pair.member) != (self.consortium, self.member):
            raise InvalidInputError(f"the key is of {key_pair.member}, the ring of {self.member}")
        if self.keys and key_pair.epoch <= self.keys[-1].key_pair.epoch:
            raise InvalidInputError(
                f"epoch {key_pair.epoch} is not after {self.keys[-1].key_pair.epoch}"
            )
        former = tuple(
            held if held.destroy_at else replace(held, destroy_at=now + self.grace)
            for held in self.keys
        )
        return replace(self, keys=(*former, HeldKey(key_pair, key_pair.key_id)))

    def add_grant(self, grant: Grant) -> KeyRing:
        """Return the ring with the pair keys of a grant.

        Raises NotFoundError where the key that it is sealed to is not in the ring (destroyed, or
        never here), RuleViolationError where the issuer granted another secret for that epoch
        before (one epoch, one secret), and what ``open_grant`` raises.
        """
        held = next((held for held in self.keys if held.key_id == grant.key_id), None)
        if held is None:
            raise NotFoundError(
                f"the key {grant.key_id.hex()} that {grant.pair.origin} granted to is not held"
            )
        keys = derive_pair_keys(open_grant(grant.sealed, grant.pair, held.key_pair), grant.pair)
        place = (grant.pair.origin, grant.pair.key_epoch)
        former = self._pairs.get(place)
        if former is not None and former[0] != keys:
            raise RuleViolationError(
                "one-secret-per-epoch",
                f"{grant.pair.origin} granted two secrets for its epoch {grant.pair.key_epoch}",
            )
        by = grant.key_id
        if former is not None:
            # Of two grants the one to the newer key counts, whichever came first.
            epochs = {held.key_id: held.key_pair.epoch for held in self.keys}
            by = max(former[1], by, key=epochs.__getitem__)
        return replace(self, _pairs={**self._pairs, place: (keys, by)})

    def find_keys(self, origin: str, key_epoch: int) -> PairKeys | None:
        """Return the keys for records of this log and epoch, None where none are held."""
        found = self._pairs.get((origin, key_epoch))
        return found[0] if found else None

    def list_expired(self, now: datetime) -> list[int]:
        """Return the epochs whose grace is over, oldest first."""
        return [
            held.key_pair.epoch
            for held in self.keys
            if held.destroy_at is not None and held.destroy_at <= now
        ]

    def destroy(self, epoch: int) -> KeyRing:
        """Return the ring without the key of an epoch and without all that came by it.

        Raises NotFoundError where it is not held, RuleViolationError for the current key: begin
        a new epoch first.
        """
        held = next((held for held in self.keys if held.key_pair.epoch == epoch), None)
        if held is None:
            raise NotFoundError(f"no key of epoch {epoch} is held")
        if held.destroy_at is None:
            raise RuleViolationError(
                "current-epoch-key", "the current key stays; begin a new epoch, then destroy it"
            )
        return replace(
            self,
            keys=tuple(other for other in self.keys if other is not held),
            _pairs={place: kept for place, kept in self._pairs.items() if kept[1] != held.key_id},
        )

    def find_missing(
        self, origin: str, records: Iterable[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Return what to ask an issuer for: ranges [start, end) of its log's entries.

        ``records`` are (entry index, key epoch) of its records that were not opened, ascending; a
        range covers neighbours among them for whose epoch no keys are held. Nobody can tell which
        of these are for this reader; the issuer can. At most MISSING_RANGES_MAX ranges, the first.
        """
        ranges: list[tuple[int, int]] = []
        joins = False
        for index, key_epoch in records:
            missing = (origin, key_epoch) not in self._pairs
            if missing and joins:
                ranges[-1] = (ranges[-1][0], index + 1)
            elif missing and len(ranges) == MISSING_RANGES_MAX:
                break
            elif missing:
                ranges.append((index, index + 1))
            joins = missing
        return ranges
