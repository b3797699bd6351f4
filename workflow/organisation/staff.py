"""Decides what becomes of people: 異動, 兼務, 解任, 退職, 採用; and of those in renamed units."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from workflow.exchange.transfer_faults import TransferFaultCode
from workflow.exchange.transfers import RANK_WORDS, Change, ChangeKind
from workflow.organisation.draft import Draft
from workflow.organisation.state import Holding, Post, Staff, Unit

_BLANKS = re.compile(r"\s+")
_RANK_NAMES = {rank: word for word, rank in RANK_WORDS.items()}
PERSONAL = (
    ChangeKind.TRANSFER,
    ChangeKind.CONCURRENT,
    ChangeKind.RELIEVE,
    ChangeKind.RETIRE,
    ChangeKind.HIRE,
)
#: At most one of these for one person.
_ONCE = (ChangeKind.TRANSFER, ChangeKind.RETIRE, ChangeKind.HIRE)
_WORDS = {ChangeKind.TRANSFER: "異動", ChangeKind.RETIRE: "退職", ChangeKind.HIRE: "採用"}


def change_staff(draft: Draft, changes: Sequence[Change]) -> None:
    """Apply all rows about people; units have been changed before."""
    rows = _without_contradictions(draft, [row for row in changes if row.kind in PERSONAL])
    by_name = {person.sign_in_name: person for person in draft.before.people.values()}
    known: dict[str, int] = {}
    for row in rows:
        if row.kind is ChangeKind.HIRE:
            _hire(draft, row, by_name.get(row.sign_in_name), known)
    # Whoever leaves a post leaves it before others, or the same person, come in.
    order = (ChangeKind.RETIRE, ChangeKind.RELIEVE, ChangeKind.TRANSFER, ChangeKind.CONCURRENT)
    given: dict[tuple[int, int], int] = {}
    for kind in order:
        for row in rows:
            if row.kind is not kind:
                continue
            person_id = known.get(row.sign_in_name) or _person(draft, row, by_name)
            if person_id is None:
                continue
            if kind is ChangeKind.RETIRE:
                for holding in draft.held_by(person_id):
                    draft.end_holding(row, holding)
                draft.retired.append(person_id)
            elif kind is ChangeKind.RELIEVE:
                _relieve(draft, row, person_id)
            else:
                _give(draft, row, person_id, given)
    _carry(draft, changes)


def _without_contradictions(draft: Draft, rows: Sequence[Change]) -> list[Change]:
    """Rows that do not contradict an earlier one about the same person."""
    kept: list[Change] = []
    first: dict[str, list[Change]] = {}
    for row in rows:
        others = first.setdefault(row.sign_in_name, [])
        clash = next((other for other in others if _clash(row, other)), None)
        if clash is not None:
            code = TransferFaultCode.CONTRADICTION
            draft.wrong(row, "sign_in_name", code, row=clash.row, what=row.sign_in_name)
            continue
        others.append(row)
        kept.append(row)
    return kept


def _clash(row: Change, other: Change) -> bool:
    if ChangeKind.RETIRE in (row.kind, other.kind):
        return True
    return row.kind in _ONCE and other.kind in _ONCE


def _person(draft: Draft, row: Change, by_name: dict[str, Staff]) -> int | None:
    person = by_name.get(row.sign_in_name)
    if person is None:
        near = difflib.get_close_matches(row.sign_in_name, by_name, n=1)
        hint = {
            "hint_ja": f"「{near[0]}」のことでしょうか。" if near else "",
            "hint_en": f"Did you mean “{near[0]}”? " if near else "",
        }
        code = TransferFaultCode.NO_SUCH_PERSON
        draft.wrong(row, "sign_in_name", code, name=row.sign_in_name, **hint)
        return None
    if person.is_disabled:
        draft.wrong(row, "sign_in_name", TransferFaultCode.PERSON_LEFT, name=person.name)
        return None
    if row.name and _BLANKS.sub("", row.name) != _BLANKS.sub("", person.name):
        values = {"shown": row.name, "sign_in": person.sign_in_name, "name": person.name}
        draft.wrong(row, "name", TransferFaultCode.NAME_DIFFERS, **values)
        return None
    return person.id


def _hire(draft: Draft, row: Change, there: Staff | None, known: dict[str, int]) -> None:
    """A new person; or one without any post and grant of that day, who comes back."""
    if there is not None and draft.held_by(there.id):
        values = {"sign_in": there.sign_in_name, "name": there.name}
        draft.wrong(row, "sign_in_name", TransferFaultCode.PERSON_EXISTS, **values)
        return
    number = there.id if there is not None else draft.number()
    taken = next(
        (
            person.name
            for person in draft.people.values()
            if person.email.casefold() == row.email.casefold() and person.id != number
        ),
        None,
    )
    if taken is not None:
        draft.wrong(row, "email", TransferFaultCode.ADDRESS_TAKEN, name=taken)
        return
    draft.people[number] = Staff(number, row.sign_in_name, row.name, row.kana, row.email)
    draft.hired.append(number)
    known[row.sign_in_name] = number
    post = _post(draft, row)
    if post is not None:
        draft.begin_holding(number, post.id, primary=True)


def _unit(draft: Draft, row: Change) -> Unit | None:
    """The unit of the post that somebody gets: one that is there on the day."""
    after = draft.units_after()
    gone = {unit.name: unit.id for unit in draft.units_before() if unit.id in draft.ending_units}
    if row.unit in gone and row.unit not in {unit.name for unit in after}:
        values = {"name": row.unit, "row": draft.ending_units[gone[row.unit]]}
        draft.wrong(row, "unit", TransferFaultCode.UNIT_ENDS, **values)
        return None
    return draft.find_unit(row, "unit", row.unit, after, rank=row.rank)


def _post(draft: Draft, row: Change) -> Post | None:
    """The post that the row names; made when the unit has none of that title."""
    unit = _unit(draft, row)
    if unit is None or row.rank is None:
        return None
    post = draft.post_named(unit.id, row.title)
    if post is None:
        post = Post(draft.number(), unit.id, row.title, row.rank, draft.day)
        draft.posts[post.id] = post
    elif post.rank is not row.rank:
        values = {"post": f"{unit.name} {row.title}", "rank": _RANK_NAMES[post.rank]}
        draft.wrong(row, "rank", TransferFaultCode.RANK_DIFFERS, **values)
        return None
    return post


def _give(draft: Draft, row: Change, person_id: int, given: dict[tuple[int, int], int]) -> None:
    post = _post(draft, row)
    if post is None:
        return
    name = draft.people[person_id].name
    held = draft.held_by(person_id)
    carried = {old for old, new in draft.carried_posts.items() if new == post.id}
    if (person_id, post.id) in given:
        values = {"row": given[(person_id, post.id)], "what": f"{row.unit} {row.title}"}
        draft.wrong(row, "title", TransferFaultCode.CONTRADICTION, **values)
        return
    if any(holding.post_id in {post.id, *carried} for holding in held):
        values = {"name": name, "post": f"{row.unit} {row.title}"}
        draft.wrong(row, "title", TransferFaultCode.ALREADY_THERE, **values)
        return
    given[(person_id, post.id)] = row.row
    if row.kind is ChangeKind.TRANSFER:
        for holding in held:
            if holding.is_primary:
                draft.end_holding(row, holding)
    draft.begin_holding(person_id, post.id, primary=row.kind is ChangeKind.TRANSFER)


def _relieve(draft: Draft, row: Change, person_id: int) -> None:
    unit = draft.find_unit(row, "unit", row.unit, draft.units_before(), rank=row.rank)
    if unit is None:
        return
    held = draft.held_by(person_id)
    for holding in held:
        post = draft.posts[holding.post_id]
        if post.unit_id == unit.id and post.title == row.title:
            draft.end_holding(row, holding)
            return
    posts = [draft.posts[holding.post_id] for holding in held]
    values = {
        "name": draft.people[person_id].name,
        "post": f"{row.unit} {row.title}",
        "posts": "、".join(f"{draft.units[p.unit_id].name} {p.title}" for p in posts) or "－",
    }
    draft.wrong(row, "title", TransferFaultCode.NOT_IN_POST, **values)


def _carry(draft: Draft, changes: Sequence[Change]) -> None:
    """Whoever is left in a unit that ends: goes on in the renamed one, or loses the post."""
    by_row = {row.row: row for row in changes}
    for holding in list(draft.holdings.values()):
        post = draft.posts[holding.post_id]
        if not draft.standing(holding.valid_until) or draft.standing(post.valid_until):
            continue
        row = by_row.get(draft.ending_units.get(post.unit_id, 0))
        if row is None:
            continue
        draft.end_holding(row, holding)
        _go_on(draft, holding)


def _go_on(draft: Draft, holding: Holding) -> None:
    carried = draft.carried_posts.get(holding.post_id)
    if carried is not None:
        draft.begin_holding(
            holding.person_id, carried, primary=holding.is_primary, until=holding.valid_until
        )
