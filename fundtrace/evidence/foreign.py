"""Checks of any log in the public formats, ours or not: proof files, checkpoints, tiled logs.

Needed is the log's key, got by another way than the file. A log without mirrors of ours has
no quorum; each cosigner that the caller names must have signed, no more is asked.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from collections.abc import Sequence

from fundtrace.errors import EncodingError, FundtraceError, NotFoundError, VerificationError
from fundtrace.evidence.findings import Finding, Standing, Topic, Verdict
from fundtrace.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from fundtrace.tlog.cosignature import verify_cosignature_text
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import VerifierKey
from fundtrace.tlog.note import Note, parse_note
from fundtrace.tlog.proof_file import ProofFile, parse_proof_file
from fundtrace.tlog.proofs import verify_inclusion
from fundtrace.tlog.tile_reader import TileReader
from fundtrace.tlog.tiles import TILE_WIDTH, ReadPath, TileEdge, build_tiles, read_tile

CHECKPOINT_PATH = "checkpoint"


def check_checkpoint(
    data: bytes | Note, log_key: VerifierKey, cosigners: Sequence[VerifierKey] = ()
) -> tuple[Verdict, SignedCheckpoint | None]:
    """Check a signed checkpoint; returns what was found, and the checkpoint if the log signed it.

    Raises EncodingError for bytes that are no checkpoint.
    """
    note = data if isinstance(data, Note) else parse_note(data)
    try:
        signed = open_checkpoint(note, log_key)
    except VerificationError as error:
        return _refute(Topic.LOG_REFUTED, log_key.name, error), None
    head = signed.checkpoint
    root = b64encode(head.root_hash).decode()
    findings = [
        Finding(
            Standing.PROVEN,
            Topic.LOG_SIGNED,
            head.origin,
            {"origin": head.origin, "size": str(head.size), "root": root},
        )
    ]
    findings += [_check_cosigner(signed, key) for key in cosigners]
    return Verdict(tuple(findings)), signed


def check_proof(
    data: bytes,
    entry: bytes | None,
    log_key: VerifierKey,
    cosigners: Sequence[VerifierKey] = (),
) -> Verdict:
    """Check a proof file about ``entry``, the leaf's exact bytes; None leaves it open.

    Raises EncodingError for bytes that are no proof file.
    """
    file = parse_proof_file(data)
    verdict, signed = check_checkpoint(file.checkpoint_note, log_key, cosigners)
    if signed is None:
        return verdict
    return Verdict((*verdict.findings, _check_inclusion(file, entry, signed)))


def check_log(
    read: ReadPath, log_key: VerifierKey, cosigners: Sequence[VerifierKey] = ()
) -> Verdict:
    """Check a whole log in tiles (C2SP tlog-tiles): every entry, every tile, the signed root.

    ``read`` gets a path below the log's prefix and returns its bytes, or None. Memory holds one
    bundle at a time.

    Raises:
        NotFoundError: There is no checkpoint.
        EncodingError: The checkpoint is none.
    """
    data = read(CHECKPOINT_PATH)
    if data is None:
        raise NotFoundError("the log has no file 'checkpoint'; name the folder that holds it")
    verdict, signed = check_checkpoint(data, log_key, cosigners)
    if signed is None:
        return verdict
    head = signed.checkpoint
    try:
        root = _hash_log(head.size, read)
        if root != head.root_hash:
            raise EncodingError("its entries lead to another root than the signed one")
    except FundtraceError as error:
        return Verdict(
            (*verdict.findings, *_refute(Topic.LOG_REFUTED, head.origin, error).findings)
        )
    whole = Finding(Standing.PROVEN, Topic.LOG_WHOLE, head.origin, {"size": str(head.size)})
    return Verdict((*verdict.findings, whole))


def format_instant(at_seconds: int) -> str:
    """Return a POSIX time as ISO 8601 in UTC, or as the number where no calendar has it."""
    try:
        at = dt.datetime.fromtimestamp(at_seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return f"{at_seconds} s"
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_cosigner(signed: SignedCheckpoint, key: VerifierKey) -> Finding:
    lines = signed.note.find_lines(key)
    subject = signed.checkpoint.origin
    if not lines:
        details = {"name": key.name}
        return Finding(Standing.MISSING, Topic.COSIGNATURE_ABSENT, subject, details)
    try:
        times = [verify_cosignature_text(signed.note.text, line, key) for line in lines]
    except FundtraceError as error:
        return _refute(Topic.LOG_REFUTED, subject, error).findings[0]
    details = {"name": key.name, "at": format_instant(min(times))}
    return Finding(Standing.PROVEN, Topic.COSIGNED, subject, details)


def _check_inclusion(file: ProofFile, entry: bytes | None, signed: SignedCheckpoint) -> Finding:
    head = signed.checkpoint
    details = {"index": str(file.index)}
    if entry is None:
        return Finding(Standing.MISSING, Topic.ENTRY_NOT_GIVEN, head.origin, details)
    try:
        verify_inclusion(hash_leaf(entry), file.index, head.size, file.path, head.root_hash)
    except VerificationError as error:
        return _refute(Topic.INCLUSION_REFUTED, head.origin, error).findings[0]
    return Finding(Standing.PROVEN, Topic.INCLUDED, head.origin, details)


def _hash_log(size: int, read: ReadPath) -> bytes:
    """Return the root over all entries; every tile on the way must be as its entries demand."""
    edge = TileEdge()
    for bundle in range(-(-size // TILE_WIDTH)):
        reader = TileReader(size, read)  # for each bundle anew: it keeps what it read
        leaves = [hash_leaf(entry) for entry in reader.read_entries(bundle)]
        built = build_tiles(edge, leaves)
        # Partial tiles of sizes in between need not be served; those of the head must be.
        wanted = [tile for tile in built.tiles if tile.address.is_full or built.edge.size == size]
        for tile in wanted:
            if read_tile(tile.address, read) != tile.data:
                raise EncodingError(f"{tile.address.path} does not belong to the log's entries")
        edge = built.edge
    return edge.root()


def _refute(topic: Topic, subject: str, error: Exception) -> Verdict:
    return Verdict((Finding(Standing.REFUTED, topic, subject, {"why": str(error)}),))
