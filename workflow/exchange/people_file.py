"""Reads a people file: persons, posts and grants as TOML, for ``hyoka user import`` and the sample.

Like a plan file it is taken whole or refused whole with the path of every fault. The format is
described in ``docs/exchange-format.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    StrictBool,
    StrictStr,
    StringConstraints,
    model_validator,
)

from workflow.exchange.faults import (
    MOST_FAULTS,
    Fault,
    FaultCode,
    FileRefused,
    Finding,
    Location,
    faults_of,
    repeats,
)
from workflow.exchange.field_types import FormatModel, Name, NotEmpty, Text, UnitLabel, exact_text
from workflow.exchange.input_text import UnreadableError, read_toml
from workflow.exchange.unit_names import SEPARATOR, Departments, NameCheck
from workflow.exchange.validation_faults import validated

#: 部長 (head of a department), 次長 (its deputy), 課長 (head of a section), 担当 (everybody else).
Rank = Literal["director", "deputy_director", "section_chief", "staff"]
#: Rights that no post brings: to publish, to administer the system.
Grant = Literal["publisher", "administrator"]

SIGN_IN_NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{1,62}$"
KANA_PATTERN = r"^[ぁ-ゖァ-ヺー・]+( [ぁ-ゖァ-ヺー・]+)*$"
EMAIL_PATTERN = r"^[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$"

_FORMS: Mapping[str, tuple[str, str]] = {
    SIGN_IN_NAME_PATTERN: (
        "半角の英小文字・数字・「.」「_」「-」で2字から63字までです。",
        "2 to 63 lower-case letters, digits, dots, underscores and hyphens.",
    ),
    KANA_PATTERN: (
        "かなで、姓と名の間は半角の空白一つです。",
        "Kana only, one blank between family and given name.",
    ),
    EMAIL_PATTERN: ("電子メールのアドレスが必要です。", "Needs an e-mail address."),
}


class Post(FormatModel):
    """A post (職) that a person holds in one unit."""

    unit: UnitLabel
    """課の名前。部局の職は部局の名前。"""
    department: UnitLabel | None = None
    """部局の名前。同名の課が複数あるときだけ要る。"""
    title: Name
    """職名。"""
    rank: Rank
    """職位。"""
    primary: StrictBool = False
    """主たる職。職が一つなら書かなくても主たる職になる。"""

    @property
    def unit_name(self) -> str:
        """The unit as ``units_named`` takes it, the department included where it is given."""
        if self.department is None:
            return self.unit
        return f"{self.department}{SEPARATOR}{self.unit}"


class Person(FormatModel):
    """A person with posts; several posts are 兼務."""

    sign_in_name: Annotated[StrictStr, StringConstraints(pattern=SIGN_IN_NAME_PATTERN)]
    """サインインに使う名前（職員番号など）。"""
    name: Name
    """氏名。"""
    kana: Annotated[StrictStr, StringConstraints(pattern=KANA_PATTERN, max_length=100)]
    """氏名のかな。"""
    email: Annotated[StrictStr, StringConstraints(pattern=EMAIL_PATTERN, max_length=254)]
    """通知を受け取るアドレス。"""
    posts: tuple[Post, ...] = ()
    """職。"""
    grants: tuple[Grant, ...] = ()
    """職によらない権限。"""

    @model_validator(mode="before")
    @classmethod
    def _only_post_is_primary(cls, fields: Any) -> Any:
        posts = _entries(fields.get("posts")) if isinstance(fields, Mapping) else []
        if len(posts) != 1 or not isinstance(posts[0], Mapping):
            return fields
        return {**fields, "posts": [{"primary": True, **posts[0]}]}

    @property
    def primary_post(self) -> Post | None:
        """The post in which the person acts unless another is chosen; None without posts."""
        return next((post for post in self.posts if post.primary), None)


class PeopleFile(FormatModel):
    """The people of one municipality."""

    note: Text | None = None
    """自由記述の注記。"""
    people: Annotated[tuple[Person, ...], NotEmpty()]
    """職員。"""


class PeopleFileRefused(FileRefused):
    """The people file is refused as a whole."""


def read_people_file(data: bytes) -> PeopleFile:
    """Return the people in *data*, TOML in UTF-8 with or without BOM.

    Raises:
        PeopleFileRefused: with every fault of the file, in its order.
    """
    try:
        tree = read_toml(data)
    except UnreadableError as error:
        raise PeopleFileRefused(error.faults) from error
    findings: list[Finding] = []
    people, wrong = validated(PeopleFile, tree, forms=_FORMS)
    findings += wrong
    if len(wrong) <= MOST_FAULTS:
        findings += _cross_findings(tree)
    if people is None or findings:
        raise PeopleFileRefused(faults_of(findings))
    return people


def unknown_posts(people: PeopleFile, departments: Departments) -> tuple[Fault, ...]:
    """Return a fault for each post in a unit that *departments* does not have.

    Args:
        people: people that were read.
        departments: department name → names of its sections, of the organisation to import into.
    """
    check = NameCheck(departments)
    findings: list[Finding] = []
    for number, person in enumerate(people.people):
        for place, post in enumerate(person.posts):
            location: Location = ("people", number, "posts", place)
            if post.department is not None and post.department not in departments:
                findings += check.department((*location, "department"), post.department)
            else:
                findings += check.section((*location, "unit"), post.unit_name)
    return faults_of(findings)


def _cross_findings(tree: Mapping[str, Any]) -> Iterator[Finding]:
    persons = [
        (("people", number), person)
        for number, person in enumerate(_entries(tree.get("people")))
        if isinstance(person, Mapping)
    ]
    for field in ("sign_in_name", "email"):
        yield from repeats(
            # Two addresses that differ in case reach the same mailbox.
            ((*location, field), person[field].casefold())
            for location, person in persons
            if isinstance(person.get(field), str)
        )
    for location, person in persons:
        posts = _entries(person.get("posts"))
        yield from repeats(
            ((*location, "posts", place), _held(post))
            for place, post in enumerate(posts)
            if isinstance(post, Mapping)
        )
        yield from repeats(
            ((*location, "grants", place), grant)
            for place, grant in enumerate(_entries(person.get("grants")))
            if isinstance(grant, str)
        )
        yield from _primary((*location, "posts"), posts)


def _primary(location: Location, posts: list[Any]) -> Iterator[Finding]:
    if not all(isinstance(post, Mapping) for post in posts):
        return
    stated = [post.get("primary") for post in posts]
    if stated in ([], [None]):
        return
    if (count := stated.count(True)) != 1:
        yield Finding(location, FaultCode.PRIMARY_POST, {"count": count})


def _held(post: Mapping[str, Any]) -> str:
    words = (post.get(field) for field in ("department", "unit", "title"))
    return " ".join(exact_text(word) for word in words if isinstance(word, str))


def _entries(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
