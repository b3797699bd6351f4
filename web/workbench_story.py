"""The workbench in words: the queue with its flags, what is opened and chosen, who comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from web import forms
from web.language import gettext as _
from web.opened import Choice, fits, mark
from web.words import refusal
from workflow.definition.facts import Holder
from workflow.definition.model import StageKind
from workflow.definition.refusal import Refusal
from workflow.queries.bench_turns import Asked
from workflow.queries.sheet_consultations import ConsultationView
from workflow.queries.sheet_joint import JointView
from workflow.queries.sheet_page import SheetPage
from workflow.queries.workbench import Flags, QueueItem


@dataclass(frozen=True)
class Row:
    """One sheet in the queue.

    Attributes:
        opened: its page was shown here as it stands now.
        stale: its page was shown here, and it changed or moved since.
    """

    item: QueueItem
    current: bool
    opened: bool
    stale: bool
    chosen: bool

    @property
    def can_be_chosen(self) -> bool:
        """Whether a box is drawn: with eyes open, and in the post in which one acts.

        An answer is a word of its own for each sheet: it is given on its page.
        """
        return _signs(self.item) and self.opened and self.item.other_post is None


@dataclass(frozen=True)
class Bench:
    """One page of the workbench.

    Attributes:
        choice: what the page carries on, the sheet that it shows among what was opened.
        lost: the shown sheet had been chosen, and changed since: it no longer is.
        hidden: chosen, but no box of the queue says so: the confirmation says why.
    """

    rows: tuple[Row, ...]
    choice: Choice
    lost: bool
    hidden: tuple[int, ...]

    @property
    def current(self) -> Row | None:
        """The shown sheet, where it waits for the reader."""
        return next((row for row in self.rows if row.current), None)

    @property
    def place(self) -> int | None:
        """Where in the queue the shown sheet stands, the first being 1."""
        return next((n for n, row in enumerate(self.rows, start=1) if row.current), None)

    def neighbour(self, step: int) -> QueueItem | None:
        """The sheet *step* places further down; from a sheet that is not in the queue, the first.

        None at either end.
        """
        if self.place is None:
            return self.rows[0].item if self.rows and step > 0 else None
        place = self.place - 1 + step
        return self.rows[place].item if 0 <= place < len(self.rows) else None


def bench_of(page: SheetPage, items: Sequence[QueueItem], choice: Choice) -> Bench:
    """The page for the sheet that is being shown, with what its address carried."""
    by_id = {item.evaluation_id: item for item in items}
    fresh = {key for key, item in by_id.items() if _is_fresh(choice, item)}
    lost = page.id in choice.chosen and page.id not in fresh
    if lost:
        choice = choice.without(page.id)
    if page.id in by_id:
        choice = choice.with_opened(mark(page.id, page.version, bytes.fromhex(page.seen_hash)))
        if _is_fresh(choice, by_id[page.id]):
            fresh.add(page.id)
    rows = tuple(
        Row(
            item=item,
            current=item.evaluation_id == page.id,
            opened=item.evaluation_id in (fresh if _signs(item) else choice.opened),
            stale=_signs(item)
            and item.evaluation_id in choice.opened
            and item.evaluation_id not in fresh,
            chosen=item.evaluation_id in choice.chosen,
        )
        for item in items
    )
    boxes = {row.item.evaluation_id for row in rows if row.can_be_chosen}
    hidden = tuple(key for key in choice.chosen if key not in boxes)
    return Bench(rows, choice, lost, hidden)


def _signs(item: QueueItem) -> bool:
    return Asked.SIGNATURE in item.asked


def _is_fresh(choice: Choice, item: QueueItem) -> bool:
    shown = choice.opened.get(item.evaluation_id)
    return shown is not None and shown.version == item.version and fits(shown, item.content_hash)


def flag_words(flags: Flags, *, late: bool = True) -> list[tuple[str, str]]:
    """(kind of chip, words) of each flag; without *late* where the deadline stands beside them."""
    words = []
    if late and flags.late_days:
        words.append(("error", _("%(n)s日超過", n=flags.late_days)))
    if flags.disagrees:
        words.append(("warning", _("指標と評価が食い違う")))
    if flags.same_texts:
        words.append(("warning", _("昨年と同文 %(n)s欄", n=len(flags.same_texts))))
    if flags.changed:
        words.append(("info", _("前回から変更あり")))
    return words


def asked_words(item: QueueItem) -> list[str]:
    """What a sheet asks for beside a signature, which goes without saying."""
    words = []
    if Asked.ANSWER in item.asked:
        words.append(_("合議の回答"))
    if Asked.QUESTION in item.asked:
        words.append(_("相談への回答"))
    return words


@dataclass(frozen=True)
class Reply:
    """The form for an answer at a joint stage.

    Attributes:
        version, seen_hash: what the reader saw; a form that came back keeps what it said.
        typed: verdict and opinion, where the form came back.
    """

    holder: Holder
    joint: JointView | None
    version: int
    seen_hash: str
    request_key: str
    typed: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """The form for the answer to one question."""

    question: ConsultationView
    request_key: str
    typed: str


@dataclass(frozen=True)
class Answers:
    """What the reader may answer on this sheet; None and empty where nothing is asked."""

    reply: Reply | None
    questions: tuple[Answer, ...]


def answers_on(page: SheetPage, typed: Mapping[str, str]) -> Answers:
    """The forms of the sheet's page on the bench; *typed*: of the one that came back."""
    holder, reply = page.beside.reply, None
    if page.stage.kind is StageKind.JOINT and not isinstance(holder, Refusal):
        back = "verdict" in typed or "opinion" in typed
        reply = Reply(
            holder=holder,
            joint=next((v for v in page.joint if v.stage.key == page.stage.key), None),
            version=forms.version(typed) if back else page.version,
            seen_hash=typed.get("seen_hash", "") if back else page.seen_hash,
            request_key=forms.request_key(typed) if back else forms.new_request_key(),
            typed=typed if back else {},
        )
    questions = tuple(_answer(asked, typed) for asked in page.consultations if asked.for_reader)
    return Answers(reply, questions)


def _answer(asked: ConsultationView, typed: Mapping[str, str]) -> Answer:
    if typed.get("question") != str(asked.id):
        return Answer(asked, forms.new_request_key(), "")
    return Answer(asked, forms.request_key(typed), typed.get("answer", ""))


def missing_keys(page: SheetPage) -> dict[str, str]:
    """Key → why it does nothing on this sheet, for those whose button is not drawn."""
    reasons = {"c": page.beside.consult, "e": page.edit_refusal}
    return {key: refusal(why) for key, why in reasons.items() if isinstance(why, Refusal)}
