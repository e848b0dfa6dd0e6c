"""The container of evidence: one form, nothing hidden in it, all damage refused."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtrace.errors import EncodingError, InvalidInputError
from fundtrace.evidence.package import (
    EntryEvidence,
    Package,
    RosterEvidence,
    parse_package,
)

ABOUT = {
    "consortium": "温州贷后联盟",
    "subject": "loan W-001",
    "made_by": "Bank A",
    "made_at": "2026-11-24T03:00:00Z",
    "software": "fundtrace 0.1.0",
}
PACKAGE = Package(
    about=ABOUT,
    rosters=(RosterEvidence(b"one", b"note one"), RosterEvidence(b"two", b"note two")),
    entries=(
        EntryEvidence(b"leaf", b"proof", 1),
        EntryEvidence(b"leaf 2", b"proof 2", 2, b"sealed", b"k" * 32),
    ),
    documents={"statement.pdf": b"%PDF"},
)

entry_evidence = st.builds(
    lambda entry, proof, version, body, key: EntryEvidence(
        entry, proof, version, body, key if body is not None else None
    ),
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.integers(1, 999),
    st.none() | st.binary(max_size=40),
    st.none() | st.binary(max_size=32),
)
packages = st.builds(
    Package,
    about=st.just(ABOUT),
    rosters=st.lists(st.builds(RosterEvidence, st.binary(max_size=9), st.binary(max_size=9))).map(
        tuple
    ),
    entries=st.lists(entry_evidence, max_size=12).map(tuple),
    documents=st.dictionaries(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}\.[a-z0-9]{1,4}", fullmatch=True),
        st.binary(max_size=9),
        max_size=3,
    ),
)


def _archive(files, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _files(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@given(packages)
def test_what_is_encoded_parses_to_the_same(package):
    assert parse_package(package.encode()) == package


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_refused(data):
    with pytest.raises(EncodingError):
        parse_package(data)


@given(st.data())
def test_a_package_with_a_changed_byte_is_refused(data):
    good = PACKAGE.encode()
    position = data.draw(st.integers(0, len(good) - 1))
    change = data.draw(st.integers(1, 255))
    bad = bytearray(good)
    bad[position] ^= change
    with pytest.raises(EncodingError):
        parse_package(bytes(bad))


@given(st.integers(0, len(PACKAGE.encode()) - 1))
def test_a_package_cut_short_is_refused(length):
    with pytest.raises(EncodingError):
        parse_package(PACKAGE.encode()[:length])


@pytest.mark.parametrize("extra", [b"x", b"\n" * 30])
@pytest.mark.parametrize("where", ["before", "after"])
def test_bytes_around_the_package_are_refused(extra, where):
    good = PACKAGE.encode()
    with pytest.raises(EncodingError):
        parse_package(extra + good if where == "before" else good + extra)


def test_a_compressed_package_is_refused_unread():
    with pytest.raises(EncodingError, match="compressed"):
        parse_package(_archive(_files(PACKAGE.encode()), zipfile.ZIP_DEFLATED))


def _nest(names, payload):
    """Return an archive of which each member's bytes hold all the members behind it."""
    heads, data = [], payload
    for name in reversed(names):
        sizes = (zlib.crc32(data), len(data), len(data), len(name), 0)
        data = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, *sizes) + name + data
        heads.append((name, sizes, len(data)))
    central = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, *sizes, 0, 0, 0, 0, start) + name
        for name, sizes, start in ((*head[:2], len(data) - head[2]) for head in reversed(heads))
    )
    count = len(names)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(central), len(data), 0)
    return data + central + end


@pytest.mark.parametrize("is_zip64", [False, True])
def test_a_list_of_a_million_files_is_refused_unread(is_zip64):
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", *[0] * 16)
    central = entry * 1_000_000
    size = len(central)
    far = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, size, 0)
    far += struct.pack("<4sIQI", b"PK\6\7", 0, size, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 0 if is_zip64 else size, 0, 0)
    archive = central + (far if is_zip64 else b"") + end
    tracemalloc.start()
    with pytest.raises(EncodingError, match="list of files"):
        parse_package(archive)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_members_that_overlap_are_refused_unread():
    archive = _nest([f"documents/{place}.x".encode() for place in range(50)], bytes(100_000))
    assert len(archive) < 110_000
    tracemalloc.start()
    with pytest.raises(EncodingError, match="behind each other"):
        parse_package(archive)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "entries/1/entry.bin", "notes.txt", "documents/a/b.pdf"]
)
def test_a_file_that_has_no_place_in_the_format_is_refused(name):
    with pytest.raises(EncodingError, match="no file named"):
        parse_package(_archive({**_files(PACKAGE.encode()), name: b""}))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("manifest.json", "no manifest.json"),
        ("roster/1.bin", "without a gap|has a .bin"),
        ("roster/2.note", "without a gap|has a .bin"),
        ("entries/0001/entry.bin", "entries/0001 wants"),
        ("entries/0002/roster_version", "entries/0002 wants"),
        ("entries/0002/key.bin", "does not hold"),
        ("entries/0002/body.bin", "opens nothing"),
        ("documents/statement.pdf", "does not hold"),
    ],
)
def test_a_missing_file_is_named(name, says):
    files = _files(PACKAGE.encode())
    del files[name]
    with pytest.raises(EncodingError, match=says):
        parse_package(_archive(files))


def test_a_file_that_the_manifest_names_otherwise_is_named():
    files = {**_files(PACKAGE.encode()), "documents/statement.pdf": b"other"}
    with pytest.raises(EncodingError, match=r"documents/statement\.pdf is not the file"):
        parse_package(_archive(files))


def test_a_file_that_the_manifest_does_not_name_is_named():
    files = {**_files(PACKAGE.encode()), "documents/more.pdf": b"other"}
    with pytest.raises(EncodingError, match=r"documents/more\.pdf is not named"):
        parse_package(_archive(files))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"format": "fundtrace-evidence/2"}',
        b'{"format": "fundtrace-evidence/1"}',
    ],
)
def test_a_manifest_of_another_shape_is_refused(manifest):
    with pytest.raises(EncodingError, match=r"manifest\.json"):
        parse_package(_archive({**_files(PACKAGE.encode()), "manifest.json": manifest}))


@pytest.mark.parametrize("text", [r"\ud800", r"\u009b31m", r"\u007f", r"\u202egap", ""])
def test_a_manifest_that_no_terminal_could_show_as_it_is_is_refused(text):
    files = _files(PACKAGE.encode())
    manifest = files["manifest.json"].replace(b"loan W-001", text.encode())
    with pytest.raises(EncodingError, match="subject"):
        parse_package(_archive({**files, "manifest.json": manifest}))


@pytest.mark.parametrize("version", [0, 1_000])
def test_a_roster_version_out_of_bounds_is_refused(version):
    with pytest.raises(InvalidInputError, match="roster version"):
        EntryEvidence(b"", b"", version)


@pytest.mark.parametrize(
    "about",
    [{}, {**ABOUT, "more": "x"}, {**ABOUT, "subject": ""}, {**ABOUT, "subject": "a\nb"}],
)
def test_a_package_says_who_made_it_about_what_in_one_line_each(about):
    with pytest.raises(InvalidInputError):
        Package(about, (), ())


def test_a_document_with_a_path_for_a_name_is_refused():
    with pytest.raises(InvalidInputError, match="document"):
        Package(ABOUT, (), (), {"../x.pdf": b""})


def test_the_same_content_gives_the_same_bytes():
    again = Package(
        dict(reversed(ABOUT.items())), PACKAGE.rosters, PACKAGE.entries, PACKAGE.documents
    )
    assert again.encode() == PACKAGE.encode()
