"""Evidence packages, whole files in base64: good ones, and every way to fall short.

``expect`` is valid where the package holds, ``not held`` where it can be read and does not, else
the error. ``findings`` lists (standing, topic, subject) in the order in which they are made.
Rosters ask for Ed25519 alone, also of evidence, so that the files are always the same.
"""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from dataclasses import replace
from functools import cache
from typing import Any, Final

from fundtrace.evidence.package import EntryEvidence, Package, RosterEvidence
from fundtrace.ledger.kinds.common import RecordPointer
from fundtrace.tlog.hashing import hash_leaf
from vectors.banklog import BankLog
from vectors.bodies import make_loan_closed, make_loan_opened
from vectors.consortium import CONSORTIUM, SignedRoster, draw, get_first, make_roster, sign_version

Case = dict[str, Any]
Findings = list[list[str]]

ABOUT: Final = {
    "consortium": CONSORTIUM,
    "subject": "loan L-2026-0007",
    "made_by": "bank-a",
    "made_at": "2026-11-24T03:00:00Z",
    "software": "fundtrace vectors",
}
_MADE: Final = ["claimed", "package_made", "manifest.json"]
_PINNED: Final = ["proven", "roster_pinned", "roster"]


def build() -> list[Case]:
    """Return the cases."""
    return [*_list_valid(), *_list_not_held(), *_list_unreadable()]


@cache
def _get_log() -> BankLog:
    return make_log()


def make_log(note: str = "") -> BankLog:
    """Return a log of a loan, its end, and the tally of their stream."""
    log = BankLog()
    opened = log.publish(make_loan_opened())
    pointer = RecordPointer(log.origin, opened, hash_leaf(log.entries[opened]))
    log.publish(make_loan_closed(pointer, note))
    log.tally()
    return log


def _sign(signed: SignedRoster) -> RosterEvidence:
    return RosterEvidence(signed.data, signed.note)


def _pack(entries: list[EntryEvidence], rosters: tuple[SignedRoster, ...] = ()) -> Package:
    versions = rosters or (get_first(),)
    return Package(ABOUT, tuple(_sign(one) for one in versions), tuple(entries))


def _show() -> list[EntryEvidence]:
    log = _get_log()
    return [log.show(index) for index in range(log.size)]


def _case(name: str, why: str, expect: str, package: Package, findings: Findings) -> Case:
    return _case_of_bytes(name, why, expect, package.encode()) | {"findings": findings}


def _case_of_bytes(name: str, why: str, expect: str, data: bytes) -> Case:
    return {
        "name": name,
        "why": why,
        "expect": expect,
        "pinned_root_hex": get_first().hash.hex(),
        "package_base64": b64encode(data).decode(),
    }


def _of_record(number: int, standing: str = "proven") -> Findings:
    subject = f"entries/{number:04d}"
    return [
        [standing, "entry_final", subject],
        ["claimed", "record_published", subject],
        [standing, "body_opened", subject],
        ["claimed", "body_says", subject],
    ]


def _of_sealed(number: int) -> Findings:
    subject = f"entries/{number:04d}"
    return [*_of_record(number)[:2], ["hidden", "body_hidden", subject]]


def _of_spoiled(number: int) -> Findings:
    subject = f"entries/{number:04d}"
    return [*_of_record(number)[:2], ["refuted", "body_refuted", subject]]


def _of_tally(number: int, standing: str = "proven") -> Findings:
    subject = f"entries/{number:04d}"
    return [[standing, "entry_final", subject], [standing, "entry_clear", subject]]


def _of_stream(standing: str, topic: str) -> Findings:
    return [[standing, topic, f"stream {draw('stream 1')[:16].hex()}"]]


def _list_valid() -> list[Case]:
    shown = _show()
    sealed = [replace(one, body=None, content_key=None) for one in shown]
    unopened = [replace(one, content_key=None) for one in shown]
    document = replace(_pack(shown), documents={"statement.pdf": b"a voucher"})
    whole = [_MADE, _PINNED, *_of_record(1), *_of_record(2), *_of_tally(3)]
    hidden = [_MADE, _PINNED, *_of_sealed(1), *_of_sealed(2), *_of_tally(3)]
    complete = _of_stream("proven", "stream_complete")
    enclosed = [["claimed", "document_enclosed", "documents/statement.pdf"]]
    return [
        _case("whole", "a stream with its tally", "valid", _pack(shown), whole + complete),
        _case("sealed", "bodies not shown", "valid", _pack(sealed), hidden + complete),
        _case(
            "bodies without keys",
            "they stay shut",
            "valid",
            _pack(unopened),
            hidden + complete,
        ),
        _case(
            "with a document",
            "nobody vouches for it",
            "valid",
            document,
            whole + complete + enclosed,
        ),
    ]


def _list_not_held() -> list[Case]:
    return [*_list_rosters(), *_list_entries(), *_list_streams()]


def _list_rosters() -> list[Case]:
    shown = _show()
    good = _pack(shown)
    claimed = [*_of_record(1, "claimed"), *_of_record(2, "claimed"), *_of_tally(3, "claimed")]
    unpinned = [
        _MADE,
        ["missing", "roster_not_pinned", "roster"],
        *claimed,
        *_of_stream("claimed", "stream_complete"),
    ]
    refuted = [_MADE, ["refuted", "roster_refuted", "roster"]]
    few = sign_version(get_first().roster, "ab")
    second = sign_version(make_roster(get_first().roster.members, get_first()), "abc")
    older = [["missing", "entry_of_older_roster", f"entries/{number:04d}"] for number in (1, 2, 3)]
    outdated = [_MADE, _PINNED]
    for place, part in enumerate((_of_record(1), _of_record(2), _of_tally(3))):
        outdated += [part[0], older[place], *part[1:]]
    bare = replace(_pack(shown), rosters=())
    return [
        _case("no pinned root", "nothing ties it to one", "not held", good, unpinned)
        | {"pinned_root_hex": ""},
        _case("another pinned root", "it is not this roster", "not held", good, refuted)
        | {"pinned_root_hex": draw("pin").hex()},
        _case(
            "a roster of two signatures",
            "three of four must",
            "not held",
            _pack(shown, (few,)),
            refuted,
        ),
        _case(
            "no roster",
            "no quorum can be counted",
            "not held",
            bare,
            [_MADE, ["missing", "roster_absent", "roster"]],
        ),
        _case(
            "a later roster",
            "it may have retired the keys",
            "not held",
            _pack(shown, (get_first(), second)),
            outdated + _of_stream("proven", "stream_complete"),
        ),
    ]


def _list_entries() -> list[Case]:
    log, shown = _get_log(), _show()
    few = [log.show(0, "ab"), *shown[1:]]
    wrong_body = [replace(shown[0], body=log.sealed[1].blob), *shown[1:]]
    wrong_key = [replace(shown[0], content_key=log.sealed[1].content_key), *shown[1:]]
    moved = [replace(shown[0], proof=log.prove(1).encode()), *shown[1:]]
    forked = [shown[0], make_log("a branch").show(1), shown[2]]
    foreign = BankLog("b")
    foreign.append(log.entries[0])
    copied = [foreign.show(0)]
    refuted = [["refuted", "entry_refuted", "entries/0001"]]
    rest = [*_of_record(2), *_of_tally(3)]
    gap = _of_stream("missing", "stream_gap")
    complete = _of_stream("proven", "stream_complete")
    fork = [["refuted", "fork_shown", "entries/0002"]]
    no = "not held"
    return [
        _case(
            "two cosignatures",
            "three of four are a quorum",
            no,
            _pack(few),
            [_MADE, _PINNED, *refuted, *rest, *gap],
        ),
        _case(
            "another entry's proof",
            "the place is proven too",
            no,
            _pack(moved),
            [_MADE, _PINNED, *refuted, *rest, *gap],
        ),
        _case(
            "a record copied into another log",
            "its header names its log",
            no,
            _pack(copied),
            [_MADE, _PINNED, *refuted],
        ),
        _case(
            "another record's body",
            "the header has its hash",
            no,
            _pack(wrong_body),
            [_MADE, _PINNED, *_of_spoiled(1), *rest, *complete],
        ),
        _case(
            "another record's key",
            "the header commits to one",
            no,
            _pack(wrong_key),
            [_MADE, _PINNED, *_of_spoiled(1), *rest, *complete],
        ),
        _case(
            "two heads of one size",
            "the log forked",
            no,
            _pack(forked),
            [
                _MADE,
                _PINNED,
                *_of_record(1),
                *_of_record(2),
                *fork,
                *_of_tally(3),
                *_of_stream("refuted", "stream_refuted"),
            ],
        ),
        _case(
            "nothing",
            "nothing is proven",
            no,
            _pack([]),
            [_MADE, _PINNED, ["missing", "nothing_enclosed", "entries"]],
        ),
    ]


def _list_streams() -> list[Case]:
    shown = _show()
    first = [_MADE, _PINNED, *_of_record(1)]
    rows = [
        (
            "the end cut off",
            "the tally names it",
            [shown[0], shown[2]],
            [*first, *_of_tally(2), *_of_stream("missing", "stream_gap")],
        ),
        (
            "no tally",
            "more may follow",
            shown[:2],
            [*first, *_of_record(2), *_of_stream("missing", "stream_without_tally")],
        ),
        (
            "the beginning cut off",
            "numbers begin at 0",
            shown[1:],
            [_MADE, _PINNED, *_of_record(1), *_of_tally(2), *_of_stream("missing", "stream_gap")],
        ),
    ]
    return [
        _case(name, why, "not held", _pack(entries), found) for name, why, entries, found in rows
    ]


def _list_unreadable() -> list[Case]:
    good = _pack(_show()[:1]).encode()
    files = _unzip(good)
    entry, key = "entries/0001/entry.bin", "entries/0001/key.bin"
    rows = [
        (
            "a file changed",
            "the manifest has its hash",
            _zip(files | {entry: files[entry] + b"\x00"}),
        ),
        ("a file too many", "the manifest names all", _zip(files | {"documents/a.txt": b"a"})),
        (
            "a file missing",
            "the manifest names it",
            _zip({name: data for name, data in files.items() if name != key}),
        ),
        ("a file of no known name", "names are fixed", _zip(files | {"readme.txt": b"a"})),
        ("compressed", "files are stored", _zip(files, zipfile.ZIP_DEFLATED)),
        ("in another order", "names ascend", _zip(dict(reversed(files.items())), sort=False)),
        ("bytes behind the archive", "nothing stands behind it", good + b"\x00"),
        ("no archive", "a package is a ZIP archive", b"PK"),
    ]
    return [_case_of_bytes(name, why, "EncodingError", data) for name, why, data in rows]


def _unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(files: dict[str, bytes], method: int = zipfile.ZIP_STORED, *, sort: bool = True) -> bytes:
    """Return an archive in the form of a package, but for what its files and arguments say."""
    out = io.BytesIO()
    # Level 0: what a better one gives hangs on the machine's zlib.
    with zipfile.ZipFile(out, "w", method, compresslevel=0) as archive:
        for name in sorted(files) if sort else files:
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, files[name], method, compresslevel=0)
    return out.getvalue()
