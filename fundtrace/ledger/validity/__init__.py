"""Validity: what a record means to its readers, judged without a clock.

A mirror's cosignature depends on one log alone (``fundtrace.ledger.streams``). Whether a record
may be *acted on* is judged by each reader, from the record, its own log, the roster and rules
version that it names, and the authorizing log up to the size that the record names as seen.

**Why equal prefixes give equal verdicts, and valid and void never change.** A rule looks at
entries at fixed places, at opened bodies, at rosters and rule sets by version, and at nothing
else: never at what is absent, at a log's end or at a time. Each lookup either succeeds, and then
with the same answer for good, or says what is missing. Rules run in one order and the first
that is not kept, or cannot be told, decides. So if a view gives valid or void, every larger view
gives the same, reason included; and two views that both decide, decide alike. The order in which
things arrived is nowhere to be seen.

**No clock, so some times are their writer's word.** A record's time is the minute in its header,
and the borrower's consents in an authorization are judged as known at that minute (``consents``).
A bank can date a header back or forth; minutes of a stream never decrease, and since when an
entry is final the cosignatures show, by which evidence is checked (``fundtrace.evidence``).

**Late** is the one thing said of what is *not* at a fixed place: a revocation found behind the
size that a valid record names as seen, whose effective minute is not after the record's own.
It changes no verdict; it is a mark, and since revocations found are never lost, it is never
taken back.

**A stream is the unit of audience.** Limits, versions and record ids are counted along a
record's stream, so whoever is to judge a record must be able to open all of its stream before
it; what cannot be opened leaves the rest pending, and is named. Hence a node keeps one stream
per loan and audience, and shares a stream from its beginning. The lender's stream of a loan
(``loan.opened`` first) holds what is said about the loan and who is authorized, and nothing
else; all whom it authorizes can open all of it, which is how they know that nothing was revoked.

- ``view``: what a reader has. ``verdicts``, ``reasons``: what a judgement says, in words.
- ``judge``: the order of judging; ``history``: what is settled of a stream.
- ``table``: all rules in their order; ``*_rules``: their functions, one subject a file.
- ``publish``: a node refuses to publish what would be void, late or pending.
- ``fold``: the latest effective values that readers act on.
"""
