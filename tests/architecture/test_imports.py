"""Who may import whom: the contracts of ``.importlinter`` hold, and each is a sentence."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys

import pytest
from importlinter.cli import lint_imports

from tests.architecture.sources import PACKAGES, ROOT

CONTRACTS = ROOT / ".importlinter"


def contracts() -> dict[str, str]:
    """Contract → its rule."""
    parser = configparser.ConfigParser()
    parser.read(CONTRACTS, encoding="utf-8")
    return {
        section.removeprefix("importlinter:contract:"): parser[section]["name"]
        for section in parser.sections()
        if section.startswith("importlinter:contract:")
    }


def test_the_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(CONTRACTS), no_cache=True)

    said = capsys.readouterr().out
    assert status == 0, said
    assert f"Contracts: {len(contracts())} kept, 0 broken." in said


def test_each_contract_is_a_sentence() -> None:
    assert len(contracts()) >= 10
    for name, rule in contracts().items():
        assert len(rule.split()) >= 6, name
        assert rule.endswith("."), name


#: Contract → a module and a line that would break it.
BROKEN = {
    "pure-rooms": ("workflow/definition/decide.py", "import sqlalchemy"),
    "pure-rooms-know-no-rows": ("workflow/calendar/era.py", "import workflow.settings"),
    "core-without-frameworks": ("workflow/services/actions.py", "import flask"),
    "core-knows-no-shell": ("workflow/clock.py", "import tasks.names"),
    "shells-stand-apart": ("web/forms.py", "import tasks.names"),
    "tasks-stand-apart": ("tasks/names.py", "import web.words"),
    "rows-stay-inside": ("web/views/desk.py", "import workflow.models"),
    "writing-does-not-read-pages": ("workflow/services/actions.py", "import workflow.queries.desk"),
    "rows-know-nothing": ("workflow/models/base.py", "import workflow.application"),
    "servers-as-wheels": ("tasks/jobs.py", "import aiosmtpd"),
}


@pytest.fixture(scope="module")
def said_of_a_broken_copy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says when every contract is broken once."""
    folder = tmp_path_factory.mktemp("broken")
    ignored = shutil.ignore_patterns("static", "templates", "__pycache__", "translations")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for module, line in BROKEN.values():
        with (folder / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    program = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--config", str(CONTRACTS), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("contract", BROKEN)
def test_a_forbidden_import_would_be_found(said_of_a_broken_copy: str, contract: str) -> None:
    module, line = BROKEN[contract]
    importer = module.removesuffix(".py").replace("/", ".")

    assert f"{contracts()[contract]} BROKEN" in said_of_a_broken_copy
    assert f"{importer} -> {line.removeprefix('import ')}" in said_of_a_broken_copy


def test_every_contract_has_such_an_example() -> None:
    assert set(BROKEN) == set(contracts())
