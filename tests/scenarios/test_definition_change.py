"""The office goes over to two levels of review in mid-cycle, with sheets in every state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hyoka.command_line import main
from tests.authority import hold, lift, redraft
from tests.city import City
from tests.conftest import Installation
from tests.databases import Database
from tests.sample_people import (
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
    SHEETS,
)
from workflow.definition.load import named
from workflow.services import definition_change
from workflow.services.change_plan import Asked

CYCLE = "ex_post-2021-1"
#: 課長 of each lead section.
CHIEFS = {
    "611": "yamada.hanako", "612": "matsui.akira", "621": "ishida.makoto",
    "631": "fujii.naoki", "632": "miyake.yoshiko",
}  # fmt: skip


def walk_on(city: City, code: str) -> None:
    """Whoever has the sheet acts, until it waits to be published."""
    for _ in range(6):
        page = city.page(APPROVER, code)
        if page.stage.key in ("approved", "published"):
            return
        action = "submit" if page.stage.editable else "approve"
        names = [
            name
            for name in (*CHIEFS.values(), *DRAFTERS.values(), *REVIEWERS.values(), APPROVER)
            if city.person_id(name) in {holder.person_id for holder in page.holders}
        ]
        # The chief reviews what a colleague drafts.
        by = DRAFTERS[code] if action == "submit" else names[0]
        assert city.person_id(by) in {holder.person_id for holder in page.holders}
        city.act(by, code, action)
    raise AssertionError(f"{code} does not come to its end")


def test_sheets_in_every_state_go_over_and_all_come_to_their_end(city: City) -> None:
    city.publish(["631"])
    city.bring_to("621", "approved")
    city.bring_to("612", "bureau_approval")
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    city.act(DRAFTERS["632"], "632", "abandon", reason="様式を改めるため。")
    redraft(city, DRAFTERS["632"], "632")
    actor = city.actor(PUBLISHER)
    mapping = {"department_review": "department_review"}
    with city.application.query(actor) as ctx:
        plan = definition_change.plan(ctx, Asked(city.cycle(), named("two_levels"), mapping, {}))
    assert {(s.sheet[:3], s.source, s.target, s.held) for s in plan.sheets} == {
        ("611", "department_review", "department_review", True),
        ("612", "bureau_approval", "bureau_approval", False),
        ("621", "approved", "approved", False),
        ("631", "published", "published", False),
        ("632", "abandoned", "abandoned", False),
        ("632", "draft", "draft", False),
    }
    with city.application.command(actor) as ctx:
        definition_change.apply(ctx, plan)
    lift(city, REVIEWERS["611"], "611")

    for code in SHEETS:
        walk_on(city, code)
    city.publish(["611", "612", "621", "632"])

    assert {code: city.state(code) for code in SHEETS} == dict.fromkeys(SHEETS, "published")
    assert city.events("632") == [
        "open", "definition_changed", "submit", "approve", "approve", "approve", "publish",
    ]  # fmt: skip
    assert city.events("611") == [
        "open", "submit", "hold", "definition_changed", "lift_hold", "approve", "approve",
        "publish",
    ]  # fmt: skip
    for code in SHEETS:
        page = city.page(PUBLISHER, code)
        assert page.definition.name == "two_levels"
        assert [entry.action for entry in reversed(page.timeline)] == city.events(code)
    assert city.verify().broken == ()


# From the shell


@pytest.fixture
def live(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> City:
    """The sample city, known to the command line by its environment."""
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return installation.city


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The route with two levels, whose first review has another name."""
    path = tmp_path / "two_levels.toml"
    path.write_text(named("two_levels").source, "utf-8")
    return path


def hyoka(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def change(file: Path, *words: object) -> Result:
    return hyoka("definition", "change", CYCLE, file, *words)


def test_the_shell_shows_the_plan_and_changes_nothing_when_it_is_asked_to(
    live: City, file: Path
) -> None:
    live.submit("611")
    counts = live.counts()

    dry = change(file, "--map", "department_review=section_review", "--dry-run")
    told = change(file, "--dry-run", "--json", "--as", PUBLISHER)

    assert dry.exit_code == told.exit_code == 0, dry.output
    assert "5 sheets can follow; nothing was changed" in dry.stdout
    (line,) = [line for line in dry.stdout.splitlines() if line.startswith("611")]
    assert "部局審査" in line
    assert "課長審査" in line
    assert live.actor(COLLEAGUES["611"]).name in line
    values = json.loads(told.stdout)
    assert values["applied"] is False
    assert [s["reasons"] for s in values["sheets"]] == [[]] * 5
    assert [d["origin"] for d in values["dates"]] == ["kept", "proposed", "kept", "kept", "kept"]
    assert live.counts() == counts


def test_the_shell_changes_the_cycle_by_itself_or_as_a_publisher(live: City, file: Path) -> None:
    live.submit("611")
    done = change(file, "--map", "department_review=section_review", "--as", PUBLISHER)

    assert done.exit_code == 0, done.output
    assert "standard → two_levels, done" in done.stdout
    assert live.state("611") == "section_review"
    standard = file.with_name("standard.toml")
    standard.write_text(named("standard").source, "utf-8")
    back = change(standard, "--map", "section_review=department_review", "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout)["applied"] is True
    assert live.state("611") == "department_review"
    people = live.rows("""
        SELECT p.sign_in_name FROM event v LEFT JOIN person p ON p.id = v.person_id
        WHERE v.action = 'definition_changed' AND v.evaluation_id = :id ORDER BY v.id
    """, id=live.evaluation("611"))  # fmt: skip
    assert [row.sign_in_name for row in people] == [PUBLISHER, None]


def test_sheets_that_cannot_follow_give_status_one_and_nothing_is_changed(
    live: City, file: Path
) -> None:
    text = named("standard").source.replace('"department_review"', '"review"')
    file.write_text(text.replace('step = "review"', 'step = "department_review"'), "utf-8")
    live.submit("611")
    counts = live.counts()

    refused = change(file)

    assert refused.exit_code == 1, refused.output
    assert "1 of 5 sheets cannot follow; nothing was changed" in refused.stdout
    assert "--map department_review=" in refused.stdout
    assert live.counts() == counts
    assert change(file, "--map", "department_review=review").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "draft"), "OLD=NEW"),
        (("--map", "limbo=draft"), "map.limbo"),
        (("--due", "draft=soon"), "YYYY-MM-DD"),
        (("--due", "limbo=2030-01-01"), "due.limbo"),
        (("--as", "nobody"), "no_such_person"),
        (("--as", DRAFTERS["611"]), "publishers_only"),
    ],
)
def test_bad_input_gives_status_two_and_says_where(
    live: City, file: Path, words: tuple[str, ...], said: str
) -> None:
    result = change(file, *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_is_no_definition_and_a_cycle_that_is_none_give_status_two(
    live: City, file: Path
) -> None:
    assert hyoka("definition", "change", "ex_post-1999-1", file).exit_code == 2
    assert hyoka("definition", "change", "cycle", file).exit_code == 2
    file.write_text("name = \n", "utf-8")
    broken = change(file)
    assert (broken.exit_code, broken.stderr.strip()) == (
        2, "two_levels.toml: not TOML: Invalid value (at line 1, column 8)",
    )  # fmt: skip


def test_check_states_its_bound_and_refuses_what_is_too_wide(
    live: City, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = hyoka("definition", "check", file)
    told = hyoka("definition", "check", "--json")
    monkeypatch.setattr("workflow.definition.exploration.MOST_SITUATIONS", 5)
    wide = hyoka("definition", "check", file)

    assert proved.exit_code == told.exit_code == 0, proved.output
    for words in (
        "two_levels: 0 refuted, 11 proved, 0 warnings",
        "situations",
        "Days: ",
        "Rounds are merged",
    ):
        assert words in proved.stdout
    assert len(json.loads(told.stdout)["bound"]) == 4
    assert wide.exit_code == 2
    assert "too wide to be looked at as a whole" in wide.stderr


def test_a_refuted_route_gives_status_one_with_its_path(live: City, file: Path) -> None:
    file.write_text(
        file.read_text("utf-8").replace('action = "reject"', 'action = "reject"\nsigns = false')
        .replace('label = "却下する"\nlabel_en = "Reject"\nfrom = "bureau_approval"\n'
                 'to = "rejected"\nrequires = ["reason"]\n',
                 'label = "却下する"\nlabel_en = "Reject"\nfrom = "bureau_approval"\n'
                 'to = "rejected"\n'), "utf-8",
    )  # fmt: skip

    refuted = hyoka("definition", "check", file, "--json")

    assert refuted.exit_code == 1, refuted.output
    found = json.loads(refuted.stdout)
    assert {item["claim"] for item in found["refutations"]} == {"reason_on_return"}
    assert "reason_on_return" not in found["proved"]
    in_words = hyoka("definition", "check", file)
    day = found["refutations"][0]["from_day"]
    said = f"✗ reason_on_return: Reject asks for no reason (611; from {day} on)"
    assert said in in_words.stdout


def test_warnings_give_status_one_only_where_they_are_asked_for(
    live: City, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = file.read_text("utf-8")
    assert text.count('guards = ["sheet_complete"]\n') == 1
    file.write_text(text.replace('guards = ["sheet_complete"]\n', ""), "utf-8")

    warned = hyoka("definition", "check", file)
    strict = hyoka("definition", "check", file, "--strict", "--json")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    in_japanese = hyoka("definition", "check", file)

    assert (warned.exit_code, strict.exit_code) == (0, 1), warned.output
    said = "! submitted_incomplete: Submit from Drafting does not ask whether the sheet is complete"
    assert said in warned.stdout
    (told,) = json.loads(strict.stdout)["warnings"]
    assert told["warning"] == "submitted_incomplete"
    assert f"from {told['from_day']} on" in warned.stdout
    assert (
        "「作成中」からの「提出する」は、記入の完了（sheet_complete）を確かめません"
        in in_japanese.stdout
    )
    assert "反証0件" in in_japanese.stdout


def test_an_import_opens_its_cycle_on_the_route_of_a_file(
    empty_database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYOKA_DATABASE_URL", empty_database.app_url)
    city = Path(__file__).resolve().parents[2] / "sample" / "city.json"

    done = hyoka("import", city, "--definition", file, "--json")

    assert done.exit_code == 0, done.output
    checked = hyoka("definition", "change", CYCLE, file)
    assert checked.exit_code == 2
    assert "definition_unchanged" in checked.stderr
