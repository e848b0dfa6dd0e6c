"""View limits: what of a trail is shown. They cut only the answer, and say what they cut."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fundtrace.errors import InvalidInputError
from fundtrace.model.money import render_amount
from fundtrace.trace.trail import Cut, Hop, Trail


@dataclass(frozen=True)
class View:
    """Limits on the hops shown; None means without limit. Statements are never cut.

    ``depth_max`` movements from the disbursement, ``amount_min_minor`` of value per hop,
    ``hops_max`` hops in all (the largest are kept), ``seconds_max`` for the spread.
    """

    depth_max: int | None = None
    amount_min_minor: int | None = None
    hops_max: int | None = None
    seconds_max: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits below zero."""
        for name in ("depth_max", "amount_min_minor", "hops_max", "seconds_max"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidInputError(f"view {name} is {value}; give 0 or more, or leave it out")


def limit_view(trail: Trail, view: View) -> Trail:
    """Return the trail with fewer hops; each limit that hid any adds a Cut."""
    hops, cuts = trail.hops, list(trail.cut)
    if view.depth_max is not None:
        kept = tuple(hop for hop in hops if hop.depth <= view.depth_max)
        cuts += _note_cut("max_hops", str(view.depth_max), hops, kept)
        hops = kept
    if view.amount_min_minor is not None:
        kept = tuple(hop for hop in hops if hop.traced_minor >= view.amount_min_minor)
        least = render_amount(view.amount_min_minor, trail.currency)
        cuts += _note_cut("min_amount", least, hops, kept)
        hops = kept
    if view.hops_max is not None and len(hops) > view.hops_max:
        largest = sorted(hops, key=lambda hop: (-hop.traced_minor, hop.debit_position))
        chosen = {id(hop) for hop in largest[: view.hops_max]}
        kept = tuple(hop for hop in hops if id(hop) in chosen)
        cuts += _note_cut("budget_hops", str(view.hops_max), hops, kept)
        hops = kept
    return replace(trail, hops=hops, cut=tuple(cuts))


def _note_cut(limit: str, value: str, before: tuple[Hop, ...], after: tuple[Hop, ...]) -> list[Cut]:
    hidden = len(before) - len(after)
    if not hidden:
        return []
    minor = sum(hop.traced_minor for hop in before) - sum(hop.traced_minor for hop in after)
    return [Cut(limit, value, hidden, minor)]
