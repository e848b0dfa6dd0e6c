"""The roster: who the members are, with which keys and under which terms, version by version.

A version is a document that members sign by hand, with keys kept offline. Who reads it starts
from one version that it was told out of band (a pinned root) and follows every later one. What
holds, and where it stands:

- ``member``, ``terms``, ``document``: the values; each field is bounded, and nothing that names
  or identifies stands twice. The quorum is no field: it follows from the voting members.
- ``signing``: the signed form, a checkpoint of the pseudo-log "<consortium>/roster" whose size
  is the version and whose root hash is SHA-256 of the exact bytes.
- ``transition``: version N+1 needs the threshold of N's voting members and of its own, follows
  N by number and by hash, and changes the membership of one member at most.
- ``register``, ``chain``: what each member signed, and the chain from a pinned root. A second
  document for one version is a fork, and whoever signed both is named.
- ``activation``: which versions' quorums a checkpoint of one log needs. The checkpoint that ends
  in an activation needs both versions'; later ones the new version's alone.
- ``counting``: the arithmetic of members that promise, state and deny, apart from signatures, so
  that tests can go through every case.
- ``statement``, ``closing``, ``restart``: how a log ends at a head that every final one is part
  of, and when a restored owner knows enough of its own past.

Bytes and values in, values or errors out. The bytes of a roster are made and read by
``fundtrace.wire``; here they are an argument beside the value that they encode.
"""
