"""``fundtrace ledger``: exit codes and words, on a real store."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from typer.testing import CliRunner

from fundtrace.api.ledger import read_entry
from fundtrace.cli.main import app
from fundtrace.errors import ConflictError, EncodingError, InvalidInputError, NotFoundError
from fundtrace.ledger.erasure import ErasureReason
from fundtrace.ledger.kinds.entries import Erasure, HeaderContext, Record
from fundtrace.report.words import Lang
from fundtrace.store import schema
from fundtrace.store.findings import Counts, EntryFacts, Fault, Finding, StreamLink
from fundtrace.store.guard import Guard, write_guard
from fundtrace.store.render import render_end, render_finding
from fundtrace.store.store import open_store
from fundtrace.store.values import NewEntry, StreamEnd
from fundtrace.store.words import FAULTS
from fundtrace.tlog.checkpoint import Checkpoint, sign_checkpoint
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.keys import ED25519, SignerKey
from fundtrace.wire.entries import encode_context, encode_entry

ORIGIN = "a.bank.example/ledger/1"
KEY = SignerKey(ORIGIN, ED25519, bytes(range(32)))
BODY = b"sealed"
CONTEXT = HeaderContext(
    consortium="wenzhou",
    origin=ORIGIN,
    roster_version=1,
    stream_id=bytes(range(16)),
    sequence=0,
    previous_hash=bytes(32),
    key_commitment=bytes([1]) * 32,
    published_minute=29_000_000,
    key_epoch=1,
    reader_tags=tuple(bytes([at]) * 16 for at in range(4)),
    erasure_key=bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
)


def make_record(context: HeaderContext) -> bytes:
    return encode_entry(Record(context, encode_context(context), sha256(BODY).digest()))


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    assert _run("init", "--store", url)[0] == 0
    return url


@pytest.fixture
def filled(url):
    """A store with two records of one stream, promised and signed."""
    first = make_record(CONTEXT)
    second = make_record(replace(CONTEXT, sequence=1, previous_hash=hash_leaf(first)))
    end = StreamEnd(CONTEXT.stream_id, 1, hash_leaf(second), CONTEXT.erasure_key, 29_000_000)
    with open_store(url) as store:
        term = store.take_term("node a")
        with store.begin(term) as tx:
            added = [NewEntry(one, sha256(BODY).digest(), BODY) for one in (first, second)]
            state = tx.logs.append(tx.logs.create(ORIGIN, is_own=True), added)
            tx.streams.advance(ORIGIN, [end])
            head = tx.heads.record_intent(state)
        note = sign_checkpoint(Checkpoint(ORIGIN, 2, state.root_hash), KEY).encode()
        with store.begin(term) as tx:
            tx.heads.record_signed(head, note)
    return url


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["ledger", *words], catch_exceptions=False)
    return done.exit_code, done.stdout


def _damage(url: str) -> None:
    with open_store(url) as store, store.begin(store.take_term("x")) as tx:
        entries = schema.entries
        tx.session.change(entries.update().where(entries.c.entry_index == 1).values(entry=b"x"))


def test_a_new_store_says_its_identity(tmp_path):
    code, text = _run("init", "--store", f"sqlite:///{tmp_path}/new.db", "--lang", "en")
    assert code == 0
    assert text.startswith(f"created sqlite:///{tmp_path}/new.db, identity ")
    assert len(text.split()[-1]) == 32


def test_two_stores_have_two_identities(tmp_path):
    made = {_run("init", "--store", f"sqlite:///{tmp_path}/{name}.db")[1] for name in "ab"}
    assert len({text[-33:] for text in made}) == 2


def test_a_store_is_not_made_over_another(url):
    with pytest.raises(ConflictError, match="holds tables already"):
        _run("init", "--store", url)


def test_the_store_may_be_named_by_the_environment(url):
    done = CliRunner().invoke(app, ["ledger", "info"], env={"FUNDTRACE_STORE": url})
    assert done.exit_code == 0


def test_upgrading_the_newest_schema_says_so(url):
    assert _run("upgrade", "--store", url, "--lang", "en") == (
        0,
        "the schema is the newest: 0001\n",
    )


@pytest.mark.parametrize("command", ["upgrade", "info", "fsck"])
def test_a_store_that_is_not_there_is_named(tmp_path, command):
    with pytest.raises(NotFoundError, match="fundtrace ledger init"):
        _run(command, "--store", f"sqlite:///{tmp_path}/absent.db")


def test_info_says_what_is_there(filled):
    code, text = _run("info", "--store", filled, "--lang", "en")
    assert code == 0
    assert "Writer: node a, in term 1\n" in text
    assert "Standing: where it was; it may sign\n" in text
    assert f"own {ORIGIN}: 2 entries, promised 2, signed 2, final -, bodies missing 0\n" in text


def test_info_in_chinese(filled):
    text = _run("info", "--store", filled)[1]
    assert "写入方: 第 1 任：node a\n" in text
    assert f"本行 {ORIGIN}：2 条，承诺至 2，已签至 2，终局至 -，缺正文 0\n" in text


def test_info_says_that_a_store_counts_as_restored(filled, tmp_path):
    with open_store(filled) as store:
        identity = store.get_identity().identity
    write_guard(tmp_path / "ledger.db-guard", Guard(identity, 9))
    text = _run("info", "--store", filled, "--lang", "en")[1]
    assert "Standing: counts as restored, and signs nothing: the database knows 1 promises" in text


def test_a_right_store_is_said_to_be_right(filled):
    code, text = _run("fsck", "--store", filled, "--key", KEY.verifier.encode(), "--lang", "en")
    assert code == 0
    assert text == (
        "no problems found\n"
        "checked: 1 logs, 2 entries, 1 tiles, 2 bodies, 1 heads, 1 signatures, 1 streams\n"
    )


def test_without_a_key_the_check_says_what_it_did_not_do(filled):
    code, text = _run("fsck", "--store", filled, "--lang", "en")
    assert code == 0
    assert f"no signature of theirs was verified: {ORIGIN}\n" in text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            "entry 1: the entry was changed: the tree has another hash of it (tile/0/000 hash 1)",
        ),
        ("zh", "entry 1: 条目被改动，与默克尔树中的哈希不符 (tile/0/000 hash 1)"),
    ],
)
def test_a_damaged_store_is_said_to_be_wrong(filled, lang, words):
    _damage(filled)
    code, text = _run("fsck", "--store", filled, "--lang", lang)
    assert code == 1
    assert f"{ORIGIN} {words}\n" in text
    assert "docs/store.md" in text.splitlines()[-1]


def test_findings_are_listed_up_to_a_number(filled):
    _damage(filled)
    code, text = _run("fsck", "--store", filled, "--lang", "en", "--max-findings", "1")
    assert code == 1
    assert "... and 1 more; --max-findings 0 lists all\n2 problems found\n" in text
    assert _run("fsck", "--store", filled, "--max-findings", "0")[0] == 1


def test_findings_as_json_are_one_object_a_line(filled):
    _damage(filled)
    code, text = _run("fsck", "--store", filled, "--format", "json")
    *findings, end = [json.loads(line) for line in text.splitlines()]
    assert code == 1
    assert findings[0] == {
        "fault": "entry",
        "origin": ORIGIN,
        "place": "entry 1",
        "said": "tile/0/000 hash 1",
    }
    assert end["checked"]["problems"] == len(findings)
    assert end["unverified"] == [ORIGIN]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([SignerKey("other.example/1", ED25519, bytes(32)).verifier.encode()], "no log other"),
        ([KEY.verifier.encode(), KEY.verifier.encode()], "give each log's key once"),
        (["garbage"], "a vkey has three parts"),
    ],
)
def test_keys_that_do_not_fit_are_refused(filled, keys, words):
    with pytest.raises(InvalidInputError, match=words):
        _run("fsck", "--store", filled, *(word for key in keys for word in ("--key", key)))


def test_every_fault_has_its_words():
    assert set(FAULTS) == set(Fault)


@pytest.mark.parametrize("lang", [Lang.ZH, Lang.EN])
@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_rendered(fault, lang):
    assert render_finding(Finding(fault, "", "place"), lang).startswith("place: ")


def test_a_clean_check_gives_no_advice():
    assert len(render_end(Counts(), 0, [], "en").splitlines()) == 2


def test_entries_are_read_as_wire_reads_them():
    body_hash = sha256(BODY).digest()
    link = StreamLink(CONTEXT.stream_id, 0, bytes(32), CONTEXT.erasure_key, 29_000_000)
    assert read_entry(make_record(CONTEXT)) == EntryFacts(body_hash, link)
    erasure = Erasure(7, body_hash, next(iter(ErasureReason)), bytes(64))
    assert read_entry(encode_entry(erasure)) == EntryFacts(erases=(7, body_hash))
    with pytest.raises(EncodingError):
        read_entry(b"\xff")
