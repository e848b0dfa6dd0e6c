"""Quorums: when enough mirrors have cosigned a checkpoint, so that it is final.

With n members of which f may lie, q cosignatures make a checkpoint final when any two sets of q
members share more than f: then at least one honest member stands in both, and an honest member
never cosigns two heads that contradict each other. No specification checks that; here a policy
that does not keep it cannot be made. By default f = floor((n - 1) / 3) and
q = floor((n + f) / 2) + 1, but q = n below four members, where f is 0 and two of three would let
a bank that signs twice finalise both heads.

A member counts once, however many mirror keys it has. The log's own signature is needed and
counts for nothing; its owner's mirror line counts like any other member's. Where the roster
requires several algorithms, each must reach the quorum by itself: a forger who broke one cannot
choose it. A member's time is its earliest one; the time of a final checkpoint is the (f+1)-th
smallest, which at least one honest member saw, and of several algorithms the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from fundtrace.errors import InvalidInputError, RuleViolationError, SignatureError
from fundtrace.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from fundtrace.tlog.cosignature import verify_cosignature_text
from fundtrace.tlog.keys import COSIGNATURE_ED25519, VerifierKey, get_algorithm
from fundtrace.tlog.note import Note, Signature, index_keys

FAULTLESS_MEMBERS_MAX: Final = 3  # up to here nobody may be faulty, and all must cosign


def faults_max(members: int) -> int:
    """Return f, how many of ``members`` may be faulty: floor((n - 1) / 3)."""
    if members < 1:
        raise InvalidInputError(f"a consortium has at least one member, not {members}")
    return (members - 1) // 3


def quorum_size(members: int) -> int:
    """Return q, how many members' cosignatures make a checkpoint final."""
    faults = faults_max(members)
    return members if members <= FAULTLESS_MEMBERS_MAX else (members + faults) // 2 + 1


def find_intersection(members: int, quorum: int) -> int:
    """Return how many members any two quorums of this size share at least."""
    return max(0, 2 * quorum - members)


def check_intersection(members: int, quorum: int, faults: int) -> None:
    """Check that any two quorums share an honest member, whoever the ``faults`` members are.

    Raises InvalidInputError for numbers that describe no consortium, RuleViolationError
    ("quorum-intersection") where two quorums could share liars only.
    """
    if not (0 <= faults < members and 1 <= quorum <= members):
        raise InvalidInputError(
            f"n={members}, q={quorum}, f={faults} describe no consortium: 1 <= q <= n, 0 <= f < n"
        )
    shared = find_intersection(members, quorum)
    if shared <= faults:
        raise RuleViolationError(
            "quorum-intersection",
            f"two quorums of {quorum} among {members} members share {shared} at least, and "
            f"{faults} may lie: two contradicting heads could become final; "
            f"ask for {(members + faults) // 2 + 1}",
        )


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """A member and the keys of its mirrors; any one of them speaks for the member."""

    member: str
    keys: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class QuorumPolicy:
    """What must stand under a log's checkpoint: the log's key, members' mirrors, q, f, algorithms.

    ``required`` lists signature types of cosignatures; each needs ``quorum`` members by itself.
    A policy without members asks for the log's signature alone, as for a foreign log.
    """

    log_key: VerifierKey
    members: tuple[MemberKeys, ...]
    quorum: int
    faults: int
    required: tuple[int, ...]

    @classmethod
    def build(
        cls,
        log_key: VerifierKey,
        members: Iterable[MemberKeys],
        required: Sequence[int] = (COSIGNATURE_ED25519,),
    ) -> Self:
        """Return the policy with q and f as they follow from the number of members."""
        listed = tuple(members)
        size, faults = quorum_size(len(listed)), faults_max(len(listed))
        return cls(log_key, listed, size, faults, tuple(required))

    @classmethod
    def build_log_only(cls, log_key: VerifierKey) -> Self:
        """Return the policy that asks for nothing but the log's own signature."""
        return cls(log_key, (), 0, 0, ())

    def __post_init__(self) -> None:
        """Refuse quorums that need not intersect, and keys that could count twice."""
        if self.members:
            check_intersection(len(self.members), self.quorum, self.faults)
        elif self.quorum or self.faults or self.required:
            raise InvalidInputError("a policy without members has no quorum to ask for")
        if bool(self.members) != bool(self.required) or len(set(self.required)) < len(
            self.required
        ):
            raise InvalidInputError("name each required signature type once, and at least one")
        for identifier in self.required:
            if not get_algorithm(identifier).timestamped:
                raise InvalidInputError(f"signature type 0x{identifier:02x} does not cosign")
        _check_distinct(self.log_key, self.members)


@dataclass(frozen=True, slots=True)
class Finality:
    """A checkpoint found final: since when, by whom; no time where the policy has no members.

    ``times`` holds (signature type, time) for each required one; ``members`` those who count
    under all of them, in the policy's order.
    """

    checkpoint: Checkpoint
    at_seconds: int | None
    times: tuple[tuple[int, int], ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member's verified cosignature on a checkpoint, and the time that it states."""

    member: str
    algorithm: int
    at_seconds: int
    signature: Signature


def verify_quorum(data: bytes | Note, policy: QuorumPolicy) -> Finality:
    """Verify that a signed checkpoint is final under a policy.

    Raises EncodingError for bytes that are no checkpoint; SignatureError if the log did not sign
    it, a known key's line does not verify, or an algorithm falls short of the quorum.
    """
    signed = open_checkpoint(data, policy.log_key)
    lines = list_member_lines(signed, policy)
    chosen = {one: _select_lines(lines, one, policy) for one in policy.required}
    times = tuple((one, rows[policy.faults].at_seconds) for one, rows in chosen.items())
    counting = [{row.member for row in lines if row.algorithm == one} for one in policy.required]
    return Finality(
        checkpoint=signed.checkpoint,
        at_seconds=max((at for _, at in times), default=None),
        times=times,
        members=tuple(
            group.member for group in policy.members if all(group.member in one for one in counting)
        ),
    )


def list_member_lines(signed: SignedCheckpoint, policy: QuorumPolicy) -> tuple[MemberLine, ...]:
    """Verify all lines of the policy's mirrors; return each member's earliest by algorithm.

    The earliest first; those of the same time as they stand in the note. A line of an unknown
    key is ignored, one of a known key that does not verify raises SignatureError.
    """
    owners = {key: group.member for group in policy.members for key in group.keys}
    known = index_keys(owners)
    earliest: dict[tuple[str, int], MemberLine] = {}
    for line in signed.note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        at_seconds = verify_cosignature_text(signed.note.text, line, key)
        found = MemberLine(owners[key], key.algorithm, at_seconds, line)
        place = (found.member, found.algorithm)
        if place not in earliest or at_seconds < earliest[place].at_seconds:
            earliest[place] = found
    return tuple(sorted(earliest.values(), key=lambda one: one.at_seconds))


def select_quorum(data: bytes | Note, policy: QuorumPolicy) -> Note:
    """Return the checkpoint with the log's lines and just a quorum's, verified.

    For evidence: sixteen ML-DSA lines are 52 kB. The earliest lines are kept, so that the time
    of finality stays the same. Raises as ``verify_quorum`` does.
    """
    signed = open_checkpoint(data, policy.log_key)
    lines = list_member_lines(signed, policy)
    kept = list(signed.note.find_lines(policy.log_key))
    for algorithm in policy.required:
        kept += [one.signature for one in _select_lines(lines, algorithm, policy)]
    return Note(signed.note.text, tuple(kept))


def _select_lines(
    lines: Sequence[MemberLine], algorithm: int, policy: QuorumPolicy
) -> list[MemberLine]:
    """Return the q earliest members' lines of one algorithm, or raise SignatureError."""
    found = [one for one in lines if one.algorithm == algorithm]
    if len(found) < policy.quorum:
        label = get_algorithm(algorithm).label
        raise SignatureError(
            f"not final: {len(found)} of the {policy.quorum} members needed have cosigned this "
            f"checkpoint by {label}"
        )
    return found[: policy.quorum]


def _check_distinct(log_key: VerifierKey, members: Sequence[MemberKeys]) -> None:
    """Check that no key and no name could stand for two, or for the log and a mirror."""
    owner_of_name = {log_key.name: "the log"}
    materials = {log_key.public_key}
    ed25519_names: set[str] = set()
    if len({group.member for group in members}) < len(members):
        raise InvalidInputError("a member is listed twice; list it once with all its mirror keys")
    for group in members:
        if not group.keys:
            raise InvalidInputError(f"the member {group.member} has no mirror key")
        for key in group.keys:
            if not get_algorithm(key.algorithm).timestamped:
                raise InvalidInputError(f"the key {key.name} of {group.member} cannot cosign")
            if owner_of_name.setdefault(key.name, group.member) != group.member:
                raise InvalidInputError(
                    f"the name {key.name} is of {owner_of_name[key.name]} and of {group.member}"
                )
            if key.public_key in materials:
                raise InvalidInputError(f"the public key of {key.name} is listed twice")
            materials.add(key.public_key)
            # SPEC: tlog-cosignature: a 0x04 message does not commit to the cosigner's name
            if key.algorithm == COSIGNATURE_ED25519:
                if key.name in ed25519_names:
                    raise InvalidInputError(f"the mirror {key.name} has two Ed25519 keys, not one")
                ed25519_names.add(key.name)
