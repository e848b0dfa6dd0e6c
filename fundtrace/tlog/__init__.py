"""The Merkle log: tree, proofs, tiles, notes, checkpoints, cosignatures, quorum, mirror.

Everything here is bytes and values in, values or errors out: no file, socket, clock or
randomness. The formats are public (RFC 6962; C2SP at commit 5ba5ee8: signed-note,
tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof, tlog-witness, tlog-mirror), so
that a log of ours verifies with foreign tools, and a foreign log with ours. What an entry
means is not known here; that is ``fundtrace.ledger``.
"""
