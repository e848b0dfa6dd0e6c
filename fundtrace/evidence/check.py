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

from collections.abc import Mapping
from dataclasses import dataclass

from fundtrace.errors import FundtraceError
from fundtrace.evidence.findings import Finding, Standing, Topic, Verdict
from fundtrace.evidence.foreign import format_instant
from fundtrace.evidence.package import EntryEvidence, Package
from fundtrace.evidence.streams import Shown, check_streams
from fundtrace.ledger.kinds.entries import Entry, Record
from fundtrace.ledger.kinds.table import ENTRIES, get_kind
from fundtrace.ledger.roster.activation import Purpose, build_policy
from fundtrace.ledger.roster.chain import RosterChain, begin_chain
from fundtrace.ledger.roster.document import Roster
from fundtrace.ledger.roster.signing import RosterDocument, open_roster
from fundtrace.ledger.sealing import SealedHeader, Slot, open_with_content_key
from fundtrace.tlog.checkpoint import parse_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.note import parse_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file, verify_proof_file
from fundtrace.tlog.quorum import Finality
from fundtrace.wire.bodies import parse_body
from fundtrace.wire.entries import parse_entry
from fundtrace.wire.rosters import parse_roster

_ENTRY_NAMES = {kind_class: kind.value for kind, kind_class in ENTRIES.items()}


def check_package(package: Package, pinned_root: bytes | None) -> Verdict:
    """Check a package against the root that the reader trusts; every finding is listed.

    ``pinned_root`` is the SHA-256 of roster version 1 (32 bytes), got by another way than the
    package; without it nothing can be proven, and the verdict says what else would hold.
    """
    findings = [Finding(Standing.CLAIMED, Topic.PACKAGE_MADE, "manifest.json", package.about)]
    rosters, chain = _check_rosters(package, pinned_root)
    findings += rosters
    shown: list[Shown] = []
    if chain is not None:
        # Without a pin the same checks are made, and all they give is a claim.
        standing = Standing.CLAIMED if pinned_root is None else Standing.PROVEN
        for number, evidence in enumerate(package.entries, start=1):
            found, one = _check_entry(f"entries/{number:04d}", evidence, chain, standing)
            findings += found
            shown += [one] if one else []
        findings += check_streams(shown, standing)
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
    return Verdict(tuple(findings))


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
    """An entry whose finality is checked: its value, and where it stands."""

    entry: Entry
    origin: str
    index: int
    leaf_hash: bytes


def _check_entry(
    subject: str, evidence: EntryEvidence, chain: RosterChain, standing: Standing
) -> tuple[list[Finding], Shown | None]:
    try:
        entry = parse_entry(evidence.entry)
        file = parse_proof_file(evidence.proof)
        roster = chain.get_version(evidence.roster_version).roster
        finality = _verify_final(evidence, file, roster)
        place = _Place(entry, finality.checkpoint.origin, file.index, hash_leaf(evidence.entry))
        if isinstance(entry, Record):
            _check_context(entry, place.origin, roster)
    except FundtraceError as error:
        return [_refute(Topic.ENTRY_REFUTED, subject, error)], None
    findings = [_report_final(subject, place, finality, roster, standing)]
    last = chain.latest.roster.version
    if roster.version < last:
        details = {"version": str(roster.version), "last": str(last)}
        older = Finding(Standing.CLAIMED, Topic.ENTRY_OF_OLDER_ROSTER, subject, details)
        findings.append(older)
    findings += _check_content(subject, evidence, place, standing)
    return findings, Shown(subject, place.origin, place.index, place.leaf_hash, entry)


def _verify_final(evidence: EntryEvidence, file: ProofFile, roster: Roster) -> Finality:
    origin = parse_checkpoint(parse_note(file.checkpoint_note).text).origin
    member = roster.find_member_by_origin(origin)
    if member is None:
        raise _NotInRosterError(
            f"no member of roster version {roster.version} has a log {origin}; name the version"
            " in which it stood"
        )
    policy = build_policy(roster, member.log_key, Purpose.EVIDENCE)
    return verify_proof_file(file, hash_leaf(evidence.entry), policy)


class _NotInRosterError(FundtraceError):
    """A log that no member of the named roster owns."""


class _ContextError(FundtraceError):
    """A record's header names another place than the one in which it stands."""


def _check_context(record: Record, origin: str, roster: Roster) -> None:
    context = record.context
    for said, found, what in (
        (context.origin, origin, "the log"),
        (context.consortium, roster.consortium, "the consortium"),
    ):
        if said != found:
            raise _ContextError(f"its header names {what} {said}, and it stands in {found}")
    if context.roster_version > roster.version:
        raise _ContextError(
            f"its header names roster version {context.roster_version}, and its proof the older"
            f" {roster.version}"
        )


def _report_final(
    subject: str, place: _Place, finality: Finality, roster: Roster, standing: Standing
) -> Finding:
    return Finding(
        standing,
        Topic.ENTRY_FINAL,
        subject,
        {
            "origin": place.origin,
            "index": str(place.index),
            "at": "?" if finality.at_seconds is None else format_instant(finality.at_seconds),
            "count": str(len(finality.members)),
            "members": ", ".join(finality.members),
            "version": str(roster.version),
        },
    )


def _check_content(
    subject: str, evidence: EntryEvidence, place: _Place, standing: Standing
) -> list[Finding]:
    entry = place.entry
    if not isinstance(entry, Record):
        if evidence.body is not None:
            error = _ContextError("the entry is no record, and no body belongs to it")
            return [_refute(Topic.BODY_REFUTED, subject, error)]
        details = {"origin": place.origin, "kind": _ENTRY_NAMES[type(entry)]}
        return [Finding(standing, Topic.ENTRY_CLEAR, subject, details)]
    minute = format_instant(entry.context.published_minute * 60)
    published = {"origin": place.origin, "at": minute}
    findings = [Finding(Standing.CLAIMED, Topic.RECORD_PUBLISHED, subject, published)]
    if evidence.body is None or evidence.content_key is None:
        details = {
            "stream": entry.context.stream_id.hex(),
            "sequence": str(entry.context.sequence),
        }
        return [*findings, Finding(Standing.HIDDEN, Topic.BODY_HIDDEN, subject, details)]
    try:
        opened = _open_body(entry, evidence.body, evidence.content_key)
    except FundtraceError as error:
        return [*findings, _refute(Topic.BODY_REFUTED, subject, error)]
    said = {"origin": place.origin}
    return [
        *findings,
        Finding(standing, Topic.BODY_OPENED, subject, {**opened, **said}),
        Finding(Standing.CLAIMED, Topic.BODY_SAYS, subject, said),
    ]


def _open_body(record: Record, blob: bytes, content_key: bytes) -> Mapping[str, str]:
    context = record.context
    header = SealedHeader(
        context=record.context_bytes,
        body_hash=record.body_hash,
        key_commitment=context.key_commitment,
        tags=context.reader_tags,
        slot=Slot(context.origin, context.stream_id, context.sequence),
    )
    body = parse_body(open_with_content_key(blob, header, content_key))
    return {"kind": get_kind(body).value, "record_id": body.record_id.hex()}


def _refute(topic: Topic, subject: str, error: Exception) -> Finding:
    return Finding(Standing.REFUTED, topic, subject, {"why": str(error)})
