"""Proof files: an entry's inclusion and the checkpoint it leads to, in one text (C2SP tlog-proof).

Whoever has the entry, the log's key and the members' mirror keys checks such a file offline. The
checkpoint stands in it byte for byte as it was signed. The extra data is authenticated by
nothing: it may help to find the entry, and may not be believed.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from fundtrace.errors import EncodingError
from fundtrace.tlog.checkpoint import parse_checkpoint
from fundtrace.tlog.hashing import check_hashes
from fundtrace.tlog.lines import (
    check_integer,
    parse_base64,
    parse_decimal,
    parse_hash,
    split_lines,
)
from fundtrace.tlog.note import NOTE_BYTES_MAX, parse_note
from fundtrace.tlog.proofs import PATH_HASHES_MAX, verify_inclusion
from fundtrace.tlog.quorum import Finality, QuorumPolicy, verify_quorum

PROOF_HEADER: Final = b"c2sp.org/tlog-proof@v1"
EXTRA_BYTES_MAX: Final = 2**16  # LIMIT: as much as an entry; we write a few dozen bytes
PROOF_FILE_BYTES_MAX: Final = 2 * NOTE_BYTES_MAX  # LIMIT: note, 63 hashes, extra as base64
_EXTRA: Final = b"extra "
_INDEX: Final = b"index "


@dataclass(frozen=True, slots=True)
class ProofFile:
    """One proof: optional unauthenticated data, the entry's index, its path, the signed head."""

    extra: bytes | None
    index: int
    path: tuple[bytes, ...]
    checkpoint_note: bytes

    def __post_init__(self) -> None:
        """Refuse what the format cannot hold, and a note that is no checkpoint."""
        if self.extra is not None and not 1 <= len(self.extra) <= EXTRA_BYTES_MAX:
            raise EncodingError(
                f"extra data has 1 to {EXTRA_BYTES_MAX} bytes, not {len(self.extra)}; "
                "leave it out where there is none"
            )
        check_integer(self.index, "an index")
        check_path(self.path)
        parse_checkpoint(parse_note(self.checkpoint_note).text)

    def encode(self) -> bytes:
        """Return the file's bytes."""
        lines = [PROOF_HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + b64encode(self.extra))
        lines.append(_INDEX + str(self.index).encode())
        lines += [b64encode(one) for one in self.path]
        return b"\n".join(lines) + b"\n\n" + self.checkpoint_note


def check_path(path: tuple[bytes, ...]) -> None:
    """Check that a proof has at most 63 hashes, each of 32 bytes, or raise EncodingError."""
    if len(path) > PATH_HASHES_MAX:
        raise EncodingError(f"a proof has at most {PATH_HASHES_MAX} hashes, not {len(path)}")
    check_hashes(path, "proof hash")


def split_proof(data: bytes, what: str) -> tuple[list[bytes], bytes]:
    """Return the lines before the first empty line, and the bytes behind it, which are a note."""
    end = data.find(b"\n\n")
    if end < 0:
        raise EncodingError(f"{what} needs an empty line before its checkpoint")
    return split_lines(data[: end + 1], what), data[end + 2 :]


def parse_path(lines: list[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that these lines of base64 are."""
    if len(lines) > PATH_HASHES_MAX:
        raise EncodingError(f"a proof has at most {PATH_HASHES_MAX} hashes, not {len(lines)}")
    return tuple(parse_hash(line, f"proof hash {place}") for place, line in enumerate(lines))


def parse_proof_file(data: bytes) -> ProofFile:
    """Return the proof that these exact bytes are, or raise EncodingError; nothing is verified."""
    if len(data) > PROOF_FILE_BYTES_MAX:
        raise EncodingError(
            f"a proof file has at most {PROOF_FILE_BYTES_MAX} bytes, this one {len(data)}"
        )
    lines, note = split_proof(data, "a proof file")
    if lines[0] != PROOF_HEADER:
        raise EncodingError(f"a proof file begins with the line {PROOF_HEADER.decode()}")
    extra = None
    rest = lines[1:]
    if rest and rest[0].startswith(_EXTRA):
        extra = parse_base64(rest[0].removeprefix(_EXTRA), "the extra data")
        rest = rest[1:]
    if not rest or not rest[0].startswith(_INDEX):
        raise EncodingError("a proof file needs a line 'index', with the entry's place in the log")
    index = parse_decimal(rest[0].removeprefix(_INDEX), "an index")
    return ProofFile(extra, index, parse_path(rest[1:]), note)


def verify_proof_file(file: ProofFile, leaf_hash: bytes, policy: QuorumPolicy) -> Finality:
    """Verify that the entry with this leaf hash is in a log whose head the policy calls final.

    The caller computes the leaf hash from the entry itself. Raises SignatureError for the
    checkpoint, ProofError for the path, in this order.
    """
    finality = verify_quorum(file.checkpoint_note, policy)
    head = finality.checkpoint
    verify_inclusion(leaf_hash, file.index, head.size, file.path, head.root_hash)
    return finality
