"""``hyoka organisation apply`` as an operator uses it: statuses, words, nothing by halves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hyoka.command_line import main
from tests.city import City
from tests.databases import Database
from tests.transfers import SAMPLE, csv_of, row


@pytest.fixture
def city_at_the_shell(city: City, city_database: Database, monkeypatch: pytest.MonkeyPatch) -> City:
    """The sample city, known to the command line by its environment; the shell's clock is real."""
    monkeypatch.setenv("HYOKA_DATABASE_URL", city_database.app_url)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    return city


def apply(file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["organisation", "apply", str(file), *words])


def handed_in(folder: Path, data: bytes, name: str = "transfers.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_dry_run_that_leaves_nothing_without_an_owner_is_0_and_changes_nothing(
    city_at_the_shell: City,
) -> None:
    before = city_at_the_shell.counts()

    result = apply(SAMPLE, "--on", "2099-04-01", "--dry-run")

    assert result.exit_code == 0, result.output
    assert "611 主担当課: まちづくり推進課 → 地域協働課" in result.stdout
    assert "611 総合政策部承認: 総合政策部長 森田 健二 → 総合政策部長 岡本 幸子" in result.stdout
    assert "dry run, nothing was changed" in result.stdout
    assert city_at_the_shell.counts() == before


def test_a_dry_run_that_finds_something_without_an_owner_is_1(
    city_at_the_shell: City, tmp_path: Path
) -> None:
    file = handed_in(tmp_path, csv_of(row("廃止", unit="まちづくり推進課")))

    result = apply(file, "--on", "2099-04-01", "--dry-run", "--json")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert not told["applied"]
    assert {item["kind"] for item in told["ownerless"]} == {
        "sheet", "stage", "measure", "project",
    }  # fmt: skip


def test_applying_is_0_and_told_as_json(city_at_the_shell: City) -> None:
    result = apply(SAMPLE, "--on", "2099-04-01", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["applied"]
    assert city_at_the_shell.scalar("SELECT state FROM reorganisation") == "scheduled"


def test_a_file_with_faults_is_2_and_every_fault_is_on_standard_error(
    city_at_the_shell: City, tmp_path: Path
) -> None:
    file = handed_in(tmp_path, csv_of(row("設置"), row("退職", sign_in_name="nobody")))
    before = city_at_the_shell.counts()

    result = apply(file, "--on", "2099-04-01")

    assert result.exit_code == 2
    assert "transfers.csv:B2 部署: A row of the kind 設置 needs this." in result.stderr
    assert "transfers.csv:E3 利用者名: There is no user “nobody”." in result.stderr
    assert "[no_such_person]" in result.stderr
    assert result.stdout == ""
    assert city_at_the_shell.counts() == before


@pytest.mark.parametrize(
    ("name", "data", "on", "said"),
    [
        ("a.xlsx", b"", "2099-04-01", "[empty_file]"),
        ("a.xlsx", b"MZ", "2099-04-01", "[not_xlsx]"),
        ("a.csv", csv_of(row("廃止", unit="管財課")), "2020-04-01", "[day_in_the_past]"),
    ],
)
def test_a_bad_file_and_a_day_in_the_past_are_2(
    city_at_the_shell: City, tmp_path: Path, name: str, data: bytes, on: str, said: str
) -> None:
    result = apply(handed_in(tmp_path, data, name), "--on", on)

    assert result.exit_code == 2
    assert said in result.stderr
