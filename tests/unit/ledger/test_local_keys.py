"""Local keys: one loan shredded, the others readable; boxes open only where they belong."""

from __future__ import annotations

import pytest

from fundtrace.errors import EncodingError, InvalidInputError, VerificationError
from fundtrace.ledger.boxes import BOX_OVERHEAD_BYTES, open_box, seal_box
from fundtrace.ledger.local_keys import (
    LocalKey,
    _frame_body,
    rewrap_local_key,
    unwrap_local_key,
    wrap_local_key,
)
from fundtrace.ledger.sealing import Opened
from tests.support.sealed import draw

ROOT = draw("root")
OPENED = Opened(b"loan L-1: 3000000.00", draw("content"))
LEAF = draw("leaf")


LOANS = {name: draw(name) for name in ("L-1", "L-2", "L-3")}


def make_local_key(loan="L-1"):
    return LocalKey("bank-b", LOANS[loan], draw(("local", loan)))


def test_an_opened_body_is_kept_and_read_again_with_its_content_key():
    wrapped = wrap_local_key(ROOT, make_local_key(), draw("salt"))
    kept = make_local_key().reseal(OPENED, LEAF, draw("body salt"))
    assert unwrap_local_key(ROOT, "bank-b", LOANS["L-1"], wrapped).open(kept, LEAF) == OPENED
    assert OPENED.plaintext not in kept + wrapped
    assert make_local_key().key not in kept + wrapped


@pytest.mark.parametrize("other", ["L-1", "L-3"])
def test_shredding_one_loan_leaves_the_others_readable(other):
    wrapped = {loan: wrap_local_key(ROOT, make_local_key(loan), draw(loan)) for loan in LOANS}
    kept = {loan: make_local_key(loan).reseal(OPENED, LEAF, draw((loan, 2))) for loan in LOANS}
    del wrapped["L-2"]  # that is what shredding is: root key and bodies remain

    key = unwrap_local_key(ROOT, "bank-b", LOANS[other], wrapped[other])
    assert key.open(kept[other], LEAF) == OPENED
    with pytest.raises(VerificationError):
        key.open(kept["L-2"], LEAF)
    with pytest.raises(VerificationError):
        unwrap_local_key(ROOT, "bank-b", LOANS["L-2"], wrapped[other])


def test_a_fresh_root_key_leaves_a_shredded_loan_dead_in_the_backups():
    backup = {
        loan: wrap_local_key(ROOT, make_local_key(loan), draw(loan)) for loan in ("L-1", "L-2")
    }
    fresh = rewrap_local_key(ROOT, draw("new"), ("bank-b", LOANS["L-1"]), backup["L-1"], draw("s"))
    assert unwrap_local_key(draw("new"), "bank-b", LOANS["L-1"], fresh) == make_local_key("L-1")
    with pytest.raises(VerificationError):
        unwrap_local_key(draw("new"), "bank-b", LOANS["L-2"], backup["L-2"])


@pytest.mark.parametrize(("loan", "leaf"), [("L-2", LEAF), ("L-1", draw("other leaf"))])
def test_a_kept_body_moved_to_another_loan_or_record_does_not_open(loan, leaf):
    kept = LocalKey("bank-b", LOANS["L-1"], draw("one")).reseal(OPENED, LEAF, draw("salt"))
    with pytest.raises(VerificationError):
        LocalKey("bank-b", LOANS[loan], draw("one")).open(kept, leaf)


def test_two_keepings_of_one_body_share_no_bytes_of_key_stream():
    one, two = (make_local_key().reseal(OPENED, LEAF, draw(salt)) for salt in (1, 2))
    assert one[32:48] != two[32:48]


@pytest.mark.parametrize("size", [0, BOX_OVERHEAD_BYTES - 1])
def test_a_box_too_short_is_refused(size):
    with pytest.raises(EncodingError):
        open_box(ROOT, b"context", bytes(size))


@pytest.mark.parametrize("place", [0, 31, 32, 40, -1])
def test_a_changed_box_is_refused(place):
    box = bytearray(seal_box(ROOT, b"context", b"secret", draw("salt")))
    box[place] ^= 1
    with pytest.raises(VerificationError):
        open_box(ROOT, b"context", bytes(box))


def test_a_kept_body_without_its_content_key_is_refused():
    local_key = make_local_key()
    box = seal_box(local_key.key, _frame_body(LOANS["L-1"], LEAF), b"short", draw("salt"))
    with pytest.raises(EncodingError):
        local_key.open(box, LEAF)


def test_a_salt_or_leaf_of_another_length_is_refused():
    with pytest.raises(InvalidInputError, match="salt"):
        make_local_key().reseal(OPENED, LEAF, bytes(31))
    with pytest.raises(InvalidInputError, match="leaf hash"):
        make_local_key().reseal(OPENED, bytes(31), bytes(32))
