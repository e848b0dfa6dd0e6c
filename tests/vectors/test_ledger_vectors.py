"""The project's own vectors of records, rosters, consents and evidence, run over our code."""

from __future__ import annotations

import datetime as dt
from base64 import b64decode

import pytest
from cryptography import x509

from fundtrace.evidence.check import check_package
from fundtrace.evidence.package import parse_package
from fundtrace.ledger.completeness import StreamRecord, StreamTally, prove_complete
from fundtrace.ledger.consent import ConsentEvidence, Revocation, verify_consent
from fundtrace.ledger.kinds.entries import Record
from fundtrace.ledger.kinds.table import make_record_id
from fundtrace.ledger.kinds.words import Kind
from fundtrace.ledger.pairs import Pair, derive_pair_keys
from fundtrace.ledger.roster.activation import Activation, LogRoster, begin_log
from fundtrace.ledger.roster.chain import begin_chain
from fundtrace.ledger.roster.signing import open_roster
from fundtrace.ledger.sealing import open_body, open_with_content_key
from fundtrace.ledger.streams import LoggedEntry, LogHead, LogRules
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.tree import Tree
from fundtrace.wire.entries import parse_entry
from fundtrace.wire.records import get_sealed_header, parse_record
from fundtrace.wire.rosters import encode_roster, parse_roster
from tests.support import plain_ledger
from tests.support.vector_cases import judge, list_own_cases

from vectors import derivations  # isort: skip  # vector_cases makes it importable


@pytest.mark.parametrize("case", list_own_cases("derivations"))
def test_a_derivation_gives_what_its_case_says(case):
    made = judge(case, lambda: derivations.FUNCTIONS[case["function"]](case["input"]))
    assert made is None or made.hex() == case["output_hex"]


@pytest.mark.parametrize(
    "case", [one for one in list_own_cases("derivations") if "output_hex" in one.values[0]]
)
def test_a_derivation_follows_from_the_page_alone(case):
    made = plain_ledger.FUNCTIONS[case["function"]](case["input"])
    assert made.hex() == case["output_hex"]


@pytest.mark.parametrize("case", list_own_cases("record_ids"))
def test_a_record_id_is_what_its_case_says(case):
    given = (
        Kind(case["kind"]),
        bytes.fromhex(case["loan_key_hex"]),
        bytes.fromhex(case["entry_key_hex"]),
        case["hop"],
        case["version"],
    )
    made = judge(case, lambda: make_record_id(*given))
    assert made is None or made.hex() == case["record_id_hex"]


def _open(case):
    record = parse_record(bytes.fromhex(case["entry_hex"]))
    blob, header = bytes.fromhex(case["blob_hex"]), get_sealed_header(record)
    if "content_key_hex" in case:
        return open_with_content_key(blob, header, bytes.fromhex(case["content_key_hex"]))
    context = record.context
    pair = Pair(context.consortium, context.origin, case["reader"], case["key_epoch"])
    keys = derive_pair_keys(bytes.fromhex(case["pair_secret_hex"]), pair)
    return open_body(blob, header, keys).plaintext


@pytest.mark.parametrize("case", list_own_cases("sealing"))
def test_a_sealed_body_is_judged_as_its_case_says(case):
    plaintext = judge(case, lambda: _open(case))
    assert plaintext is None or plaintext.hex() == case["plaintext_hex"]


def _read_record(given):
    hashes = (given["leaf_hash_hex"], given["stream_id_hex"], given["previous_hash_hex"])
    leaf_hash, stream_id, previous_hash = map(bytes.fromhex, hashes)
    return StreamRecord(given["index"], leaf_hash, stream_id, given["sequence"], previous_hash)


def _read_tally(given):
    if given is None:
        return None
    stream_id, last_hash = map(bytes.fromhex, (given["stream_id_hex"], given["last_hash_hex"]))
    return StreamTally(given["index"], stream_id, given["last_sequence"], last_hash)


@pytest.mark.parametrize("case", list_own_cases("streams"))
def test_a_stream_is_found_whole_or_not_as_its_case_says(case):
    records = [_read_record(one) for one in case["records"]]
    found = judge(case, lambda: prove_complete(records, _read_tally(case["tally"])))
    if found is not None:
        assert case["answer"] == {
            "complete": found.is_complete,
            "end": found.end.value,
            "gaps": [
                {"first": gap.first, "last": gap.last, "last_hash_hex": gap.last_hash.hex()}
                for gap in found.gaps
            ],
            "faults": [{"kind": one.kind.value, "sequence": one.sequence} for one in found.faults],
        }


def _open_version(given):
    data = b64decode(given["roster_base64"])
    document = open_roster(data, given["note"].encode(), parse_roster)
    assert encode_roster(document.roster) == data
    return document


def _build_chain(versions, pin):
    chain = begin_chain(_open_version(versions[0]), pin)
    for version in versions[1:]:
        chain = chain.extend(_open_version(version))
    return chain


@pytest.mark.parametrize("case", list_own_cases("rosters"))
def test_a_roster_is_judged_as_its_case_says(case):
    if "versions" in case:
        pin = bytes.fromhex(case["pinned_root_hex"])
        *before, _ = case["versions"]
        if before:
            assert _build_chain(before, pin)  # all but the last are good
        judge(case, lambda: _build_chain(case["versions"], pin))
    else:
        activations = tuple(Activation(*one) for one in case["activations"])
        log = judge(case, lambda: LogRoster("a/1", tuple(case["before"]), activations))
        assert log is None or list(log.list_versions(case["size"])) == case["needs"]


class _Nothing:
    """What a mirror kept of a log that it sees for the first time: its tree alone."""

    def __init__(self, entries):
        self.tree = Tree([hash_leaf(entry) for entry in entries])

    def find_stream(self, _stream_id):
        return None

    def find_record(self, _index):
        return None

    def get_root(self, size):
        return self.tree.root(size)


@pytest.mark.parametrize("case", list_own_cases("log_rules"))
def test_a_log_keeps_its_rules_as_its_case_says(case):
    entries = [bytes.fromhex(entry) for entry in case["entries_hex"]]
    pin = _open_version(case["versions"][0]).hash
    chain = _build_chain(case["versions"], pin)
    head = LogHead(case["consortium"], case["origin"])
    rules = LogRules(head, begin_log(chain, case["origin"]), chain, _Nothing(entries))
    *before, last = [
        LoggedEntry(index, hash_leaf(entry), len(entry), parse_entry(entry))
        for index, entry in enumerate(entries)
    ]
    for entry in before:
        rules.apply(entry)
    judge(case, lambda: rules.apply(last))
    assert rules.head.size == len(entries) - (case["expect"] != "valid")


@pytest.mark.parametrize("case", list_own_cases("consents"))
def test_a_consent_is_judged_as_its_case_says(case):
    revoked = [
        Revocation(
            x509.Name.from_rfc4514_string(one["issuer"]),
            one["serial"],
            dt.datetime.fromisoformat(one["revoked_at"]),
        )
        for one in case["revoked"]
    ]
    evidence = ConsentEvidence(
        case["text"].encode(),
        case["algorithm"],
        b64decode(case["signature_base64"]),
        tuple(map(b64decode, case["chain_base64"])),
    )
    trusted = [b64decode(one) for one in case["trusted_base64"]]
    known_at = dt.datetime.fromisoformat(case["known_at"])
    signer = judge(case, lambda: verify_consent(evidence, trusted, known_at, revoked))
    if signer is not None:
        assert (signer.subject, signer.serial) == (case["subject"], case["serial"])
        assert evidence.statement.encode() == evidence.text


@pytest.mark.parametrize("case", list_own_cases("evidence"))
def test_an_evidence_package_is_judged_as_its_case_says(case):
    data, root = b64decode(case["package_base64"]), bytes.fromhex(case["pinned_root_hex"])
    if case["expect"] not in {"valid", "not held"}:
        judge(case, lambda: parse_package(data))
        return
    package = parse_package(data)
    verdict = check_package(package, root or None)
    found = [[one.standing.value, one.topic.value, one.subject] for one in verdict.findings]
    assert found == case["findings"]
    assert verdict.holds() == (case["expect"] == "valid")
    assert package.encode() == data


def _list_opening():
    """Return the valid cases of records and sealed bodies that a reader opens."""
    cases = [*list_own_cases("records"), *list_own_cases("sealing")]
    return [
        one
        for one in cases
        if one.values[0]["expect"] == "valid" and "pair_secret_hex" in one.values[0]
    ]


@pytest.mark.parametrize("case", _list_opening())
def test_a_record_opens_as_the_page_says(case):
    entry, blob = bytes.fromhex(case["entry_hex"]), bytes.fromhex(case["blob_hex"])
    secret = bytes.fromhex(case["pair_secret_hex"])
    _, plaintext = plain_ledger.open_body(entry, blob, case["reader"], secret)
    assert plaintext.hex() == case.get("plaintext_hex", case.get("body_hex"))


def _list_packages():
    """Return the evidence cases that can be read."""
    readable = {"valid", "not held"}
    return [one for one in list_own_cases("evidence") if one.values[0]["expect"] in readable]


@pytest.mark.parametrize("case", _list_packages())
def test_an_evidence_package_is_packed_as_the_page_says(case):
    data = b64decode(case["package_base64"])
    package = parse_package(data)
    assert plain_ledger.pack(package.about, package.list_files()) == data


@pytest.mark.parametrize("case", list_own_cases("sealing"))
def test_the_entries_of_the_sealing_vectors_are_records(case):
    assert isinstance(parse_entry(bytes.fromhex(case["entry_hex"])), Record)
