"""Rosters: chains of versions from a pinned root, and under which versions a log stands.

A case with ``versions`` gives each version's bytes and note in base64: all but the last are
good, and ``expect`` is about the last. A case with ``activations`` gives (version, index of the
entry that activates it) and, for a head's size, the versions each of whose quorums it needs;
index -1 is a log that is there since version 1.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any, Final

from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.member import Member, MemberStatus
from fundtrace.ledger.roster.signing import build_roster_checkpoint, sign_roster
from fundtrace.tlog.note import Note
from vectors.consortium import (
    SignedRoster,
    draw,
    make_governance,
    make_learner,
    make_log_key,
    make_member,
    make_roster,
    sign_version,
)
from vectors.keys import AT, make_key, make_mirror

Case = dict[str, Any]
Members = tuple[Member, ...]

_THREE: Final = tuple(make_member(bank) for bank in "abc")
_FIRST: Final = sign_version(make_roster(_THREE), "ab")


def build() -> list[Case]:
    """Return the cases."""
    return [
        *_list_valid(),
        *_list_roots(),
        *_list_successions(),
        *_list_memberships(),
        *_list_signatures(),
        *_list_malformed(),
        *_list_activations(),
    ]


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _case(name: str, why: str, expect: str, versions: list[SignedRoster]) -> Case:
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "pinned_root_hex": versions[0].hash.hex(),
        "versions": [
            {"roster_base64": _b64(one.data), "note": one.note.decode()} for one in versions
        ],
    }


def _break_rule(name: str, why: str, rule: str, versions: list[SignedRoster]) -> Case:
    return _case(name, why, "RuleViolationError", versions) | {"rule": rule}


def _follow(members: Members, by: str = "ab", after: SignedRoster = _FIRST) -> SignedRoster:
    return sign_version(make_roster(members, after), by)


def _change(place: int, **changes: Any) -> Members:
    members = list(_THREE)
    members[place] = replace(members[place], **changes)
    return tuple(members)


def _list_valid() -> list[Case]:
    learner = _follow((*_THREE, make_learner("d")))
    promoted = _follow((*_THREE, make_member("d")), "abc", learner)
    rolled = _change(0, epoch=2, log_key=make_log_key("a", 2).verifier)
    lost = _change(2, status=MemberStatus.LEARNER, mirror_keys=(_new_mirror("c").verifier,))
    rows = [
        ("version 1", "two of three signed it", [_FIRST]),
        ("a learner joins", "it is not counted yet", [_FIRST, learner]),
        ("a learner is promoted", "with the keys that it came with", [_FIRST, learner, promoted]),
        ("a member leaves", "two of three, and both who stay", [_FIRST, _follow(_THREE[:2])]),
        ("a log rolls to its next epoch", "under a new key", [_FIRST, _follow(rolled)]),
        (
            "a member lost its store",
            "it is a learner, with a new mirror key",
            [_FIRST, _follow(lost)],
        ),
        ("nothing changes", "a version may change terms alone", [_FIRST, _follow(_THREE)]),
        ("the latest one again", "it changes nothing", [_FIRST, _FIRST]),
    ]
    return [_case(name, why, "valid", versions) for name, why, versions in rows]


def _new_mirror(bank: str) -> Any:
    return make_key(f"{bank}.bank.example/mirror/2", make_mirror(bank).algorithm)


def _list_roots() -> list[Case]:
    alone = sign_version(_FIRST.roster, "a")
    stranger = _case("another root", "the pin is not its hash", "VerificationError", [_FIRST])
    return [
        stranger | {"pinned_root_hex": draw("pin").hex()},
        _case("one of three signed", "more than half must", "SignatureError", [alone]),
        _break_rule(
            "a chain from version 2", "it begins at 1", "roster-version", [_follow(_THREE)]
        ),
    ]


def _list_successions() -> list[Case]:
    second = _follow(_THREE)
    third = _follow(_THREE, after=second)
    other = replace(make_roster(_THREE, _FIRST), rule_set_version="rules-2026.2")
    stray = replace(make_roster(_THREE, second), previous_hash=draw("another version 2"))
    elsewhere = replace(make_roster(_THREE, _FIRST), consortium="other.example")
    forked = [_FIRST, second, sign_version(other, "ab")]
    rows = [
        ("skipped", "version 3 behind 1", "roster-version", [_FIRST, third]),
        ("rolled back", "1 behind 2", "roster-version", [_FIRST, second, _FIRST]),
        (
            "behind other bytes",
            "it names the hash of the version before",
            "roster-previous",
            [_FIRST, second, sign_version(stray, "ab")],
        ),
        (
            "of another consortium",
            "each has its own chain",
            "roster-version",
            [_FIRST, sign_version(elsewhere, "ab")],
        ),
    ]
    return [
        *(_break_rule(*row) for row in rows),
        _case("another version 2", "a fork; both notes are evidence", "ForkError", forked),
    ]


def _list_memberships() -> list[Case]:
    gone = _follow(_THREE[:2])
    two = (*_THREE, make_learner("d"), make_learner("e"))
    new_key = make_log_key("a", 9).verifier
    rows: list[tuple[str, str, str, list[SignedRoster]]] = [
        ("two changes", "one a version", "roster-one-change", [_FIRST, _follow(two)]),
        (
            "a new member that votes",
            "it begins as a learner",
            "roster-new-member",
            [_FIRST, _follow((*_THREE, make_member("d")), "abc")],
        ),
        (
            "a log under a new key",
            "its key stays within an epoch",
            "roster-log",
            [_FIRST, _follow(_change(0, log_key=_rename(new_key)))],
        ),
        (
            "a log that skips an epoch",
            "the next is 2",
            "roster-log",
            [_FIRST, _follow(_change(0, epoch=3, log_key=make_log_key("a", 3).verifier))],
        ),
        (
            "a member that comes back",
            "what was given up never returns",
            "roster-returned",
            [_FIRST, gone, _follow((*_THREE[:2], make_learner("c")), after=gone)],
        ),
    ]
    return [_break_rule(*row) for row in rows]


def _rename(key: Any) -> Any:
    return replace(key, name="a.bank.example/ledger/1")


def _list_signatures() -> list[Case]:
    learner = _follow((*_THREE, make_learner("d")))
    promoted = make_roster((*_THREE, make_member("d")), learner)
    by_new = _follow((*_THREE, make_learner("d")), "ad")
    spoiled = _spoil(_follow(_THREE))
    wrong = "SignatureError"
    return [
        _case("one of three", "more than half must sign", wrong, [_FIRST, _follow(_THREE, "a")]),
        _case("a learner's line", "it is not counted", wrong, [_FIRST, by_new]),
        _case(
            "two of four",
            "more than half of the new ones too",
            wrong,
            [_FIRST, learner, sign_version(promoted, "ab")],
        ),
        _case("a spoiled line", "a known key that does not verify", wrong, [_FIRST, spoiled]),
        _case("a note over other bytes", "the root is their hash", wrong, [_FIRST, _exchange()]),
    ]


def _spoil(signed: SignedRoster) -> SignedRoster:
    head = build_roster_checkpoint(signed.roster, signed.data)
    lines = [sign_roster(head, make_governance(bank), AT) for bank in "abc"]
    last = lines[2]
    lines[2] = replace(last, blob=last.blob[:-1] + bytes([last.blob[-1] ^ 1]))
    return replace(signed, note=Note(head.encode(), tuple(lines)).encode())


def _exchange() -> SignedRoster:
    """Return version 2 with the note over another version 2."""
    other = replace(make_roster(_THREE, _FIRST), rule_set_version="rules-2026.2")
    return replace(_follow(_THREE), note=sign_version(other, "ab").note)


def _list_malformed() -> list[Case]:
    second = _follow(_THREE)
    rows = [
        ("an unknown field", "one encoding", second.data + b"\xfa\x07\x00"),
        ("cut short", "the lengths do not fit", second.data[:-1]),
        ("members out of order", "they ascend by id", _swap_members(second.roster)),
    ]
    return [
        _case(name, why, "EncodingError", [_FIRST, _resign(second, data)])
        for name, why, data in rows
    ]


def _resign(signed: SignedRoster, data: bytes) -> SignedRoster:
    """Return other bytes under a note that is right for them."""
    head = build_roster_checkpoint(signed.roster, data)
    lines = tuple(sign_roster(head, make_governance(bank), AT) for bank in "ab")
    return SignedRoster(signed.roster, data, Note(head.encode(), lines).encode())


def _swap_members(roster: Roster) -> bytes:
    """Return a roster's bytes with its first two members exchanged."""
    from fundtrace.v1 import roster_pb2
    from fundtrace.wire.rosters import encode_roster

    message = roster_pb2.Roster.FromString(encode_roster(roster))
    members = list(message.members)
    del message.members[:]
    message.members.extend([members[1], members[0], *members[2:]])
    return message.SerializeToString(deterministic=True)


def _list_activations() -> list[Case]:
    since_first, joined = [[1, -1]], [[3, 0]]
    twice = [[1, -1], [2, 4], [3, 9]]
    rows: list[tuple[str, str, list[list[int]], list[int], int, list[int]]] = [
        ("since version 1", "version 1 alone", since_first, [], 1, [1]),
        ("before an activation", "entry 4 activates 2", twice, [], 4, [1]),
        ("at an activation", "both versions", twice, [], 5, [1, 2]),
        ("behind an activation", "the new one alone", twice, [], 6, [2]),
        ("at the second activation", "both versions", twice, [], 10, [2, 3]),
        ("behind the second", "the new one alone", twice, [], 11, [3]),
        ("a new member's first head", "the version before too", joined, [2], 1, [2, 3]),
        ("a new member's second head", "its own version alone", joined, [2], 2, [3]),
        (
            "a next epoch's first head",
            "those under which the last closed",
            joined,
            [1, 2],
            1,
            [1, 2, 3],
        ),
    ]
    cases = [
        _activation(name, why, activations, before, size) | {"needs": needs}
        for name, why, activations, before, size, needs in rows
    ]
    skipped = _activation("a version skipped", "one by one", [[1, -1], [3, 4]], [], 5)
    early = _activation("two in one place", "indexes rise", [[1, 4], [2, 4]], [], 5)
    return [*cases, *(one | {"expect": "InvalidInputError"} for one in (skipped, early))]


def _activation(
    name: str, why: str, activations: list[list[int]], before: list[int], size: int
) -> Case:
    return {
        "name": name,
        "why": why,
        "expect": "valid",
        "activations": activations,
        "before": before,
        "size": size,
    }
