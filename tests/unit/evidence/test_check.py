"""Evidence packages checked: what is proven, what is only claimed, and what every lie looks like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundtrace.evidence.check import check_package
from fundtrace.evidence.findings import Standing, Topic
from fundtrace.evidence.package import Package, RosterEvidence, parse_package
from fundtrace.ledger.kinds.entries import StreamTail, Tally
from fundtrace.tlog.hashing import hash_leaf
from tests.support.consortium import (
    ABOUT,
    ROOT,
    BankLog,
    build_evidence,
    draw,
    make_signer,
    sign_version,
)
from tests.support.records import (
    make_loan_opened,
    make_movement,
    make_pointer,
    make_receipt,
    make_return,
)


@pytest.fixture
def log():
    """A log with a loan, a movement, a receipt of one stream, and their tally."""
    one = BankLog()
    for body in (make_loan_opened(), make_movement(), make_receipt()):
        one.publish(body)
    one.tally()
    return one


def _topics(verdict, *standings):
    return {one.topic for one in verdict.findings if one.standing in standings}


def _bad(verdict):
    return _topics(verdict, Standing.MISSING, Standing.REFUTED)


def _why(verdict, topic):
    return next(one.details["why"] for one in verdict.findings if one.topic is topic)


def _change(package, number, **changes):
    """Return the package with the evidence of one entry, from 1 on, changed."""
    entries = list(package.entries)
    entries[number - 1] = replace(entries[number - 1], **changes)
    return replace(package, entries=tuple(entries))


def test_a_whole_package_holds_from_the_pinned_root(log):
    verdict = check_package(parse_package(build_evidence(log).encode()), ROOT)
    assert verdict.holds()
    assert _topics(verdict, Standing.PROVEN) == {
        *(Topic.ROSTER_PINNED, Topic.ENTRY_FINAL, Topic.BODY_OPENED),
        *(Topic.ENTRY_CLEAR, Topic.STREAM_COMPLETE),
    }
    assert _topics(verdict, Standing.CLAIMED) == {
        *(Topic.PACKAGE_MADE, Topic.RECORD_PUBLISHED, Topic.BODY_SAYS),
    }
    assert verdict.bodies["entries/0002"] == make_movement()


def test_without_a_pinned_root_nothing_is_proven(log):
    verdict = check_package(build_evidence(log), None)
    assert not verdict.list_findings(Standing.PROVEN)
    assert _bad(verdict) == {Topic.ROSTER_NOT_PINNED}
    shown = next(one for one in verdict.findings if one.topic is Topic.ROSTER_NOT_PINNED)
    assert shown.details["root"] == ROOT.hex()
    assert not verdict.holds()


@pytest.mark.parametrize("root", [bytes(32), draw("other root")])
def test_another_root_than_the_pinned_one_proves_nothing(log, root):
    verdict = check_package(build_evidence(log), root)
    assert not verdict.list_findings(Standing.PROVEN)
    assert _bad(verdict) == {Topic.ROSTER_REFUTED}


def test_a_roster_below_its_threshold_is_refuted(log):
    package = build_evidence(log, rosters=(sign_version(1, "ab"),))
    assert _bad(check_package(package, ROOT)) == {Topic.ROSTER_REFUTED}


def test_a_roster_with_a_changed_byte_is_refuted(log):
    first = sign_version()
    data = bytearray(first.roster)
    data[-1] ^= 1
    package = build_evidence(log, rosters=(RosterEvidence(bytes(data), first.note),))
    assert _bad(check_package(package, ROOT)) == {Topic.ROSTER_REFUTED}


def test_a_package_without_a_roster_says_that_no_quorum_can_be_counted(log):
    assert _bad(check_package(build_evidence(log, rosters=()), ROOT)) == {Topic.ROSTER_ABSENT}


def test_a_package_without_entries_proves_nothing():
    verdict = check_package(Package(ABOUT, (sign_version(),), ()), ROOT)
    assert _bad(verdict) == {Topic.NOTHING_ENCLOSED}
    assert not verdict.holds()


def test_three_of_four_are_a_quorum_and_two_are_none(log):
    whole = build_evidence(log)
    assert check_package(_change(whole, 2, proof=log.prove(1, "bcd")), ROOT).holds()
    verdict = check_package(_change(whole, 2, proof=log.prove(1, "bc")), ROOT)
    assert Topic.ENTRY_REFUTED in _bad(verdict)
    assert "2 of the 3 members" in _why(verdict, Topic.ENTRY_REFUTED)


def test_a_head_without_the_algorithm_that_evidence_requires_is_refuted(log):
    proof = log.prove(1)
    # The lines of ML-DSA-44 are the long ones.
    short = b"\n".join(line for line in proof.split(b"\n") if len(line) < 1_000)
    verdict = check_package(_change(build_evidence(log), 2, proof=short), ROOT)
    assert "ML-DSA-44" in _why(verdict, Topic.ENTRY_REFUTED)


def test_a_head_signed_by_another_key_than_the_log_s_is_refuted(log):
    signer = replace(make_signer("stranger"), name=log.origin)
    proof = log.prove(1, signer=signer)
    assert Topic.ENTRY_REFUTED in _bad(
        check_package(_change(build_evidence(log), 2, proof=proof), ROOT)
    )


def test_an_entry_exchanged_for_another_of_the_log_is_refuted(log):
    verdict = check_package(_change(build_evidence(log), 2, entry=log.entries[0]), ROOT)
    assert Topic.ENTRY_REFUTED in _bad(verdict)


def test_a_record_moved_to_another_bank_s_log_is_refuted(log):
    other = BankLog("b")
    other.append(log.entries[0])
    evidence = other.show(0)
    verdict = check_package(Package(ABOUT, (sign_version(),), (evidence,)), ROOT)
    assert "its header names the log a.bank" in _why(verdict, Topic.ENTRY_REFUTED)


def test_a_log_that_the_named_roster_does_not_know_is_refuted(log):
    other = BankLog("e")
    other.publish(make_loan_opened())
    verdict = check_package(Package(ABOUT, (sign_version(),), (other.show(0),)), ROOT)
    assert "has a log e.bank" in _why(verdict, Topic.ENTRY_REFUTED)


@pytest.mark.parametrize("version", [2, 3])
def test_a_roster_version_that_is_not_enclosed_is_refuted(log, version):
    package = _change(build_evidence(log), 1, roster_version=version)
    assert "is not known here" in _why(check_package(package, ROOT), Topic.ENTRY_REFUTED)


def test_a_quorum_of_an_older_roster_is_not_enough_while_a_newer_names_the_log(log):
    package = build_evidence(log, rosters=(sign_version(), sign_version(2)))
    verdict = check_package(package, ROOT)
    assert _bad(verdict) == {Topic.ENTRY_OF_OLDER_ROSTER}
    assert not verdict.holds()


def test_the_last_roster_that_names_a_log_is_enough_for_it():
    left = BankLog("d")
    left.publish(make_loan_opened())
    left.tally()
    package = build_evidence(left, rosters=(sign_version(), sign_version(2)))
    assert check_package(package, ROOT).holds()


def test_lines_of_retired_keys_prove_nothing_of_a_log_that_left_the_roster():
    left = BankLog("d")
    left.publish(make_loan_opened())
    left.tally()
    package = build_evidence(left, rosters=(sign_version(), sign_version(2)))
    forged = _change(package, 1, proof=left.prove(0, "abd"))
    verdict = check_package(forged, ROOT)
    assert "2 of the 3 members" in _why(verdict, Topic.ENTRY_REFUTED)


def test_a_record_that_contradicts_its_own_header_is_said_to_be_void(log):
    # Sealed by a bank that does not check what it publishes: a return of another bank's record.
    sealed = log.publish_unchecked(make_return(target=make_pointer(3, "b.bank.example/ledger/1")))
    log.tally()
    package = build_evidence(log)
    verdict = check_package(package, ROOT)
    assert _bad(verdict) == {Topic.BODY_VOID}
    assert f"entries/{sealed + 1:04d}" in verdict.bodies


def test_who_left_the_roster_counts_no_more(log):
    package = build_evidence(log, rosters=(sign_version(), sign_version(2)))
    newer = replace(
        package,
        entries=tuple(
            replace(one, roster_version=2, proof=log.prove(index, "abc"))
            for index, one in enumerate(package.entries)
        ),
    )
    assert check_package(newer, ROOT).holds()
    left = _change(newer, 1, proof=log.prove(0, "abd"))
    assert "2 of the 3 members" in _why(check_package(left, ROOT), Topic.ENTRY_REFUTED)


def test_a_record_whose_body_may_not_be_shown_is_sealed_and_still_proven(log):
    package = _change(build_evidence(log), 2, body=None, content_key=None)
    verdict = check_package(package, ROOT)
    assert verdict.holds()
    assert _topics(verdict, Standing.HIDDEN) == {Topic.BODY_HIDDEN}
    assert "entries/0002" not in verdict.bodies


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"another blob"},
        {"body": b"another blob", "content_key": None},
        {"content_key": bytes(32)},
        {"content_key": b"short"},
    ],
)
def test_a_body_or_key_of_another_record_is_refuted(log, changes):
    verdict = check_package(_change(build_evidence(log), 2, **changes), ROOT)
    assert _bad(verdict) == {Topic.BODY_REFUTED}
    assert "entries/0002" not in verdict.bodies


def test_a_body_beside_an_entry_in_clear_is_refuted(log):
    package = _change(build_evidence(log), 4, body=b"blob")
    assert _bad(check_package(package, ROOT)) == {Topic.BODY_REFUTED}


def test_an_entry_that_is_none_is_refuted_and_the_others_are_still_judged(log):
    verdict = check_package(_change(build_evidence(log), 1, entry=b"\xff"), ROOT)
    assert len([one for one in verdict.findings if one.topic is Topic.ENTRY_FINAL]) == 3
    assert Topic.ENTRY_REFUTED in _bad(verdict)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_record_is_named_by_its_number_and_hash(log, missing):
    package = build_evidence(log)
    entries = tuple(one for place, one in enumerate(package.entries) if place != missing)
    verdict = check_package(replace(package, entries=entries), ROOT)
    gap = next(one for one in verdict.findings if one.topic is Topic.STREAM_GAP)
    assert (gap.details["first"], gap.details["last"]) == (str(missing), str(missing))
    assert gap.details["hash"] == hash_leaf(log.entries[missing]).hex()
    assert not verdict.holds()
    assert verdict.holds(is_part_enough=True)


def test_without_a_tally_the_end_is_open(log):
    package = build_evidence(log)
    verdict = check_package(replace(package, entries=package.entries[:3]), ROOT)
    assert _bad(verdict) == {Topic.STREAM_WITHOUT_TALLY}
    assert not verdict.holds()
    assert verdict.holds(is_part_enough=True)


def test_records_after_the_tally_leave_the_end_open(log):
    log.publish(make_loan_opened())
    assert _bad(check_package(build_evidence(log), ROOT)) == {Topic.STREAM_BEYOND_TALLY}


def test_the_latest_tally_counts_wherever_it_stands_in_the_package(log):
    log.publish(make_loan_opened())
    log.tally()
    package = build_evidence(log)
    turned = replace(package, entries=tuple(reversed(package.entries)))
    assert check_package(turned, ROOT).holds()


def test_a_tally_that_lies_is_refuted(log):
    stream = next(iter(log.tails))
    log.append(Tally(log.size, (StreamTail(stream, 1, draw("lie")),)))
    assert Topic.STREAM_REFUTED in _bad(check_package(build_evidence(log), ROOT))


def test_two_heads_of_one_size_show_a_fork(log):
    package = build_evidence(log)
    other = BankLog()
    other.publish(make_receipt(), stream=9)
    other.publish(make_movement(), stream=9)
    other.publish(make_movement(), stream=10)
    other.tally()
    assert other.size == log.size
    verdict = check_package(
        replace(package, entries=(*package.entries, *build_evidence(other).entries)), ROOT
    )
    assert Topic.FORK_SHOWN in _bad(verdict)
    assert not verdict.holds(is_part_enough=True)


@pytest.mark.parametrize("shown", [(0,), (1,), (2,), (4,), (0, 4)])
@pytest.mark.parametrize("is_longer_first", [False, True])
def test_two_heads_of_different_sizes_that_share_a_range_show_a_fork(log, shown, is_longer_first):
    other = BankLog()
    for stream in (9, 9, 10, 11, 12):
        other.publish(make_receipt(), stream=stream)
    ours, theirs = build_evidence(log), build_evidence(other)
    parts = [ours.entries, tuple(theirs.entries[place] for place in shown)]
    first, second = parts[::-1] if is_longer_first else parts
    verdict = check_package(replace(ours, entries=first + second), ROOT)
    assert Topic.FORK_SHOWN in _bad(verdict)
    assert not verdict.holds(is_part_enough=True)
    fork = next(one for one in verdict.findings if one.topic is Topic.FORK_SHOWN)
    assert {fork.details["size"], fork.details["other"]} == {"4", "5"}


def test_heads_of_one_growing_log_contradict_each_other_nowhere(log):
    entries = [log.show(index) for index in range(4)]
    for size in range(4, 12):
        log.publish(make_movement(), stream=2)
        entries.append(log.show(size))
    log.tally()
    entries.append(log.show(12))
    assert check_package(build_evidence(log, entries=tuple(entries)), ROOT).holds()


def test_an_entry_shown_twice_is_refuted(log):
    package = build_evidence(log)
    verdict = check_package(replace(package, entries=(*package.entries, log.show(1))), ROOT)
    assert _why(verdict, Topic.ENTRY_REFUTED) == "it stands in the package already, as entries/0002"


@pytest.mark.parametrize("size", [1, 5])
def test_a_tally_of_another_size_than_its_place_is_refuted(log, size):
    log.append(Tally(size, tuple(log.tails.values())))
    verdict = check_package(build_evidence(log), ROOT)
    assert f"it tallies {size} entries" in _why(verdict, Topic.ENTRY_REFUTED)


def test_documents_are_enclosed_and_prove_nothing(log):
    package = build_evidence(log, documents={"statement.pdf": b"%PDF"})
    verdict = check_package(package, ROOT)
    assert verdict.holds()
    enclosed = [one for one in verdict.findings if one.topic is Topic.DOCUMENT_ENCLOSED]
    assert [one.standing for one in enclosed] == [Standing.CLAIMED]


def test_a_path_of_another_index_is_refuted(log):
    wrong = replace(log.show(1), proof=log.prove(2))
    package = build_evidence(log)
    entries = (package.entries[0], wrong, *package.entries[2:])
    assert Topic.ENTRY_REFUTED in _bad(check_package(replace(package, entries=entries), ROOT))
