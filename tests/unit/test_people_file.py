"""The people file: what is taken, and that every fault is told with its path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from workflow.definition.facts import Rank as DefinitionRank
from workflow.exchange.faults import Fault, FaultCode
from workflow.exchange.people_file import (
    PeopleFileRefused,
    Person,
    Post,
    Rank,
    read_people_file,
    unknown_posts,
)

DOCUMENT = (Path(__file__).parents[2] / "docs/exchange-format.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)[0]
DEPARTMENTS = {"環境部": ("資源循環課", "公園課"), "総合政策部": ("政策室",)}


def faults(text: str) -> list[Fault]:
    with pytest.raises(PeopleFileRefused) as refused:
        read_people_file(text.encode())
    return list(refused.value.faults)


def test_the_documented_example_is_taken_with_all_that_it_shows() -> None:
    people = read_people_file(b"\xef\xbb\xbf" + EXAMPLE.encode())

    first, second = people.people
    assert [post.unit_name for post in first.posts] == ["環境部/資源循環課", "環境部"]
    assert [post.primary for post in first.posts] == [True, False]
    assert first.primary_post == first.posts[0]
    assert first.grants == ()
    assert second.grants == ("publisher",)
    assert unknown_posts(people, DEPARTMENTS) == ()


def test_an_only_post_is_primary_without_saying_so() -> None:
    assert read_people_file(EXAMPLE.encode()).people[1].posts[0].primary


def test_a_person_without_posts_has_no_primary_one() -> None:
    text = EXAMPLE.replace(
        'posts = [{ unit = "政策室", title = "主査", rank = "staff" }]', "posts = []"
    )

    assert read_people_file(text.encode()).people[1].primary_post is None


@pytest.mark.parametrize(
    ("old", "new", "path", "code", "named"),
    [
        ('kana = "れいじ はなこ"\n', "", "people[1].kana", FaultCode.MISSING_FIELD, "kana"),
        ("grants =", "grant =", "people[1].grant", FaultCode.UNKNOWN_FIELD, "grants"),
        ('title = "次長"', "title = 1", "people[0].posts[1].title", FaultCode.WRONG_TYPE, "1"),
        ('name = "見本 太郎"', "name = 1979-05-27", "people[0].name", FaultCode.WRONG_TYPE, "1979"),
        ('"000123"', "123", "people[1].sign_in_name", FaultCode.WRONG_TYPE, "123"),
        ('"000123"', '"Reiji"', "people[1].sign_in_name", FaultCode.MALFORMED, "小文字"),
        ('"れいじ はなこ"', '"例示"', "people[1].kana", FaultCode.MALFORMED, "かな"),
        (
            '"reiji.hanako@mihon.example.jp"',
            '"reiji@example.jp\\nBcc: x@example.jp"',
            "people[1].email",
            FaultCode.MALFORMED,
            "アドレス",
        ),
        (
            'rank = "deputy_director"',
            'rank = "chief"',
            "people[0].posts[1].rank",
            FaultCode.NOT_ALLOWED,
            "section_chief",
        ),
        ('["publisher"]', '["root"]', "people[1].grants[0]", FaultCode.NOT_ALLOWED, "publisher"),
        ('"例示 花子"', '""', "people[1].name", FaultCode.EMPTY, "空"),
        ('"例示 花子"', '" 花子"', "people[1].name", FaultCode.FORBIDDEN_CHARACTER, "空白"),
        (
            '"000123"',
            '"mihon.taro"',
            "people[1].sign_in_name",
            FaultCode.DUPLICATE_CODE,
            "people[0].sign_in_name",
        ),
        (
            '"reiji.hanako@mihon.example.jp"',
            '"Mihon.Taro@mihon.example.jp"',
            "people[1].email",
            FaultCode.DUPLICATE_CODE,
            "people[0].email",
        ),
        (
            '["publisher"]',
            '["publisher", "publisher"]',
            "people[1].grants[1]",
            FaultCode.DUPLICATE_CODE,
            "publisher",
        ),
        (
            'unit = "環境部"\ntitle = "次長"',
            'unit = "資源循環課"\ndepartment = "環境部"\ntitle = "課長"',
            "people[0].posts[1]",
            FaultCode.DUPLICATE_CODE,
            "people[0].posts[0]",
        ),
        ("primary = true", "primary = false", "people[0].posts", FaultCode.PRIMARY_POST, "0"),
        (
            'rank = "deputy_director"',
            'rank = "deputy_director"\nprimary = true',
            "people[0].posts",
            FaultCode.PRIMARY_POST,
            "2",
        ),
        (
            'rank = "staff" }',
            'rank = "staff", primary = false }',
            "people[1].posts",
            FaultCode.PRIMARY_POST,
            "0",
        ),
    ],
)
def test_a_fault_is_told_with_its_path_and_nothing_beside_it(
    old: str, new: str, path: str, code: FaultCode, named: str
) -> None:
    assert EXAMPLE.count(old) == 1

    [fault] = faults(EXAMPLE.replace(old, new))

    assert (fault.path, fault.code) == (path, code)
    assert named in fault.message_ja


def test_a_file_without_people_is_refused() -> None:
    assert [(fault.path, fault.code) for fault in faults("people = []")] == [
        ("people", FaultCode.EMPTY)
    ]


@pytest.mark.parametrize("text", ["people = 1", "people = [1]", "people = [{posts = [1]}]"])
def test_any_other_toml_is_refused_without_a_crash(text: str) -> None:
    assert FaultCode.WRONG_TYPE in [fault.code for fault in faults(text)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('note = "a"\nnote = "b"\n', 2, 11),
        ("[[people]]\nname = 太郎\n", 2, 8),
        ('note = """', 1, 11),
    ],
)
def test_text_that_is_no_toml_is_told_with_line_and_column(
    text: str, line: int, column: int
) -> None:
    [fault] = faults(text)

    assert (fault.path, fault.code) == ("$", FaultCode.NOT_TOML)
    assert f"（{line}行目{column}文字目" in fault.message_ja


def test_broken_utf8_is_told_with_byte_and_line() -> None:
    with pytest.raises(PeopleFileRefused) as refused:
        read_people_file(b"# \n# \x80")

    [fault] = refused.value.faults
    assert (fault.path, fault.code) == ("$", FaultCode.BROKEN_UTF8)
    assert "offset 5 (counted from 0), line 2" in fault.message_en


@pytest.mark.parametrize("text", ["a" + ".a" * 60 + " = 1", "a = " + "[" * 5000])
def test_a_bottomless_file_is_refused(text: str) -> None:
    [fault] = faults(text)

    assert fault.code == FaultCode.TOO_DEEP


def test_posts_in_units_that_do_not_exist_are_told() -> None:
    departments = {"環境部": ("公園課",), "水道部": ("政策室",), "企画部": ("政策室",)}

    told = unknown_posts(read_people_file(EXAMPLE.encode()), departments)

    assert [(fault.path, fault.code) for fault in told] == [
        ("people[0].posts[0].unit", FaultCode.UNKNOWN_SECTION),
        ("people[1].posts[0].unit", FaultCode.AMBIGUOUS_SECTION),
    ]


def test_a_post_in_an_unknown_department_is_told_at_the_department() -> None:
    told = unknown_posts(read_people_file(EXAMPLE.encode()), {"総合政策部": ("政策室",)})

    assert ("people[0].posts[0].department", FaultCode.UNKNOWN_DEPARTMENT) in [
        (fault.path, fault.code) for fault in told
    ]


def test_ranks_are_those_that_the_definition_knows() -> None:
    assert set(get_args(Rank)) == {rank.value for rank in DefinitionRank}


def test_the_document_names_every_field_of_a_person_and_a_post() -> None:
    named = set(re.findall(r"`([a-z_]+)`", DOCUMENT))

    assert set(Person.model_fields) | set(Post.model_fields) <= named
