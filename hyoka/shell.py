"""What all commands share: the core from the environment, errors in words, reports, statuses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast
from unicodedata import east_asian_width

import click
import psycopg
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import DataError

from hyoka.local.home import read_environment
from workflow import log, settings_at_start
from workflow.application import Application
from workflow.database import is_away
from workflow.errors import BadInput, Fault, HyokaError
from workflow.exchange.faults import FileRefused, path_text
from workflow.messages import say, say_error

#: Where ``hyoka up`` keeps everything, below the current folder.
HOME = "var/hyoka"
BAD_INPUT = 2
#: Lines about one input, and one that the list of faults of a file adds.
MOST_TOLD = 201
#: More than any limit of a file.
MOST_BYTES = 32 * 1024 * 1024
FOUND_SOMETHING = 1
#: Neither good nor bad was found: the database could not be asked.
DATABASE_AWAY = 3

Command = TypeVar("Command", bound=Callable[..., Any])


def locale() -> str:
    """``ja`` on a Japanese terminal, else ``en``."""
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "ja" if (language or "").startswith("ja") else "en"


def contents(file: Path) -> bytes:
    """The bytes of a file that is handed in; of one that is too large just enough to tell."""
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES)


def tell(faults: Sequence[Fault]) -> None:
    """Faults and remarks with their paths on standard error, the first of very many."""
    for fault in faults[:MOST_TOLD]:
        click.echo(f"{fault.path}: {say_error(fault, locale=locale())} [{fault.code}]", err=True)
    _tell_the_rest(len(faults) - MOST_TOLD)


def _tell_the_rest(count: int) -> None:
    if count > 0:
        click.echo(f"… +{count}", err=True)


def tells_errors(command: Command) -> Command:
    """Say what is wrong on standard error and leave with the documented status."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except FileRefused as refused:
            for found in refused.faults[:MOST_TOLD]:
                text = found.message_ja if locale() == "ja" else found.message_en
                click.echo(f"{found.path}: {text} [{found.code}]", err=True)
            _tell_the_rest(len(refused.faults) - MOST_TOLD)
            sys.exit(BAD_INPUT)
        except HyokaError as error:
            click.echo(f"{say_error(error, locale=locale())} [{error.code}]", err=True)
            tell(error.faults if isinstance(error, BadInput) else ())
            sys.exit(BAD_INPUT)
        except DataError:
            # A number or a date that no row can hold.
            click.echo(f"{say('bad_request', locale=locale())} [bad_request]", err=True)
            sys.exit(BAD_INPUT)
        except ValidationError as error:
            for item in error.errors():
                click.echo(f"{path_text(item['loc'])}: {item['msg']}", err=True)
            sys.exit(BAD_INPUT)
        except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
            code = _code_of(error)
            if code is None:
                raise
            said = say(code, {"reason": _first_line(error)}, locale=locale())
            click.echo(f"{said} [{code}]", err=True)
            sys.exit(DATABASE_AWAY)

    return cast(Command, guarded)


#: What a database lacks that no migration, or too few, came to.
_MISSING = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)


def _code_of(error: Exception) -> str | None:
    """What keeps the database from being asked at all; None for a fault of the program."""
    if is_away(error):
        return "database_unreachable"
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, _MISSING):
        return "database_not_prepared"
    return None


def _first_line(error: Exception) -> str:
    """What the driver says, without the statement; a password is never part of it."""
    said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(said).partition("\n")[0]


@contextmanager
def composed() -> Iterator[Application]:
    """The core, from the environment; else from the ``hyoka up`` that runs in this folder."""
    if "HYOKA_DATABASE_URL" not in os.environ:
        os.environ.update(read_environment(Path(os.environ.get("HYOKA_HOME", HOME))))
    settings = settings_at_start.read()
    log.configure(settings.log_format, to_standard_error=True)
    application = Application(settings)
    try:
        yield application
    finally:
        application.dispose()


def report(as_json: bool, values: dict[str, Any], text: str) -> None:
    """Print what was done, for a program or for a person."""
    click.echo(json.dumps(values, ensure_ascii=False, default=str) if as_json else text)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with their columns below each other, also where characters are two wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
