"""What the picture of a trail says in words: header, accounts, ends, amounts, legend."""

from __future__ import annotations

from fundtrace.model.instants import render_local
from fundtrace.model.kinds import EndReason, MovementKind, Rule, Use
from fundtrace.model.money import render_amount
from fundtrace.report.svg.flows import (
    AccountKey,
    Flow,
    Flows,
    Grouping,
    get_small_minor,
    key_of,
)
from fundtrace.report.svg.labels import Tone, measure, shorten
from fundtrace.report.svg.shapes import END_SIZE, NAME_SIZE
from fundtrace.report.texts import (
    clean,
    describe_cut,
    describe_scope,
    get_bank_name,
    render_round_amount,
    render_share,
    shorten_account,
)
from fundtrace.report.words import Label, Lang, say
from fundtrace.trace.trail import Part, Place, Trail

NAME_WIDTH_MAX = 196.0
END_WIDTH_MAX = 196.0
END_LINES_MAX = 6
_SNAPSHOT_SIZE = 19


class Captions:
    """Texts of one trail in one language."""

    def __init__(self, trail: Trail, flows: Flows, lang: Lang) -> None:
        """Index the rests by account."""
        self.trail = trail
        self.flows = flows
        self.lang = lang
        self._rests: dict[AccountKey, list[Part]] = {}
        for part in trail.rests:
            if part.traced_minor:
                self._rests.setdefault(_rest_key(part), []).append(part)

    def say(self, label: Label, **values: object) -> str:
        """Return a word of the renderings."""
        return say(label, self.lang, **values)

    def money(self, minor: int, currency: str = "") -> str:
        """Render an amount: round sums in 万元 for Chinese readers, everything else in full."""
        currency = currency or self.trail.currency
        if self.lang is Lang.ZH:
            return render_round_amount(minor, currency)
        return render_amount(minor, currency)

    def list_rests(self, key: AccountKey) -> list[Part]:
        """Return what rests on an account."""
        return self._rests.get(key, [])

    def title(self) -> str:
        """Return the heading."""
        return self.say(Label.TITLE, loan=clean(self.trail.loan_id))

    def header_parts(self) -> list[str]:
        """Return the facts under the heading, each to stay on one line."""
        trail = self.trail
        principal = f"{trail.currency} {render_amount(trail.principal_minor, trail.currency)}"
        at = render_local(trail.disbursed_at)
        end = self.say(Label.AS_OF_END) if trail.as_of is None else render_local(trail.as_of)
        colon = "：" if self.lang is Lang.ZH else ": "
        facts = [
            (Label.RULE, say(trail.rule, self.lang)),
            (Label.PRINCIPAL, f"{principal}, {self.say(Label.DISBURSED_ON, at=at)}"),
            (Label.AS_OF, end),
            (Label.SCOPE, describe_scope(trail.scope, trail.currency, self.lang)),
            (Label.SNAPSHOT, clean(trail.snapshot[:_SNAPSHOT_SIZE])),
            (Label.PURPOSE, clean(trail.purpose) or "-"),
        ]
        return [f"{self.say(label)}{colon}{text}" for label, text in facts] + self.coverage_parts()

    def coverage_parts(self) -> list[str]:
        """Return the share in sight and what is blind."""
        trail = self.trail
        colon = "：" if self.lang is Lang.ZH else ": "
        if trail.rule is Rule.EXPOSURE:
            return [f"{self.say(Label.COVERAGE)}{colon}{self.say(Label.COVERAGE_NONE)}"]
        coverage = trail.coverage
        visible = self.say(
            Label.VISIBLE,
            percent=coverage.percent,
            visible=render_amount(coverage.visible_minor, trail.currency),
            principal=render_amount(coverage.principal_minor, trail.currency),
        )
        parts = [f"{self.say(Label.COVERAGE)}{colon}{visible}"]
        for reason, value in coverage.blind:
            share = render_share(value, coverage.principal_minor)
            amount = render_amount(value, trail.currency)
            blind = f"{say(reason, self.lang)} {amount} ({share})"
            parts.append(f"{self.say(Label.BLIND)}{colon}{blind}")
        return parts

    def notes(self) -> list[str]:
        """Return what the picture merged, left out, or must not be taken for."""
        notes: list[str] = []
        trail, flows = self.trail, self.flows
        if flows.merged_edges:
            small = render_amount(get_small_minor(trail), trail.currency)
            how = (
                self.say(Label.GROUPED_AMOUNT, amount=small)
                if flows.grouping is Grouping.AMOUNT
                else self.say(Label.GROUPED_TIME)
            )
            counts = {"hops": flows.merged_hops, "edges": flows.merged_edges}
            notes.append(self.say(Label.GROUPED, **counts, how=how))
        if flows.undrawn_hops:
            amount = render_amount(flows.undrawn_minor, trail.currency)
            notes.append(self.say(Label.NOT_DRAWN, hops=flows.undrawn_hops, amount=amount))
        notes += [describe_cut(trail, cut, self.lang) for cut in trail.cut]
        if trail.rule is not Rule.EXPOSURE and trail.coverage.blind:
            is_dark = trail.coverage.visible_minor == 0
            notes.append(self.say(Label.NOT_VISIBLE if is_dark else Label.PARTLY_VISIBLE))
        return notes

    def bank_lines(self, bank: str, *, is_member: bool, width_max: float) -> list[str]:
        """Name a row: the bank, its code, and whether it takes part."""
        if not bank:
            return [self.say(Label.OUTSIDE_ROW)]
        name = get_bank_name(self.trail, bank)
        lines = [shorten(name, width_max, NAME_SIZE)]
        if name != clean(bank):
            lines.append(shorten(clean(bank), width_max, NAME_SIZE))
        if not is_member:
            lines.append(shorten(f"({self.say(Label.NON_MEMBER_ROW)})", width_max, NAME_SIZE))
        return lines

    def account_line(self, key: AccountKey) -> str:
        """Name an account: the end of its number, a foreign currency, the holder."""
        place = self.flows.places[key]
        if not place:
            return shorten(self._outside_line(key), NAME_WIDTH_MAX, NAME_SIZE)
        parts = [clean(shorten_account(place.account))]
        if place.currency and place.currency != self.trail.currency:
            parts.append(clean(place.currency))
        parts.append(clean(place.holder_name or place.holder_id))
        return shorten(" ".join(part for part in parts if part), NAME_WIDTH_MAX, NAME_SIZE)

    def _outside_line(self, key: AccountKey) -> str:
        reason = EndReason(key.extra.partition("/")[2])
        return say(reason, self.lang)

    def end_lines(self, key: AccountKey, *, has_name: bool, is_far: bool) -> list[str]:
        """Say what rests on an account, why, and which share of the principal that is.

        ``has_name``: the name stands right above and need not be said again; ``is_far``: it
        stands far away, so that the end of the account number is.
        """
        account = clean(shorten_account(key.account))
        far = f"{account} " if is_far and account else ""
        lines: list[str] = []
        for part in self.list_rests(key):
            amount = self.money(part.traced_minor)
            share = render_share(part.traced_minor, self.trail.principal_minor)
            reason = far + self._describe_end(part)
            whole = f"{reason} {amount} ({share})"
            if has_name and reason == self.account_line(key):
                lines.append(f"{amount} ({share})")
            elif measure(whole, END_SIZE) <= END_WIDTH_MAX:
                lines.append(whole)
            else:
                lines += [shorten(reason, NAME_WIDTH_MAX, END_SIZE), f"{amount} ({share})"]
        return lines[:END_LINES_MAX]

    def _describe_end(self, part: Part) -> str:
        """Say the end reason, and the use where it says more."""
        reason, use = say(part.end_reason, self.lang), say(part.use, self.lang)
        is_plain = part.use in (Use.UNKNOWN, Use.BORROWER) or use == reason
        return reason if is_plain else f"{use}, {reason}"

    def flow_texts(self, flow: Flow, *, is_said_at_end: bool) -> list[str]:
        """Return the label of an edge, and shorter ones for where there is no room.

        ``is_said_at_end``: the account where it arrives says the same amount; then the
        number is enough.
        """
        if flow.candidate:
            amount = self.money(flow.candidate.amount_minor, flow.candidate.currency)
            text = f"{self.say(Label.INFERRED)} {amount}"
            if flow.candidate.is_same_party:
                text += f" {say(flow.candidate.use, self.lang)}"
            if flow.candidate.ended_minor < flow.candidate.amount_minor:
                ended = self.money(flow.candidate.ended_minor)
                text += f" ({self.say(Label.ENDED)} {ended})"
            return [text, f"{self.say(Label.INFERRED)} {amount}", self.say(Label.INFERRED)]
        first = flow.hops[0][1]
        number = f"#{flow.number}"
        if len(flow.hops) > 1:
            number += f" ×{len(flow.hops)}"
        if first.kind is MovementKind.RETURN:
            number = f"{say(MovementKind.RETURN, self.lang)} {number}"
        elif flow.is_back_flow:
            number = f"{self.say(Label.BACK_FLOW)} {number}"
        if is_said_at_end and first.currency == self.trail.currency:
            return [number]
        text = f"{number} {self.money(flow.traced_minor)}"
        if first.currency != self.trail.currency:
            units = sum(hop.units_minor for _, hop in flow.hops)
            text += f" ({first.currency} {self.money(units, first.currency)})"
        return [text, number]

    def flow_tone(self, flow: Flow) -> Tone:
        """Return the look of an edge's label."""
        if flow.candidate:
            return Tone.INFERRED
        return Tone.BACK_FLOW if flow.is_back_flow else Tone.AMOUNT

    def flow_title(self, flow: Flow) -> str:
        """Say an edge in a sentence, amounts exact."""
        payer = flow.candidate or flow.hops[0][1]
        sides = {
            "at": render_local(payer.booked_at),
            "debit": self.describe_place(payer.debit),
            "credit": self.describe_place(payer.credit),
        }
        if flow.candidate:
            exact = render_amount(flow.candidate.amount_minor, flow.candidate.currency)
            amount = f"{flow.candidate.currency} {exact}"
            return self.say(Label.SVG_REENTRY, **sides, amount=amount)
        numbers = str(flow.number)
        if len(flow.hops) > 1:
            numbers = f"{flow.number}…{flow.hops[-1][0]} (×{len(flow.hops)})"
        traced = render_amount(flow.traced_minor, self.trail.currency)
        text = self.say(
            Label.SVG_HOP, **sides, number=numbers, traced=f"{self.trail.currency} {traced}"
        )
        reason = flow.hops[-1][1].end_reason
        notes = [] if reason is EndReason.HELD else [say(reason, self.lang)]
        if flow.is_back_flow:
            notes.append(self.say(Label.BACK_FLOW))
        return ", ".join([text, *notes])

    def describe_place(self, place: Place) -> str:
        """Name bank, account in full and holder."""
        if not place:
            return self.say(Label.OUTSIDE)
        name = clean(place.holder_name or place.holder_id)
        return f"{get_bank_name(self.trail, place.bank)} {clean(place.account)} {name}".rstrip()

    def account_title(self, key: AccountKey) -> str:
        """Say an account and what rests there in a sentence."""
        rests = [
            f"{say(part.end_reason, self.lang)} "
            f"{render_amount(part.traced_minor, self.trail.currency)}"
            for part in self.list_rests(key)
        ]
        return ", ".join([self.describe_place(self.flows.places[key]), *rests])


def _rest_key(part: Part) -> AccountKey:
    if not part.place:
        return AccountKey("", "", "", f"{part.use}/{part.end_reason}")
    key = key_of(part.place)
    in_transit = part.end_reason is EndReason.IN_TRANSIT
    return key._replace(extra=str(EndReason.IN_TRANSIT)) if in_transit else key
