"""The check of an evidence package without a network: what is proven, what is only claimed.

It goes from what the reader trusts to what the package shows: the pinned root of the roster,
the roster's versions, the log of a member, a head that a quorum holds, an entry under that
head, the body under the entry's hash, the stream that the entry is in. Each step takes only
what the step before has proven; what remains somebody's word is said to be that.

Quorums are counted by the algorithms that the roster requires of evidence, ML-DSA-44 as a
rule among them: evidence outlives the algorithms of the day. Whether a record was authorized
is not judged here, for that wants the authorizing log (``fundtrace.ledger.validity``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from fundtrace.errors import FundtraceError, RuleViolationError, VerificationError
from fundtrace.evidence.findings import Finding, Standing, Topic, Verdict
from fundtrace.evidence.foreign import format_instant
from fundtrace.evidence.forks import SeenRanges
from fundtrace.evidence.package import EntryEvidence, Package
from fundtrace.evidence.streams import Shown, check_streams
from fundtrace.ledger.kinds.agreement import check_header_body
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import Entry, Record, Tally
from fundtrace.ledger.kinds.table import ENTRIES, get_kind
from fundtrace.ledger.roster.activation import Purpose, build_policy
from fundtrace.ledger.roster.chain import RosterChain, begin_chain
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.signing import RosterDocument, open_roster
from fundtrace.tlog.checkpoint import parse_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.note import Note, parse_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file, verify_proof_file
from fundtrace.tlog.quorum import Finality
from fundtrace.wire.entries import parse_entry
from fundtrace.wire.records import open_shared_record
from fundtrace.wire.rosters import parse_roster

_ENTRY_KINDS = {kind_class: kind for kind, kind_class in ENTRIES.items()}


def check_package(package: Package, pinned_root: bytes | None) -> Verdict:
    """Check a package against the root that the reader trusts; every finding is listed.

    ``pinned_root`` is the SHA-256 of roster version 1 (32 bytes), got by another way than the
    package; without it nothing can be proven, and the verdict says what else would hold.
    """
    findings = [Finding(Standing.CLAIMED, Topic.PACKAGE_MADE, "manifest.json", package.about)]
    rosters, chain = _check_rosters(package, pinned_root)
    findings += rosters
    bodies: dict[str, Body] = {}
    if chain is not None:
        # Without a pin the same checks are made, and all they give is a claim.
        standing = Standing.CLAIMED if pinned_root is None else Standing.PROVEN
        findings += _check_entries(package.entries, chain, standing, bodies)
    if not package.entries:
        findings.append(Finding(Standing.MISSING, Topic.NOTHING_ENCLOSED, "entries", {}))
    findings += [
        Finding(
            Standing.CLAIMED,
            Topic.DOCUMENT_ENCLOSED,
            f"documents/{name}",
            {"size": f"{len(content):,}"},
        )
        for name, content in sorted(package.documents.items())
    ]
    return Verdict(tuple(findings), bodies)


def _check_entries(
    entries: Sequence[EntryEvidence],
    chain: RosterChain,
    standing: Standing,
    bodies: dict[str, Body],
) -> list[Finding]:
    findings: list[Finding] = []
    shown: list[Shown] = []
    ranges = SeenRanges()
    subjects: dict[tuple[str, int, bytes], str] = {}
    for number, evidence in enumerate(entries, start=1):
        subject = f"entries/{number:04d}"
        try:
            place = _verify_place(subject, evidence, chain)
            leaf_hash = hash_leaf(evidence.entry)
            # Shown twice, a payment reads like two.
            first = subjects.setdefault((place.origin, place.index, leaf_hash), subject)
            if first != subject:
                raise VerificationError(f"it stands in the package already, as {first}")
        except FundtraceError as error:
            findings.append(_refute(Topic.ENTRY_REFUTED, subject, error))
            continue
        findings += _report_final(place, chain, standing)
        findings += _check_content(place, evidence, standing, bodies)
        head = place.finality.checkpoint
        other = ranges.find_contradiction(head, place.index, leaf_hash, place.path)
        if other is not None:
            details = {"origin": head.origin, "size": str(head.size), "other": str(other)}
            findings.append(Finding(Standing.REFUTED, Topic.FORK_SHOWN, subject, details))
        shown.append(Shown(subject, head.origin, place.index, leaf_hash, place.entry))
    return findings + check_streams(shown, standing)


def _check_rosters(
    package: Package, pinned_root: bytes | None
) -> tuple[list[Finding], RosterChain | None]:
    if not package.rosters:
        return [Finding(Standing.MISSING, Topic.ROSTER_ABSENT, "roster", {})], None
    try:
        chain = _build_chain(package, pinned_root)
    except FundtraceError as error:
        return [_refute(Topic.ROSTER_REFUTED, "roster", error)], None
    latest = chain.latest.roster
    if pinned_root is None:
        details = {"root": chain.documents[0].hash.hex()}
        return [Finding(Standing.MISSING, Topic.ROSTER_NOT_PINNED, "roster", details)], chain
    details = {"consortium": latest.consortium, "last": str(latest.version)}
    return [Finding(Standing.PROVEN, Topic.ROSTER_PINNED, "roster", details)], chain


def _build_chain(package: Package, pinned_root: bytes | None) -> RosterChain:
    first, *later = (_open_roster(one.roster, one.note) for one in package.rosters)
    chain = begin_chain(first, first.hash if pinned_root is None else pinned_root)
    for document in later:
        chain = chain.extend(document)
    return chain


def _open_roster(data: bytes, note: bytes) -> RosterDocument:
    return open_roster(data, note, parse_roster)


@dataclass(frozen=True, slots=True)
class _Place:
    """An entry that is final, and where it stands: file, index in its log, path, head, roster."""

    subject: str
    entry: Entry
    index: int
    path: tuple[bytes, ...]
    finality: Finality
    roster: Roster

    @property
    def origin(self) -> str:
        return self.finality.checkpoint.origin


def _verify_place(subject: str, evidence: EntryEvidence, chain: RosterChain) -> _Place:
    entry = parse_entry(evidence.entry)
    file = parse_proof_file(evidence.proof)
    roster = chain.get_version(evidence.roster_version).roster
    origin = parse_checkpoint(parse_note(file.checkpoint_note).text).origin
    member = roster.find_member_by_origin(origin)
    if member is None:
        raise VerificationError(
            f"no member of roster version {roster.version} has a log {origin}; name the version"
            " in which it stood"
        )
    policy = build_policy(roster, member.log_key, Purpose.EVIDENCE)
    standing = drop_retired_lines(file, roster, chain.latest.roster)
    finality = verify_proof_file(standing, hash_leaf(evidence.entry), policy)
    if isinstance(entry, Record):
        _check_context(entry, origin, roster)
    elif isinstance(entry, Tally) and entry.size != file.index:
        raise VerificationError(f"it tallies {entry.size} entries and stands at index {file.index}")
    return _Place(subject, entry, file.index, file.path, finality, roster)


def drop_retired_lines(file: ProofFile, roster: Roster, latest: Roster) -> ProofFile:
    """Return a proof without the lines of mirrors whose keys the latest roster does not list.

    A key that was retired may be anybody's by now, so that a quorum of such keys proves nothing.
    """
    kept = {key for member in latest.members for key in member.mirror_keys}
    retired = {
        (key.name, key.key_id)
        for member in roster.members
        for key in member.mirror_keys
        if key not in kept
    }
    note = parse_note(file.checkpoint_note)
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) not in retired)
    if not lines or len(lines) == len(note.signatures):
        return file
    return replace(file, checkpoint_note=Note(note.text, lines).encode())


def _check_context(record: Record, origin: str, roster: Roster) -> None:
    context = record.context
    for said, found, what in (
        (context.origin, origin, "the log"),
        (context.consortium, roster.consortium, "the consortium"),
    ):
        if said != found:
            raise VerificationError(f"its header names {what} {said}, and it stands in {found}")
    if context.roster_version > roster.version:
        raise VerificationError(
            f"its header names roster version {context.roster_version}, and its proof the older"
            f" {roster.version}"
        )


def _report_final(place: _Place, chain: RosterChain, standing: Standing) -> Iterator[Finding]:
    finality, version = place.finality, place.roster.version
    yield Finding(
        standing,
        Topic.ENTRY_FINAL,
        place.subject,
        {
            "origin": place.origin,
            "index": str(place.index),
            "at": format_instant(finality.at_seconds or 0),
            "count": str(len(finality.members)),
            "members": ", ".join(finality.members),
            "version": str(version),
        },
    )
    # Keys that a later version retired may be anybody's by now; their lines prove nothing new.
    last = max(
        one.roster.version
        for one in chain.documents
        if one.roster.find_member_by_origin(place.origin)
    )
    if version < last:
        details = {"version": str(version), "last": str(last)}
        yield Finding(Standing.MISSING, Topic.ENTRY_OF_OLDER_ROSTER, place.subject, details)


def _check_content(
    place: _Place, evidence: EntryEvidence, standing: Standing, bodies: dict[str, Body]
) -> Iterator[Finding]:
    entry, subject, said = place.entry, place.subject, {"origin": place.origin}
    if not isinstance(entry, Record):
        details = {**said, "kind": _ENTRY_KINDS[type(entry)].value}
        yield Finding(standing, Topic.ENTRY_CLEAR, subject, details)
        if evidence.body is not None:
            error = VerificationError("the entry is no record, and no body belongs to it")
            yield _refute(Topic.BODY_REFUTED, subject, error)
        return
    minute = format_instant(entry.context.published_minute * 60)
    yield Finding(Standing.CLAIMED, Topic.RECORD_PUBLISHED, subject, {**said, "at": minute})
    try:
        body = _open_body(entry, evidence)
    except FundtraceError as error:
        yield _refute(Topic.BODY_REFUTED, subject, error)
        return
    if body is None:
        place_in_stream = {
            "stream": entry.context.stream_id.hex(),
            "sequence": str(entry.context.sequence),
        }
        yield Finding(Standing.HIDDEN, Topic.BODY_HIDDEN, subject, place_in_stream)
        return
    bodies[subject] = body
    details = {**said, "kind": get_kind(body).value, "record_id": body.record_id.hex()}
    yield Finding(standing, Topic.BODY_OPENED, subject, details)
    try:
        check_header_body(entry.context, body)
    except RuleViolationError as error:
        yield _refute(Topic.BODY_VOID, subject, error)
    yield Finding(Standing.CLAIMED, Topic.BODY_SAYS, subject, said)


def _open_body(record: Record, evidence: EntryEvidence) -> Body | None:
    """Return the record's body, None where it is not shown; a blob shown must be the record's."""
    if evidence.body is None:
        return None
    if sha256(evidence.body).digest() != record.body_hash:
        raise VerificationError("the sealed body is not the one that the header has the hash of")
    if evidence.content_key is None:
        return None
    return open_shared_record(evidence.entry, evidence.body, evidence.content_key).body


def _refute(topic: Topic, subject: str, error: Exception) -> Finding:
    return Finding(Standing.REFUTED, topic, subject, {"why": str(error)})
