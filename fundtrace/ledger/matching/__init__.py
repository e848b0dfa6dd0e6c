"""Private matching: is the holder of this account a related party of the borrower?

Neither list nor id is shown, and no hash of one: all resident ids can be tried in hours. The
creditor's bank B has an id, the lender L a list that it committed to in loan.opened:

    query    B -> L   Q = r·H(id)                          r fresh
    answer   L -> B   k·Q  and  {k·H(id_i)}, in the order of their bytes    k fresh
    outcome  B -> L   whether r·(k·H(id_i)) = k·Q for some i

with X25519 as the multiplication and H onto the curve (``curve``). Each message is signed and
names the one before by its hash (``messages``); each side's steps are in ``desk``; the list, its
filling, its commitment and opening in ``related``; forms of ids in ``identity``.

What each can do, and what stands against it:

- B tries ids offline: it would need k, which is fresh; all that it holds for any other id looks
  random to it. One query tests one id; it costs a movement and the rate limit.
- B sends a point of its own choosing: off the curve, of small order or not canonical is refused
  (and k, as X25519 has it, is a multiple of the cofactor 8); any other is r·H(something).
- L learns nothing of the id from Q, uniform in the group whatever the id, as H hits no twist.
- L answers with guesses instead of its list: it learns from the outcome whether one of them was
  right. It committed to the list, filling included, and signed the answer; with k, which it keeps
  per query, an auditor recomputes the answer to the byte. The answer has no freedom: it is sorted.
- B lies in its outcome: it signed query and outcome; with r and id an auditor recomputes it.
- Who listens learns who asks whom about which movement; messages travel sealed or by mTLS.

Python's numbers are not of constant time: who measures a node's computing from within is not
kept out. Over the network one sees the time for a whole list, which says nothing of one id.
"""

from fundtrace.ledger.matching.desk import (
    Answered,
    Asked,
    LenderDesk,
    RateLimit,
    admit_query,
    answer_query,
    ask,
    audit_answer,
    audit_outcome,
    finish_query,
    read_outcome,
)
from fundtrace.ledger.matching.identity import Identity, IdentityKind, parse_identity
from fundtrace.ledger.matching.messages import (
    MatchAnswer,
    MatchOutcome,
    MatchQuery,
    Session,
    parse_answer,
    parse_outcome,
    parse_query,
)
from fundtrace.ledger.matching.related import (
    ListCommitment,
    RelatedList,
    parse_list_opening,
    verify_list_opening,
)

__all__ = [
    "Answered",
    "Asked",
    "Identity",
    "IdentityKind",
    "LenderDesk",
    "ListCommitment",
    "MatchAnswer",
    "MatchOutcome",
    "MatchQuery",
    "RateLimit",
    "RelatedList",
    "Session",
    "admit_query",
    "answer_query",
    "ask",
    "audit_answer",
    "audit_outcome",
    "finish_query",
    "parse_answer",
    "parse_identity",
    "parse_list_opening",
    "parse_outcome",
    "parse_query",
    "read_outcome",
    "verify_list_opening",
]
