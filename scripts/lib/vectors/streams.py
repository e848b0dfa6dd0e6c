"""Streams: whether what is shown of one is all of it, or which part is missing, or contradicts.

``records`` are given as they may come: each with its index in the log, its number in the
stream, its leaf hash and that of the record before; ``tally`` is what one entry of the log
states about the stream. ``expect`` is valid for an answer at all; the answer is ``complete``,
``gaps``, ``faults``, ``end``.
"""

from __future__ import annotations

from typing import Any, Final

from vectors.consortium import draw

Case = dict[str, Any]
Places = tuple[tuple[int, int], ...]  # first and last number that is missing
Faults = tuple[tuple[str, int], ...]  # kind, number

STREAM: Final = draw("stream 1")[:16]
_OTHER: Final = draw("stream 2")[:16]


def build() -> list[Case]:
    """Return the cases."""
    return [*_list_whole(), *_list_gaps(), *_list_faults(), *_list_refused()]


def _hash(sequence: int) -> str:
    return draw(f"leaf of record {sequence}").hex()


def _record(sequence: int, **changes: Any) -> Case:
    previous = _hash(sequence - 1) if sequence else bytes(32).hex()
    return {
        "index": 2 * sequence + 1,
        "stream_id_hex": STREAM.hex(),
        "sequence": sequence,
        "leaf_hash_hex": _hash(sequence),
        "previous_hash_hex": previous,
        **changes,
    }


def _tally(last: int, index: int | None = None, **changes: Any) -> Case:
    return {
        "index": 2 * last + 2 if index is None else index,
        "stream_id_hex": STREAM.hex(),
        "last_sequence": last,
        "last_hash_hex": _hash(last),
        **changes,
    }


def _case(name: str, why: str, records: list[Case], tally: Case | None, answer: Case) -> Case:
    return {
        "name": name,
        "why": why,
        "expect": "valid",
        "records": records,
        "tally": tally,
        "answer": answer,
    }


def _answer(end: str = "proven", gaps: Places = (), faults: Faults = ()) -> Case:
    return {
        "complete": end == "proven" and not gaps and not faults,
        "end": end,
        "gaps": [
            {"first": first, "last": last, "last_hash_hex": _hash(last)} for first, last in gaps
        ],
        "faults": [{"kind": kind, "sequence": sequence} for kind, sequence in faults],
    }


def _list_whole() -> list[Case]:
    all_four = [_record(one) for one in range(4)]
    rows: list[tuple[str, str, list[Case], Case | None, str]] = [
        ("whole", "its end is tallied", all_four, _tally(3), "proven"),
        ("whole, in another order", "order says nothing", all_four[::-1], _tally(3), "proven"),
        ("whole, one given twice", "the same", [*all_four, all_four[2]], _tally(3), "proven"),
        ("one record", "a stream may be short", all_four[:1], _tally(0), "proven"),
        ("no tally", "more may follow", all_four, None, "claimed"),
        ("beyond its tally", "more may follow", all_four, _tally(2), "claimed_after_tally"),
    ]
    return [
        _case(name, why, records, tally, _answer(end)) for name, why, records, tally, end in rows
    ]


def _list_gaps() -> list[Case]:
    rows: list[tuple[str, str, tuple[int, ...], int | None, str, Places]] = [
        ("one is missing", "a gap in the middle", (0, 2, 3), 3, "proven", ((1, 1),)),
        ("the first is missing", "numbers begin at 0", (1, 2, 3), 3, "proven", ((0, 0),)),
        ("the end is cut", "the tally shows it", (0, 1), 3, "proven", ((2, 3),)),
        ("nothing but a tally", "all of it is missing", (), 3, "proven", ((0, 3),)),
        ("two gaps", "each is named", (0, 2, 4), 4, "proven", ((1, 1), (3, 3))),
        (
            "a gap across the tally",
            "cut where the tally names a hash",
            (0, 5),
            2,
            "claimed_after_tally",
            ((1, 2), (3, 4)),
        ),
        ("a gap without a tally", "the numbers show it", (0, 3), None, "claimed", ((1, 2),)),
    ]
    return [
        _case(
            name,
            why,
            [_record(one) for one in shown],
            None if last is None else _tally(last),
            _answer(end, gaps),
        )
        for name, why, shown, last, end, gaps in rows
    ]


def _list_faults() -> list[Case]:
    two = [_record(0), _record(1)]
    twin = _record(1, index=99, leaf_hash_hex=draw("a twin").hex())
    astray = _record(1, previous_hash_hex=draw("elsewhere").hex())
    begun = _record(0, previous_hash_hex=draw("elsewhere").hex())
    earlier = _record(1, index=0)
    rows: list[tuple[str, str, list[Case], Case | None, str, Faults]] = [
        (
            "two records of one number",
            "a fork",
            [*two, twin],
            None,
            "claimed",
            (("two_records", 1),),
        ),
        (
            "a link astray",
            "the chain",
            [_record(0), astray],
            _tally(1),
            "proven",
            (("wrong_link", 1),),
        ),
        (
            "a beginning with a link",
            "zeros at 0",
            [begun],
            _tally(0),
            "proven",
            (("wrong_link", 0),),
        ),
        (
            "out of order",
            "indexes rise",
            [_record(0), earlier],
            _tally(1),
            "proven",
            (("wrong_order", 1),),
        ),
        (
            "another end than tallied",
            "its hash",
            two,
            _tally(1, last_hash_hex=draw("elsewhere").hex()),
            "proven",
            (("wrong_end", 1),),
        ),
        (
            "a tally that leaves one out",
            "it stands behind it",
            two,
            _tally(0, 9),
            "claimed_after_tally",
            (("tally_too_short", 1),),
        ),
        (
            "a tally before what it counts",
            "it cannot know",
            two,
            _tally(1, 2),
            "proven",
            (("tally_too_early", 1),),
        ),
    ]
    return [
        _case(name, why, records, tally, _answer(end, (), faults))
        for name, why, records, tally, end, faults in rows
    ]


def _list_refused() -> list[Case]:
    foreign = _record(1, stream_id_hex=_OTHER.hex())
    rows = [
        ("records of two streams", "a proof is about one", [_record(0), foreign], None),
        ("a tally of another stream", "a proof is about one", [foreign], _tally(0)),
        ("nothing", "there is no stream", [], None),
    ]
    return [
        {
            "name": name,
            "why": why,
            "expect": "InvalidInputError",
            "records": records,
            "tally": tally,
        }
        for name, why, records, tally in rows
    ]
