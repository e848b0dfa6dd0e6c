"""What the records of all logs mean: kinds, streams, sealing, consent, roster, validity.

Values and bytes, no I/O, no protobuf: time and randomness are arguments. The encoding of
these values stands in ``fundtrace.wire``.
"""
