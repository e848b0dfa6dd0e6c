"""docs/ledger.md says what the code does, and enough of it: its example opens without our code."""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from fundtrace.ledger.kinds.words import Kind
from fundtrace.v1 import body_pb2, entry_pb2
from tests.support import plain_ledger as plain

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import ledger_page  # noqa: E402  # stands beside the script that writes the blocks

PAGE = ledger_page.LEDGER_PAGE.read_text(encoding="utf-8")
BLOCKS = ledger_page.read_blocks(PAGE)
LABELLED = {"frame": 0, "hash_frame": 0, "mac_frame": 1, "derive_key": 1, "parse_signed": 1}
READERS = ("bank-a", "bank-b")
PLACE = ("loans.example", "a.bank.example/ledger/1")


def _section(number: int) -> str:
    return PAGE.split(f"\n## {number} ")[1].split(f"\n## {number + 1} ", maxsplit=1)[0]


def test_the_blocks_are_what_the_example_gives():
    assert ledger_page.fill_page(PAGE) == PAGE, "run scripts/gen-vectors"


def test_a_block_that_is_not_known_is_refused():
    with pytest.raises(KeyError):
        ledger_page.fill_page(PAGE + "\n```hex nothing\n00\n```\n")


def test_a_block_that_is_missing_is_named():
    with pytest.raises(KeyError, match="hex blob"):
        ledger_page.fill_page(PAGE.replace("```hex blob\n", "```hex glob\n"))


def test_the_plain_implementation_uses_nothing_of_ours():
    tree = ast.parse(Path(plain.__file__).read_text(encoding="utf-8"))
    imported = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else _list_names(node))
    ]
    assert imported
    assert [name for name in imported if name.split(".")[0] in {"fundtrace", "tests"}] == []


def _list_names(node: ast.Import) -> list[str]:
    return [one.name for one in node.names]


def _split(name: str, *sizes: int) -> list[bytes]:
    """Return a block in parts, which must be all of it."""
    data, parts = BLOCKS[name], []
    for size in sizes:
        parts.append(data[:size])
        data = data[size:]
    assert data == b""
    return parts


def _get_pair_keys() -> dict[str, tuple[bytes, bytes, bytes]]:
    """Return pair secret, tag key and wrap key by reader, as the page shows them."""
    _, *keys = _split("pairs", *[32] * 7)
    return {"bank-a": tuple(keys[:3]), "bank-b": tuple(keys[3:])}


def _build_entry(context: bytes, body_hash: bytes) -> bytes:
    """Return a record's entry; both parts of it are longer than 127 bytes and below 16,384."""
    record = b"\x0a" + _varint(len(context)) + context + b"\x12\x20" + body_hash
    return b"\x0a" + _varint(len(record)) + record


def _varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7])


ENTRY = _build_entry(BLOCKS["context"], BLOCKS["derived"][-32:])
ENTRIES = [ENTRY, BLOCKS["entry-1"], BLOCKS["entry-2"]]


@pytest.mark.parametrize("reader", READERS)
def test_the_keys_of_a_pair_follow_from_the_epoch_secret(reader):
    secret, tag_key, wrap_key = _get_pair_keys()[reader]
    pair = (*PLACE, reader, 7)
    epoch_secret = BLOCKS["pairs"][:32]
    assert plain.hkdf(epoch_secret, b"", plain.frame("pair/secret", *pair)) == secret
    assert plain.derive_pair_keys(secret, pair) == (tag_key, wrap_key)


@pytest.mark.parametrize("reader", READERS)
def test_the_record_opens_from_the_page_alone(reader):
    secret, _, _ = _get_pair_keys()[reader]
    content_key, body = plain.open_body(ENTRY, BLOCKS["blob"], reader, secret)
    assert content_key == BLOCKS["made"][:32]
    assert body == BLOCKS["body"]


def test_the_record_opens_for_no_other_reader():
    secret, _, _ = _get_pair_keys()["bank-b"]
    with pytest.raises(ValueError, match="not in list"):
        plain.open_body(ENTRY, BLOCKS["blob"], "bank-c", secret)


def test_the_record_is_sealed_from_the_page_alone():
    randomness, *filling = _split("drawn", 32, *[16] * 4, *[40] * 4)
    content_key, commitment, *tags = _split("made", 32, 32, 16, 16)
    context, body = BLOCKS["context"], BLOCKS["body"]
    assert plain.mac(randomness, plain.frame("sealing/content-key", body)) == content_key
    assert plain.mac(content_key, plain.frame("sealing/commitment")) == commitment
    keys, header = _get_pair_keys(), plain.Header(ENTRY)
    assert tags == [plain.make_tag(keys[reader][1], header) for reader in READERS]
    assert header.tags == sorted([*tags, *filling[:2]])
    digest, key, *wrapping, body_hash = _split("derived", *[32] * 5)
    assert digest == plain.sha256(context)
    assert plain.mac(content_key, plain.frame("sealing/encryption", digest)) == key
    wraps = dict(zip(sorted(filling[:2]), filling[4:6], strict=True))
    for reader, tag, kek in zip(READERS, tags, wrapping, strict=True):
        info = plain.frame("sealing/wrap", reader)
        assert plain.hkdf(keys[reader][2], digest, info) == kek
        wraps[tag] = aes_key_wrap(kek, content_key)
    padded = body + b"\x80" + bytes(512 - len(body) - 1)
    sealed = AESGCM(key).encrypt(bytes(12), padded, context)
    blob = b"FTB\x01\x04" + b"".join(wraps[tag] for tag in sorted(wraps)) + sealed
    assert blob == BLOCKS["blob"]
    assert plain.sha256(blob) == body_hash


def test_the_body_says_what_the_page_says():
    (loan,) = plain.read_message(BLOCKS["body"])[1]
    said = plain.read_message(loan)
    record_id = plain.frame("record-id", "loan.opened", said[2][0], b"L-2026-0007", 0, 1)
    assert said[1] == [plain.sha256(record_id)]
    assert (said[3], said[5], said[6]) == ([b"L-2026-0007"], [100_000_000], [b"CNY"])


def test_the_stream_is_whole_as_its_tally_says():
    leaves = [plain.hash_leaf(entry) for entry in ENTRIES]
    first, second = (plain.Header(entry) for entry in ENTRIES[:2])
    assert (first.sequence, first.previous_hash) == (0, bytes(32))
    assert (second.sequence, second.previous_hash) == (1, leaves[0])
    assert first.stream_id == second.stream_id
    (tally,) = plain.read_message(ENTRIES[2])[2]
    said = plain.read_message(tally)
    (tail,) = said[2]
    assert said[1] == [2]
    assert plain.read_message(tail) == {1: [first.stream_id], 2: [1], 3: [leaves[1]]}


def test_the_tree_and_the_proof_lead_to_the_signed_root():
    leaves = [plain.hash_leaf(entry) for entry in ENTRIES]
    *shown, node, root = _split("tree", *[32] * 5)
    assert shown == leaves
    assert node == plain.hash_node(*leaves[:2])
    assert root == plain.hash_tree(leaves)
    header, index, *path, text = _read_proof()
    assert (header, index) == (b"c2sp.org/tlog-proof@v1", b"index 0")
    assert plain.climb(leaves[0], 0, 3, [plain.b64decode(one) for one in path]) == root
    origin, size, signed = text.split(b"\n")[:3]
    assert (origin.decode(), size) == (PLACE[1], b"3")
    assert plain.b64decode(signed) == root


def _read_proof() -> list[bytes]:
    """Return the lines of the proof, and the note behind them."""
    lines, _, note = BLOCKS["proof"].partition(b"\n\n")
    return [*lines.split(b"\n"), note]


def _list_vkeys() -> list[str]:
    return [line.split(" ", 1)[1] for line in BLOCKS["keys"].decode().splitlines()]


def test_the_head_is_final_by_three_of_four_since_the_second_smallest_time():
    signed = plain.verify_lines(_read_proof()[-1], _list_vkeys())
    assert signed.pop(PLACE[1]) is None  # the log's own line has no time
    assert set(signed) == {f"{bank}.bank.example/mirror" for bank in "abc"}
    assert sorted(signed.values())[1] == 1_767_225_660
    assert "2026-01-01T00:01:00Z" in _section(15)


def test_a_changed_head_does_not_verify():
    note = _read_proof()[-1].replace(b"\n3\n", b"\n4\n", 1)
    with pytest.raises(InvalidSignature):
        plain.verify_lines(note, _list_vkeys())


@pytest.mark.parametrize("place", range(5))
def test_the_seeds_give_the_keys(place):
    seed, vkey = BLOCKS["keys"].decode().splitlines()[place].split(" ")
    key = plain.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key()
    assert plain.b64decode(vkey.split("+", 2)[2])[1:] == key.public_bytes_raw()


def _list_labels() -> set[str]:
    """Return the labels that the code frames, found in its text."""
    found = set()
    for path in sorted((ROOT / "fundtrace").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = _list_constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = LABELLED.get(node.func.id)
                label = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(label, ast.Constant):
                    found.add(label.value)
                elif isinstance(label, ast.Name) and label.id in constants:
                    found.add(constants[label.id])
    return found


def _list_constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a module's own names stand for."""
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            targets = target.elts if isinstance(target, ast.Tuple) else [target]
            value = node.value
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            constants |= {
                one.id: said.value
                for one, said in zip(targets, values, strict=False)
                if isinstance(one, ast.Name) and isinstance(said, ast.Constant)
            }
    return constants


def test_the_table_of_labels_holds_all_labels_and_no_others():
    cells = re.findall(r"^\| (`[^|]+`) \|", _section(13), flags=re.MULTILINE)
    listed = {label for cell in cells for label in re.findall(r"`([^`]+)`", cell)}
    assert listed == _list_labels()
    assert len(listed) > 20


LIMITS = re.findall(r"\| `([\w.]+)\.(\w+)` \| ([\d,]+) (?=\|)", _section(14))


@pytest.mark.parametrize(("module", "name", "value"), LIMITS)
def test_a_limit_is_the_one_in_the_code(module, name, value):
    assert getattr(import_module(f"fundtrace.{module}"), name) == int(value.replace(",", ""))


def test_no_limit_is_overlooked_by_the_test():
    assert len(LIMITS) == _section(14).count("_MAX`") > 20


def test_the_table_of_kinds_names_every_kind_by_its_field():
    pairs = re.findall(r"(\d+) `([a-z.]+)`", _section(7).split("\n\n`record_id")[0])
    shown = {name: int(number) for number, name in pairs if "." in name or name in set(Kind)}
    fields = body_pb2.Body.DESCRIPTOR.fields_by_name
    assert shown == {kind.value: fields[kind.value.replace(".", "_")].number for kind in Kind}


def test_the_table_of_entries_names_every_entry_by_its_field():
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", _section(3).split("`Record` is")[0], re.MULTILINE)
    assert {name: int(number) for number, name in rows} == {
        field.name: field.number for field in entry_pb2.Entry.DESCRIPTOR.fields
    }


def test_the_table_of_the_header_names_every_field():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", _section(3).split("`Record` is")[1], re.MULTILINE)
    assert {name: int(number) for number, name in rows} == {
        field.name: field.number for field in entry_pb2.HeaderContext.DESCRIPTOR.fields
    }
