"""The command line as an operator uses it: statuses, output, errors on the right stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from hyoka.command_line import main
from tests.city import City
from tests.conftest import Installation
from tests.databases import Cluster, Database
from tests.sample_people import PUBLISHER
from tests.unit.test_mail_bounce import a_report, recipient

ROOT = Path(__file__).resolve().parents[2]
CITY = ROOT / "sample" / "city.json"
PEOPLE = ROOT / "sample" / "people.toml"
REAL = ROOT.parent / "shared" / "itami-r3" / "sheets.json"
TOTALS = {"611": 410, "612": 105_911, "621": 162_184, "631": 1_354_422, "632": 31_187}


@pytest.fixture
def empty(empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A database with the schema alone, known to the command line by its environment."""
    monkeypatch.setenv("HYOKA_DATABASE_URL", empty_database.app_url)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    url = sa.make_url(empty_database.app_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def live(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> City:
    """The sample city, known to the command line by its environment."""
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return installation.city


def hyoka(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("file", [CITY] + [REAL] * REAL.exists(), ids=lambda path: path.name)
def test_import_takes_five_sheets_in_whose_costs_add_up(empty: sa.Engine, file: Path) -> None:
    result = hyoka("import", file, "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["measures"], told["projects"], told["indicators"]) == (5, 35, 15)
    assert told["total_project_cost"] == sum(TOTALS.values())
    with empty.connect() as connection:
        stored = connection.execute(
            sa.text(
                "SELECT e.code, (t.body::json ->> 'total_project_cost')::int FROM evaluation e "
                "JOIN content t ON t.hash = e.content_hash"
            )
        )
        assert {row[0]: row[1] for row in stored} == TOTALS


def test_import_refuses_a_wrong_total_as_a_whole_and_names_the_path(
    empty: sa.Engine, tmp_path: Path
) -> None:
    plan = json.loads(CITY.read_text("utf-8"))
    plan["measures"][1]["total_project_cost"] += 1
    plan["measures"][3]["responsible_department"] = "ない部"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(plan, ensure_ascii=False), "utf-8")

    result = hyoka("import", wrong)

    assert result.exit_code == 2
    assert "measures[1].total_project_cost" in result.stderr
    assert "measures[3].responsible_department" in result.stderr
    with empty.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM municipality")).scalar() == 0


def test_import_opens_the_cycle_with_the_dates_that_are_given(
    empty: sa.Engine, tmp_path: Path
) -> None:
    with empty.connect() as connection:
        today = connection.execute(sa.text("SELECT current_date")).scalar_one()
    day = today.replace(month=7, day=1, year=today.year + 1)

    result = hyoka("import", CITY, "--due", f"draft={day}", "--due", f"approved={day}")

    # The stages between keep their proposals, which come before: dates out of order.
    assert result.exit_code == 2
    assert "deadlines." in result.stderr


def test_the_last_days_of_a_cycle_last_until_the_cut_off_that_is_given(empty: sa.Engine) -> None:
    for wrong in ("noon", "25:00", "17:60", ""):
        refused = hyoka("import", CITY, "--cut-off", wrong)
        assert refused.exit_code == 2, wrong
        assert "HH:MM" in refused.stderr
    assert hyoka("import", CITY, "--cut-off", "１２時３０分").exit_code == 0

    with empty.connect() as connection:
        times = connection.execute(
            sa.text("""
                SELECT DISTINCT c.cut_off, CAST(d.due_at AT TIME ZONE 'Asia/Tokyo' AS time)
                FROM cycle_deadline d JOIN evaluation_cycle c ON c.id = d.cycle_id
            """)
        ).all()
    assert times == [(time(12, 30), time(12, 30))]


def test_people_get_one_time_passwords_once(empty: sa.Engine) -> None:
    assert hyoka("import", CITY).exit_code == 0

    first = hyoka("user", "import", PEOPLE, "--since", "2021-04-01")
    second = hyoka("user", "import", PEOPLE, "--since", "2021-04-01")

    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert len(first.stdout.splitlines()) == 34
    assert second.stdout == ""
    again = hyoka("user", "reset-password", "sato.ichiro")
    assert again.exit_code == 0
    assert again.stdout.strip() not in first.stdout
    assert hyoka("user", "reset-password", "nobody").exit_code == 2


def test_a_cycle_is_published_from_the_shell_by_a_publisher_only(live: City) -> None:
    for code in ("611", "632"):
        live.bring_to(code, "approved")

    refused = hyoka("publish", "ex_post-2021-1", "--as", "sato.ichiro")
    dry = hyoka("publish", "ex_post-2021-1", "--as", PUBLISHER, "--dry-run", "--json")
    done = hyoka("publish", "ex_post-2021-1", "--as", PUBLISHER, "--json")

    assert refused.exit_code == 2
    assert "publishers_only" in refused.stderr
    reasons = {item["sheet"][:3]: item["reason"] for item in json.loads(dry.stdout)["sheets"]}
    assert reasons == {
        "611": None, "612": "not_approved", "621": "not_approved", "631": "not_approved",
        "632": None,
    }  # fmt: skip
    assert json.loads(done.stdout)["published"] is True
    assert (live.state("611"), live.state("612")) == ("published", "draft")


def test_a_tick_from_cron_sends_what_is_due(installation: Installation, live: City) -> None:
    first = hyoka("tick", "--once", "--json")
    second = hyoka("tick", "--once", "--json")

    assert json.loads(first.stdout)["mails_sent"] == len(installation.mailbox.messages()) > 0
    assert json.loads(second.stdout)["mails_sent"] == 0


def test_a_tick_of_which_a_part_failed_says_which_and_gives_status_one(
    installation: Installation, live: City
) -> None:
    """Cron then tells somebody; all other parts were done."""
    with psycopg.connect(installation.database.superuser_url) as connection:
        connection.execute("ALTER TABLE mail RENAME COLUMN subject TO something")

    done = hyoka("tick", "--once")

    assert done.exit_code == 1
    assert "failed: notices" in done.stdout
    assert live.scalar("SELECT count(*) FROM heartbeat WHERE name = 'tick'") == 1


def test_reports_of_bounced_mails_mark_addresses_whatever_else_cannot_be_read(
    installation: Installation, live: City, tmp_path: Path
) -> None:
    hyoka("tick", "--once")
    [mail, *_] = live.rows("SELECT address, message_id FROM mail ORDER BY id")
    good, bad, nothing = tmp_path / "good.eml", tmp_path / "bad.mbox", tmp_path / "nothing.mbox"
    good.write_bytes(a_report(to=mail.address, message_id=mail.message_id))
    bad.write_bytes(a_report(recipient(status="?")))
    nothing.touch()
    marked = "SELECT count(*) FROM person WHERE mail_state = 'refused'"

    refused = hyoka("mail", "bounced", str(good), str(nothing))
    assert (refused.exit_code, live.scalar(marked)) == (2, 0)
    assert "nothing.mbox" in refused.stderr
    done = hyoka("mail", "bounced", str(bad), str(good))
    assert (done.exit_code, live.scalar(marked)) == (1, 1)
    assert "bad.mbox[1].recipients[1].Status" in done.stdout
    again = hyoka("mail", "bounced", str(good), "--json")
    assert (again.exit_code, json.loads(again.stdout)["marked"]) == (0, 0)
    told = CliRunner().invoke(
        main, ["mail", "bounced"], input=a_report(to="nobody@aose.example.jp")
    )
    assert (told.exit_code, live.scalar(marked)) == (1, 1)
    assert "nobody@aose.example.jp" in told.stdout


def test_a_broken_chain_is_found_and_gives_status_one(
    installation: Installation, live: City
) -> None:
    assert hyoka("ledger", "verify").exit_code == 0
    url = sa.make_url(installation.database.superuser_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE event DISABLE TRIGGER USER"))
        connection.execute(
            sa.text("UPDATE event SET canonical = replace(canonical, 'open', 'oben') WHERE id = 3")
        )
    engine.dispose()

    found = hyoka("ledger", "verify", "--json")

    assert found.exit_code == 1
    (broken,) = json.loads(found.stdout)["broken"]
    assert broken["code"] == "event_changed"


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HYOKA_DATABASE_URL", raising=False)
    monkeypatch.setenv("HYOKA_HOME", str(tmp_path))

    result = hyoka("ledger", "verify")

    assert result.exit_code == 2
    assert "HYOKA_DATABASE_URL" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "verify"),
        ("tick", "--once"),
        ("import", CITY),
        ("user", "import", PEOPLE),
        ("publish", "ex_post-2021-1", "--as", PUBLISHER),
        ("definition", "check"),
        ("database", "migrate"),
        ("database", "prepare", "--superuser-url", "postgresql://x:secret@127.0.0.1:1/x"),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_a_database_out_of_reach_is_told_in_a_line_with_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str | Path, ...]
) -> None:
    for name in ("HYOKA_DATABASE_URL", "HYOKA_OWNER_DATABASE_URL"):
        monkeypatch.setenv(name, "postgresql://x:secret@127.0.0.1:1/x")
    for role in ("OWNER", "APP", "READER"):
        monkeypatch.setenv(f"HYOKA_{role}_PASSWORD", "secret")
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)

    result = hyoka(*words)

    assert result.exit_code == 3
    [line] = [one for one in result.stderr.splitlines() if "database_unreachable" in one]
    assert "127.0.0.1" in line
    assert "secret" not in result.output
    assert "Traceback" not in result.output


def test_a_database_without_the_tables_is_told_in_a_line(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYOKA_DATABASE_URL", cluster.server.dsn())

    result = hyoka("ledger", "verify")

    assert result.exit_code == 3
    assert "[database_not_prepared]" in result.stderr


# Bad input


def changed(folder: Path, **values: object) -> Path:
    """The sample city's file with other values at its first measure."""
    tree = json.loads(CITY.read_text("utf-8"))
    tree["measures"][0] |= values
    file = folder / "plan.json"
    file.write_text(json.dumps(tree), "utf-8")
    return file


def test_a_name_that_no_sheet_can_show_is_no_setting(empty: sa.Engine, tmp_path: Path) -> None:
    result = hyoka("import", changed(tmp_path, name="名\u202e前"))

    assert result.exit_code == 2
    assert "measures[0].name: The character U+202E in line 1, column 2" in result.stderr
    assert "HYOKA_" not in result.output


def test_a_setting_is_told_by_the_name_of_its_variable(
    empty: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYOKA_PROXIES", "many")

    result = hyoka("ledger", "verify")

    assert result.exit_code == 2
    assert "\nHYOKA_PROXIES: Give a number. [setting_not_a_number]\n" in result.stderr


def test_what_a_reader_cannot_see_is_told_and_taken(empty: sa.Engine, tmp_path: Path) -> None:
    result = hyoka("import", changed(tmp_path, name="名\u200b前"))

    assert result.exit_code == 0
    assert "measures[0].name: Line 1, column 2: U+200B (ZERO WIDTH SPACE)" in result.stderr


def test_files_with_a_byte_order_mark_are_read(empty: sa.Engine, tmp_path: Path) -> None:
    assert hyoka("import", CITY).exit_code == 0
    route = ROOT / "workflow/definition/standard.toml"
    for name, original in (("people.toml", PEOPLE), ("route.toml", route)):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + original.read_bytes())

    assert hyoka("user", "import", tmp_path / "people.toml").exit_code == 0
    assert hyoka("definition", "diagram", tmp_path / "route.toml").exit_code == 0


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["import"], b"\x93\xfa\x96\x7b"), (["import"], "{}".encode("utf-16")),
        (["import"], b"[" * 100_000), (["import"], b"NaN"), (["import"], b"\x00\x01"),
        (["user", "import"], b"a = " + b"9" * 9_999), (["user", "import"], b"a = " + b"[" * 9_999),
        (["definition", "diagram"], b"a = " + b"9" * 9_999), (["definition", "check"], b"\xff"),
        (["definition", "diagram"], b"a = " + b"[" * 9_999),
        (["organisation", "apply", "--on", "2023-04-01"], b"PK\x03\x04"),
        (["publish", "ex_post-99999999999999999999-1", "--as"], b""),
        (["import", "--due", "draft=9999999999"], b"{}"),
    ],
)  # fmt: skip
def test_no_input_ends_in_a_traceback(
    live: City, tmp_path: Path, words: list[str], body: bytes
) -> None:
    file = tmp_path / ("input.xlsx" if "organisation" in words else "input")
    file.write_bytes(body)

    for given in (file, tmp_path / "missing", tmp_path):
        result = hyoka(*words, given)

        assert result.exit_code == 2, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stderr.strip()
