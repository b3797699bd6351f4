"""The route as text: Mermaid, the pages in docs/, the words for everything that is registered."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from hyoka.command_line import main
from tests.unit.test_definition_checker import small
from workflow.definition import words
from workflow.definition.bpmn import bpmn
from workflow.definition.diagram import mermaid, page
from workflow.definition.lettering import broken, width
from workflow.definition.load import SHIPPED, named, standard
from workflow.definition.model import NoReply, Objection, Quorum, Requirement, WhenAbsent
from workflow.definition.vocabulary import CONDITIONS, GUARDS, SELECTORS, UNITS, WALKERS

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT / "workflow" / "definition"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_in_the_documentation_is_fresh(name: str) -> None:
    file = ROOT / "docs" / "definitions" / f"{name}.md"
    print_it = f"hyoka definition diagram workflow/definition/{name}.toml --format markdown"

    assert file.read_text("utf-8") == page(named(name)), f"{print_it} > {file.relative_to(ROOT)}"


def test_every_definition_has_a_page_and_every_page_a_definition() -> None:
    pages = {file.stem for file in (ROOT / "docs" / "definitions").glob("*.md")}

    assert pages == set(SHIPPED)


def test_the_picture_says_who_walks_a_row_that_the_holder_does_not() -> None:
    lines = mermaid(named("two_levels")).splitlines()

    assert "    s2 --> s3: 承認する" in lines
    assert "    s2 --> s3: 後閲とする（自動・不在のとき）" in lines
    assert "    s2 --> s1: 引き戻す（進めた人）" in lines
    assert any("s2 --> s3: 引き上げる（評価部局の長" in line for line in lines)
    joint = mermaid(named("joint_external")).splitlines()
    assert "    s5: 外部評価（外部評価委員、2人以上の回答で調う）" in joint
    assert "    s5 --> s6: 外部評価が終わった（合議の結果）" in joint


def test_signs_that_mermaid_reads_as_its_own_do_not_break_the_picture() -> None:
    text = mermaid(small(('label = "審査"', 'label = "審査: #1; end"')))

    assert "    s2: 審査： ＃1； end（" in text
    assert all(line.count(":") <= 1 for line in text.splitlines())


@pytest.mark.parametrize(
    ("words_given", "made"),
    [
        ([], mermaid(standard())),
        (["--format", "mermaid"], mermaid(standard())),
        (["--format", "bpmn"], bpmn(standard())),
        ([str(DEFINITIONS / "two_levels.toml"), "--format", "bpmn"], bpmn(named("two_levels"))),
    ],
)
def test_the_command_prints_the_form_that_is_asked_for(words_given: list[str], made: str) -> None:
    result = CliRunner().invoke(main, ["definition", "diagram", *words_given])

    assert (result.exit_code, result.stdout) == (0, made)


def test_a_form_that_is_not_known_is_bad_input() -> None:
    result = CliRunner().invoke(main, ["definition", "diagram", "--format", "visio"])

    assert result.exit_code == 2
    assert "bpmn" in result.stderr


def test_everything_that_is_registered_has_words_in_both_languages() -> None:
    tables = [
        (words._SELECTORS, SELECTORS),
        (words._UNITS, UNITS),
        (words._WALKERS, WALKERS - {"stage", "target"}),
        (words._GUARDS, GUARDS),
        (words._CONDITIONS, CONDITIONS),
        (words._REQUIREMENTS, Requirement),
        (words._ABSENCE, WhenAbsent),
        (words._QUORUM, Quorum),
        (words._OBJECTION, Objection),
        (words._NO_REPLY, NoReply),
    ]

    for said, registered in tables:
        assert set(said) == set(registered)
        for japanese, english in said.values():
            assert japanese
            assert english.isascii()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("可", ("可",)),
        ("承認する", ("承認する",)),
        ("部局審査へ差し戻す", ("部局審査へ", "差し戻す")),
        ("内容を確認、修正", ("内容を", "確認、修正")),
        ("あいうえおか、き", ("あいうえお", "か、き")),
        ("Return to department", ("Return to", "department")),
        ("Donaudampfschiff", ("Donaudamp", "fschiff")),
    ],
)
def test_a_label_breaks_where_a_reader_would(text: str, lines: tuple[str, ...]) -> None:
    assert broken(text, 12, 78) == lines


@pytest.mark.parametrize("room", [20, 44, 68])
def test_no_line_is_wider_than_its_room_and_no_sign_is_lost(room: int) -> None:
    for text in ("部局審査へ差し戻して記入、確認をやり直す", "Return to department review (again)"):
        lines = broken(text, 12, room)

        assert all(width(line, 12) <= room for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
