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
from hashlib import sha256

from fundtrace.errors import FundtraceError, RuleViolationError, VerificationError
from fundtrace.evidence.consents import check_consents
from fundtrace.evidence.erasures import check_erasures
from fundtrace.evidence.findings import Finding, Standing, Topic, Verdict
from fundtrace.evidence.foreign import format_instant
from fundtrace.evidence.forks import SeenRanges
from fundtrace.evidence.package import EntryEvidence, Package
from fundtrace.evidence.places import Place, verify_place
from fundtrace.evidence.streams import Shown, check_streams
from fundtrace.ledger.kinds.agreement import check_header_body
from fundtrace.ledger.kinds.common import Body
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.table import ENTRIES, get_kind
from fundtrace.ledger.roster.chain import RosterChain, begin_chain
from fundtrace.ledger.roster.signing import RosterDocument, open_roster
from fundtrace.tlog.hashing import hash_leaf
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
            place = verify_place(subject, evidence, chain)
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
        head = place.head
        other = ranges.find_contradiction(head, place.index, leaf_hash, place.path)
        if other is not None:
            details = {"origin": head.origin, "size": str(head.size), "other": str(other)}
            findings.append(Finding(Standing.REFUTED, Topic.FORK_SHOWN, subject, details))
        at_seconds = place.final_at_seconds
        shown.append(Shown(subject, head.origin, place.index, leaf_hash, place.entry, at_seconds))
    findings += check_consents(shown, bodies, chain, standing)
    findings += check_erasures(shown, standing)
    order: dict[str, int] = {}
    for one in findings:
        order.setdefault(one.subject, len(order))
    findings.sort(key=lambda one: order[one.subject])
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


def _report_final(place: Place, chain: RosterChain, standing: Standing) -> Iterator[Finding]:
    for version, finality in place.finalities.items():
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
    if place.version < last:
        details = {"version": str(place.version), "last": str(last)}
        yield Finding(Standing.MISSING, Topic.ENTRY_OF_OLDER_ROSTER, place.subject, details)


def _check_content(
    place: Place, evidence: EntryEvidence, standing: Standing, bodies: dict[str, Body]
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
