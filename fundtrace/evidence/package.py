"""The evidence package: one file that a regulator can check offline, and its strict form.

A package is a ZIP archive, so that anybody can look inside with what is at hand. Its rules:

- Members are stored without compression, in the order of their names, all dated 1980-01-01,
  so that the same content gives the same bytes. A package that was read is encoded again
  and compared: what lies between, behind or beneath the members is refused.
- ``manifest.json`` names every other file with its SHA-256, and says who made the package,
  when and about what. It is the maker's word: nothing of it is proven by the ledger.
- ``roster/<version>.bin`` and ``roster/<version>.note``: the consortium's roster from version
  1 on without a gap, and each version's signatures.
- ``entries/<nnnn>/``: one folder per log entry: ``entry.bin`` (the leaf's exact bytes),
  ``proof.txt`` (a C2SP tlog-proof file), ``roster_version`` (the version whose quorum the
  proof's checkpoint shows), and, of a record that the holder may show, ``body.bin`` (sealed)
  and ``key.bin`` (its content key).
- ``documents/<name>``: statements and vouchers; covered by the manifest, no more.

What the content means, and whether it holds, is checked by ``fundtrace.evidence.check``.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.ledger.kinds.bounds import Text

FORMAT = "fundtrace-evidence/1"
MANIFEST = "manifest.json"
# LIMIT: 10,000 entries with 64 KiB each of entry, body and proof; more wants two packages.
PACKAGE_BYTES_MAX = 2_000_000_000
FILES_MAX = 50_000
_END_BYTES = 22  # of the record that ends a ZIP archive without a comment
_LIST_BYTES_MAX = 128 * FILES_MAX  # LIMIT: 46 bytes and a name of at most 80 for each file
ROSTERS_MAX = 999
ENTRY_FILES = {
    "entry": "entry.bin",
    "proof": "proof.txt",
    "roster_version": "roster_version",
    "body": "body.bin",
    "content_key": "key.bin",
}
_NAME = re.compile(
    r"manifest\.json"
    r"|roster/[1-9][0-9]{0,2}\.(bin|note)"
    r"|entries/[0-9]{4}/(entry\.bin|proof\.txt|roster_version|body\.bin|key\.bin)"
    r"|documents/[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.[a-z0-9]{1,8}"
)
_DATE = (1980, 1, 1, 0, 0, 0)
_TEXT = Text(1, 2_000)  # LIMIT: 500 characters of four bytes
_ABOUT = ("consortium", "subject", "made_by", "made_at", "software")


@dataclass(frozen=True, slots=True)
class EntryEvidence:
    """One log entry as evidence: exact bytes, proof file, and what opens its body.

    ``roster_version`` names the roster whose quorum the proof's checkpoint shows. ``body``
    and ``content_key`` are None where the holder may not show them, or the body is erased;
    a key without its body is refused.
    """

    entry: bytes
    proof: bytes
    roster_version: int
    body: bytes | None = None
    content_key: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be checked."""
        if not 1 <= self.roster_version <= ROSTERS_MAX:
            raise InvalidInputError(
                f"roster version {self.roster_version}: give 1 to {ROSTERS_MAX}"
            )
        if self.content_key is not None and self.body is None:
            raise InvalidInputError("a content key without its sealed body opens nothing")


@dataclass(frozen=True, slots=True)
class RosterEvidence:
    """One signed version of the roster: its exact bytes, and the note that signs them."""

    roster: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """What an evidence package holds; ``about`` is its maker's word, by the keys of _ABOUT.

    ``rosters`` stand in the order of their versions, the first of them version 1.
    """

    about: Mapping[str, str]
    rosters: tuple[RosterEvidence, ...]
    entries: tuple[EntryEvidence, ...]
    documents: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what the format cannot hold."""
        if tuple(sorted(self.about)) != tuple(sorted(_ABOUT)):
            raise InvalidInputError(f"an evidence package says exactly {', '.join(_ABOUT)}")
        for key, text in self.about.items():
            _TEXT.check(text, f"{key} of an evidence package")
        if len(self.rosters) > ROSTERS_MAX or len(self.entries) > 9_999:
            raise InvalidInputError(
                f"an evidence package holds at most {ROSTERS_MAX} rosters and 9,999 entries;"
                " make two"
            )
        for name in self.documents:
            if not _NAME.fullmatch(f"documents/{name}"):
                raise InvalidInputError(
                    f"document {name!r}: letters, digits, _ and -, then one lower-case ending"
                )

    def list_files(self) -> dict[str, bytes]:
        """Return the files of the package but its manifest, by name."""
        files: dict[str, bytes] = {}
        for version, signed in enumerate(self.rosters, start=1):
            files[f"roster/{version}.bin"] = signed.roster
            files[f"roster/{version}.note"] = signed.note
        for number, one in enumerate(self.entries, start=1):
            folder = f"entries/{number:04d}"
            files[f"{folder}/entry.bin"] = one.entry
            files[f"{folder}/proof.txt"] = one.proof
            files[f"{folder}/roster_version"] = f"{one.roster_version}\n".encode()
            if one.body is not None:
                files[f"{folder}/body.bin"] = one.body
            if one.content_key is not None:
                files[f"{folder}/key.bin"] = one.content_key
        for name, content in self.documents.items():
            files[f"documents/{name}"] = content
        return files

    def encode(self) -> bytes:
        """Return the package's bytes: the same content always gives the same.

        Raises:
            InvalidInputError: The content is larger than PACKAGE_BYTES_MAX.
        """
        files = self.list_files()
        manifest = {
            "format": FORMAT,
            **self.about,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
        files[MANIFEST] = _encode_json(manifest)
        if sum(map(len, files.values())) > PACKAGE_BYTES_MAX:
            raise InvalidInputError(
                f"the evidence is larger than {PACKAGE_BYTES_MAX:,} bytes; make two packages"
            )
        return _encode_archive(files)


def parse_package(data: bytes) -> Package:
    """Read an evidence package strictly; nothing in it is verified yet but its manifest.

    Raises:
        EncodingError: The bytes are no package, or not in the one form that encode() gives;
            the message names the file and says what is wrong.
    """
    files = _read_archive(data)
    manifest = _read_manifest(files)
    try:
        package = Package(
            about={key: manifest[key] for key in _ABOUT},
            rosters=_take_rosters(files),
            entries=_take_entries(files),
            documents={
                name.removeprefix("documents/"): content
                for name, content in files.items()
                if name.startswith("documents/")
            },
        )
    except EncodingError:
        raise
    except InvalidInputError as error:
        raise EncodingError(f"the evidence package does not hold together: {error}") from error
    _check_manifest(manifest, package.list_files())
    if package.encode() != data:
        raise EncodingError(
            "the evidence package is not in its one form: something was added, reordered or"
            " compressed; ask for the file as it was made"
        )
    return package


def _encode_json(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    return text.encode() + b"\n"


def _encode_archive(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system = 3
            member.external_attr = 0o100644 << 16
            archive.writestr(member, files[name])
    return out.getvalue()


def _read_archive(data: bytes) -> dict[str, bytes]:
    if len(data) > PACKAGE_BYTES_MAX + FILES_MAX * 400:
        raise EncodingError(f"an evidence package has at most {PACKAGE_BYTES_MAX:,} bytes")
    # The list of files ends the package. Each name in it takes half a kilobyte when it is read.
    end, before = data[-_END_BYTES:], data[-_END_BYTES - 20 : -_END_BYTES]
    listed = int.from_bytes(end[12:16], "little")
    if end[:4] != b"PK\x05\x06" or before[:4] == b"PK\x06\x07" or listed > _LIST_BYTES_MAX:
        raise EncodingError("this is no evidence package: its list of files is not at its end")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_members(archive, len(data))
    except EncodingError:
        raise
    # zipfile leaks these for damaged archives, depending on where the damage lies.
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, KeyError) as error:
        raise EncodingError(f"this is no evidence package: {error}") from error
    except (NotImplementedError, OverflowError, MemoryError) as error:
        raise EncodingError(f"this is no evidence package: {error}") from error


def _read_members(archive: zipfile.ZipFile, bytes_max: int) -> dict[str, bytes]:
    members = archive.infolist()
    if len(members) > FILES_MAX:
        raise EncodingError(f"an evidence package has at most {FILES_MAX:,} files")
    # Members that overlap could unfold one megabyte to gigabytes, uncompressed.
    if sum(member.file_size for member in members) > bytes_max:
        raise EncodingError("the files of an evidence package stand behind each other, none shared")
    files: dict[str, bytes] = {}
    for member in members:
        name = member.filename
        if not _NAME.fullmatch(name):
            raise EncodingError(f"an evidence package has no file named {name!r}")
        if name in files:
            raise EncodingError(f"{name} stands twice in the evidence package")
        # Before it is read: a few bytes must not unfold to gigabytes.
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise EncodingError(f"{name} is compressed; an evidence package stores its files")
        files[name] = archive.read(member)
    return files


def _read_manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    raw = files.get(MANIFEST)
    if raw is None:
        raise EncodingError(f"the evidence package has no {MANIFEST}")
    try:
        manifest = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EncodingError(f"{MANIFEST} is no JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise EncodingError(f"{MANIFEST} does not name the format {FORMAT}")
    if set(manifest) != {"format", "files", *_ABOUT}:
        raise EncodingError(f"{MANIFEST} wants exactly format, files, {', '.join(_ABOUT)}")
    if not all(isinstance(manifest[key], str) for key in _ABOUT):
        raise EncodingError(f"{MANIFEST}: {', '.join(_ABOUT)} are texts")
    if not isinstance(manifest["files"], dict):
        raise EncodingError(f"{MANIFEST}: files is a table of names and SHA-256")
    return manifest


def _take_rosters(files: Mapping[str, bytes]) -> tuple[RosterEvidence, ...]:
    count = sum(name.startswith("roster/") for name in files)
    rosters = []
    for version in range(1, count // 2 + 1):
        body, note = (files.get(f"roster/{version}.{kind}") for kind in ("bin", "note"))
        if body is None or note is None:
            raise EncodingError(
                f"the roster's versions stand without a gap from 1 on; {version} is missing"
            )
        rosters.append(RosterEvidence(body, note))
    if count != 2 * len(rosters):
        raise EncodingError("each version of the roster has a .bin and a .note")
    return tuple(rosters)


def _take_entries(files: Mapping[str, bytes]) -> tuple[EntryEvidence, ...]:
    numbers = {name.split("/")[1] for name in files if name.startswith("entries/")}
    entries = []
    for number in range(1, len(numbers) + 1):
        folder = f"entries/{number:04d}"
        parts = {key: files.get(f"{folder}/{name}") for key, name in ENTRY_FILES.items()}
        entry, proof, version = parts["entry"], parts["proof"], parts["roster_version"]
        if entry is None or proof is None or version is None:
            raise EncodingError(
                f"{folder} wants entry.bin, proof.txt and roster_version, and numbers count"
                " from 0001 without a gap"
            )
        if not re.fullmatch(rb"[1-9][0-9]{0,2}\n", version):
            raise EncodingError(f"{folder}/roster_version: one number and a line feed")
        entries.append(
            EntryEvidence(entry, proof, int(version), parts["body"], parts["content_key"])
        )
    return tuple(entries)


def _check_manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    listed: Mapping[str, Any] = manifest["files"]
    for name in sorted(files.keys() | listed.keys()):
        if name not in files:
            raise EncodingError(f"{MANIFEST} names {name}, which the package does not hold")
        if name not in listed:
            raise EncodingError(f"{name} is not named in {MANIFEST}")
        if listed[name] != hashlib.sha256(files[name]).hexdigest():
            raise EncodingError(f"{name} is not the file that {MANIFEST} names by its SHA-256")
