"""承認欄: the boxes of approval as on paper, with the marks that an office expects.

代 stands over the box of somebody whose substitute signed (代決 where that was the final approval),
後閲 in the box of somebody who was passed over, and a slash runs through the box of the superior in
whose place the stage decides by rule (専決).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from web.joint_words import silence
from web.language import gettext as _
from web.words import day, iso, short_day, stage_label
from workflow.definition.eligibility import signs
from workflow.definition.facts import Verdict
from workflow.definition.model import Basis, Stage, StageKind
from workflow.queries.sheet_consultations import ReviewView
from workflow.queries.sheet_joint import JointSeat, JointView, SeatState
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheet_timeline import TimelineEntry, left_by


@dataclass(frozen=True)
class SealBox:
    """One box of approval; empty where nobody has signed yet.

    Attributes:
        mark: 専決, 代決, 代, 後閲, 引上げ; with *why* in words.
        slashed: decided by rule in this superior's place: nobody signs here.
    """

    head: str
    post: str = ""
    name: str = ""
    day: str = ""
    iso: str = ""
    mark: str = ""
    why: str = ""
    slashed: bool = False
    #: The head is the city's own word: a post or a department.
    head_is_name: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it yet."""
        return not (self.name or self.mark or self.slashed)


def seals(page: SheetPage) -> list[SealBox]:
    """The boxes: who drafted, everybody whose signature the route asks for, who is spared."""
    first = page.definition.initial
    submitted = None if page.stage.editable else left_by(page.timeline, first)
    boxes = [_signed(_("起案"), submitted)]
    signed = {entry.signed: entry for entry in page.approvals}
    for stage in page.definition.stages:
        if stage.kind is not StageKind.SIGN_OFF or not signs(page.definition, stage):
            continue
        boxes.append(_box(page, stage, signed.get(stage.key)))
        if stage.delegated is not None:
            boxes.append(
                SealBox(
                    head=stage.delegated.instead_of,
                    head_is_name=True,
                    slashed=True,
                    why=_("専決のため決裁を要しません（%(rule)s）", rule=stage.delegated.rule),
                )
            )
    return boxes


def joint_seals(page: SheetPage) -> list[tuple[str, list[SealBox]]]:
    """The small boxes of each joint stage (合議欄): its name, and a box for every answer."""
    return [
        (stage_label(view.stage), [_reply(view, seat) for seat in view.seats])
        for view in page.joint
        if view.seats
    ]


def _box(page: SheetPage, stage: Stage, entry: TimelineEntry | None) -> SealBox:
    head = stage_label(stage)
    if entry is not None:
        return _signed(head, entry)
    position = page.definition.position
    if position(stage.key) >= position(page.stage.key):
        return SealBox(head)
    left = left_by(page.timeline, stage)
    if left is None or left.round != page.round:
        return SealBox(head)
    reading = next(
        (r for r in page.reviews if r.stage == stage.key and r.round == page.round), None
    )
    if left.basis is Basis.POST_REVIEW:
        return _passed_over(head, left, reading)
    if left.basis is Basis.PULL_UP:
        why = _("引き上げて処理しました。")
        if reading is not None:
            why += _("%(who)sの後閲: %(when)s", who=reading.person, when=_read(reading))
        return _written(head, left, mark=_("引上げ"), why=why)
    return SealBox(head)


def _read(reading: ReviewView) -> str:
    at = reading.acknowledged_at
    return day(at, weekday=False) if at is not None else _("まだ")


def _passed_over(head: str, left: TimelineEntry, reading: ReviewView | None) -> SealBox:
    """後閲: whose box it is, and when they read it."""
    if reading is None:
        return SealBox(head, name=left.on_behalf_of, mark=_("後閲"), why=_("不在のため"))
    at = reading.acknowledged_at
    return SealBox(
        head,
        post=reading.capacity,
        name=reading.person,
        day=day(at, weekday=False) if at else _("未閲"),
        iso=iso(at) if at else "",
        mark=_("後閲"),
        why=_("不在のため"),
    )


def _signed(head: str, entry: TimelineEntry | None) -> SealBox:
    if entry is None:
        return SealBox(head)
    if entry.basis is Basis.SUBSTITUTE:
        mark = _("代決") if entry.final_approval else _("代")
        return _written(head, entry, mark=mark, why=_("%(who)sの代理", who=entry.on_behalf_of))
    if entry.basis is Basis.DELEGATED:
        return _written(head, entry, mark=_("専決"))
    return _written(head, entry)


def _written(head: str, entry: TimelineEntry, *, mark: str = "", why: str = "") -> SealBox:
    return SealBox(
        head,
        post=entry.capacity,
        name=entry.person,
        day=day(entry.at, weekday=False),
        iso=iso(entry.at),
        mark=mark,
        why=why,
    )


def _reply(view: JointView, seat: JointSeat) -> SealBox:
    head = seat.unit or seat.capacity or stage_label(view.stage)
    box = SealBox(head, head_is_name=bool(seat.unit or seat.capacity))
    if seat.state is SeatState.ANSWERED and seat.verdict is not None:
        return replace(
            box,
            name=seat.person,
            day=short_day(seat.at),
            iso=iso(seat.at),
            mark=verdict_mark(seat.verdict),
            why=_("%(who)sの代理", who=seat.on_behalf_of) if seat.on_behalf_of else "",
        )
    if seat.state is SeatState.PASSED_OVER:
        return replace(box, name=seat.person, mark=_("後閲"), why=_("不在のため"))
    if seat.state is SeatState.SILENT:
        return replace(box, mark=silence(view.rule), why=_("期限までに回答なし"))
    return box


def verdict_mark(verdict: Verdict) -> str:
    """An answer as it stands in a box."""
    return {
        Verdict.AGREE: _("同意"),
        Verdict.AGREE_WITH_OPINION: _("意見"),
        Verdict.OBJECT: _("不同意"),
    }[verdict]
