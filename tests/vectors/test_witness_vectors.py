"""The transcripts of torchwood's witness, with the statuses that the 2026-07 text asks for."""

from __future__ import annotations

import json
import re

import pytest

from fundtrace.errors import EncodingError, FundtraceError, StaleCheckpointError
from fundtrace.tlog.checkpoint import SignedCheckpoint
from fundtrace.tlog.cosignature import verify_cosignature
from fundtrace.tlog.keys import COSIGNATURE_ED25519, ED25519, VerifierKey
from fundtrace.tlog.witness import (
    advance_checkpoint,
    cosign_head,
    find_status,
    parse_add_checkpoint,
)
from tests.support.logs import AT, make_key
from tests.support.shared import find_vectors

WITNESS = make_key("example.com/witness", COSIGNATURE_ED25519)


class Witness:
    """Keeps the recorded head and answers as an HTTP server would: status and body."""

    def __init__(self, origin: str, public_key: bytes) -> None:
        self.key = VerifierKey(origin, ED25519, public_key)
        self.recorded: SignedCheckpoint | None = None

    def post(self, body: bytes) -> tuple[int | None, str]:
        try:
            request = parse_add_checkpoint(body)
            assert request.encode() == body
            keys = [self.key] if request.origin == self.key.name else []
            self.recorded = advance_checkpoint(self.recorded, request, keys)
        except StaleCheckpointError as error:
            return find_status(error), f"{error.known_size}\n"
        except FundtraceError as error:
            return find_status(error), str(error)
        (line,) = cosign_head(self.recorded, [WITNESS], AT)
        assert verify_cosignature(self.recorded.checkpoint, line, WITNESS.verifier) == AT
        return 200, line.encode().decode()


def _start(page) -> Witness:
    origin = page["requests"][0]["body"].split("\n")[2]
    return Witness(origin, bytes.fromhex(page["log_key_hex"]))


def test_the_nine_requests_are_answered_as_the_text_of_2026_asks():
    page = json.loads(find_vectors("witness_add_checkpoint.json").read_bytes())
    witness = _start(page)
    answers = [witness.post(request["body"].encode()) for request in page["requests"]]
    assert [status for status, _ in answers] == [
        request["spec_2026_07_status"] for request in page["requests"]
    ]
    assert [answers[6][1], answers[8][1]] == ["3\n", "5\n"]
    assert all("— example.com/witness" in body for status, body in answers if status == 200)


@pytest.mark.parametrize("again", [0, 5, 7])
def test_an_accepted_request_that_comes_again_conflicts_and_its_head_is_cosigned_afresh(again):
    page = json.loads(find_vectors("witness_add_checkpoint.json").read_bytes())
    witness = _start(page)
    for request in page["requests"][: again + 1]:
        witness.post(request["body"].encode())
    body = page["requests"][again]["body"]
    head = witness.recorded
    status, answer = witness.post(body.encode())
    size = head.checkpoint.size
    assert (status, answer) == (409, f"{size}\n")
    fresh = f"old {size}\n\n" + body.partition("\n\n")[2]
    assert witness.post(fresh.encode())[0] == 200
    assert witness.recorded == head


@pytest.mark.parametrize("name", ["litewitness", "bastion"])
def test_torchwoods_transcript_reads_as_the_derived_file_says(name):
    text = find_vectors(f"torchwood/cmd/litewitness/testdata/{name}.txt").read_text("utf-8")
    bodies = re.findall(r"```\n(.*?)```\nHTTP (\d+)", text, re.DOTALL)
    page = json.loads(find_vectors("witness_add_checkpoint.json").read_bytes())
    witness = _start(page)
    statuses = [witness.post(body.encode())[0] for body, _ in bodies]
    assert statuses == [one["spec_2026_07_status"] for one in page["requests"][: len(bodies)]]
    assert len(bodies) in {1, 9}


def test_a_real_checkpoint_of_the_go_checksum_database_is_no_head_of_ours():
    text = find_vectors("torchwood/cmd/litewitness/testdata/sumdb.txt").read_text("utf-8")
    body = re.search(r"```\n(.*?)```", text, re.DOTALL).group(1)
    with pytest.raises(EncodingError, match=r"origin 'go\.sum database tree' holds a space"):
        parse_add_checkpoint(body.encode())
