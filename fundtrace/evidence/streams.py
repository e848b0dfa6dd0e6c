"""Whether the streams shown in a package are whole: no record missing, none cut off the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fundtrace.evidence.findings import Finding, Standing, Topic
from fundtrace.ledger.completeness import (
    Completeness,
    End,
    StreamRecord,
    StreamTally,
    prove_complete,
)
from fundtrace.ledger.kinds.entries import Entry, Record, Tally


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry that a package shows to be final, and where: file, log, index, leaf hash, since."""

    subject: str
    origin: str
    index: int
    leaf_hash: bytes
    entry: Entry
    final_at_seconds: int


def check_streams(shown: Iterable[Shown], standing: Standing) -> list[Finding]:
    """Say of each stream of which a record is shown whether it is shown whole.

    ``standing`` is what a whole stream is: proven, or claimed where no root was pinned. The
    latest tally of a stream counts. Streams stand in the order of origin and stream id.
    """
    records: defaultdict[tuple[str, bytes], list[StreamRecord]] = defaultdict(list)
    tallies: dict[tuple[str, bytes], StreamTally] = {}
    for one in shown:
        if isinstance(one.entry, Record):
            context = one.entry.context
            records[one.origin, context.stream_id].append(
                StreamRecord(
                    one.index,
                    one.leaf_hash,
                    context.stream_id,
                    context.sequence,
                    context.previous_hash,
                )
            )
        elif isinstance(one.entry, Tally):
            for tail in one.entry.streams:
                tally = StreamTally(one.index, tail.stream_id, tail.last_sequence, tail.last_hash)
                place = (one.origin, tail.stream_id)
                if place not in tallies or tallies[place].index < tally.index:
                    tallies[place] = tally
    findings: list[Finding] = []
    for place in sorted(records):
        found = prove_complete(records[place], tallies.get(place))
        findings += _report(place[0], found, tallies.get(place), records[place], standing)
    return findings


def _report(
    origin: str,
    found: Completeness,
    tally: StreamTally | None,
    records: list[StreamRecord],
    standing: Standing,
) -> list[Finding]:
    stream = found.stream_id.hex()
    named = {"origin": origin, "stream": stream}

    def make(standing: Standing, topic: Topic, **details: object) -> Finding:
        texts = {name: str(value) for name, value in details.items()}
        return Finding(standing, topic, f"stream {stream}", {**named, **texts})

    findings = [
        make(Standing.REFUTED, Topic.STREAM_REFUTED, sequence=one.sequence, why=one.kind.value)
        for one in found.faults
    ]
    findings += [
        make(
            Standing.MISSING,
            Topic.STREAM_GAP,
            first=one.first,
            last=one.last,
            hash=one.last_hash.hex(),
        )
        for one in found.gaps
    ]
    last = max(one.sequence for one in records)
    if found.end is End.CLAIMED:
        findings.append(make(Standing.MISSING, Topic.STREAM_WITHOUT_TALLY, last=last))
    elif found.end is End.CLAIMED_AFTER_TALLY:
        after = ", ".join(map(str, found.after_tally))
        findings.append(make(Standing.MISSING, Topic.STREAM_BEYOND_TALLY, after=after))
    elif found.is_complete and tally is not None:
        findings.append(make(standing, Topic.STREAM_COMPLETE, last=last, tally=tally.index))
    return findings
