"""What an operator names on the command line: cycles and people, dates, definition files."""

from __future__ import annotations

import sys
from datetime import date, time
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from hyoka.shell import BAD_INPUT, contents
from workflow.application import Context
from workflow.calendar.typed import DayNotUnderstood, TimeNotUnderstood, parse_day, parse_time
from workflow.definition.load import parse
from workflow.definition.model import Definition
from workflow.definition.toml_reader import DefinitionError
from workflow.errors import BadInput, Fault, NotFound
from workflow.exchange.faults import FileRefused
from workflow.exchange.input_text import LARGEST_TOML, UnreadableError, decoded, read_toml
from workflow.policy import Actor
from workflow.services import loading

_CYCLE = sa.text("""
SELECT id FROM evaluation_cycle
WHERE kind = :kind AND target_fiscal_year = :year AND number = :number
""")
_PERSON = sa.text("SELECT id FROM person WHERE sign_in_name = :name")


def cycle_named(ctx: Context, cycle: str) -> int:
    """The id of the cycle called KIND-YEAR-NUMBER, such as ``ex_post-2021-1``.

    Raises:
        BadInput: it is not of that form.
        NotFound: ``no_such_cycle``.
    """
    kind, _, rest = cycle.partition("-")
    year, _, number = rest.partition("-")
    if not (year.isdecimal() and number.isdecimal() and len(year) == 4 and len(number) <= 4):
        raise BadInput("invalid_form", (Fault("CYCLE", "not_a_choice", {}),))
    wanted: dict[str, Any] = {"kind": kind, "year": int(year), "number": int(number)}
    found: int | None = ctx.execute(_CYCLE, wanted).scalar_one_or_none()
    if found is None:
        raise NotFound("no_such_cycle")
    return found


def actor_named(ctx: Context, sign_in_name: str) -> Actor:
    """The person who signs in under that name, in the primary post.

    Raises:
        NotFound: ``no_such_person``.
    """
    person_id = ctx.execute(_PERSON, {"name": sign_in_name}).scalar_one_or_none()
    found = loading.actor(ctx, person_id, None) if person_id else None
    if found is None:
        raise NotFound("no_such_person", name=sign_in_name)
    actor = found[0]
    # Whoever has the shell and the database's password need not change a web password first.
    return Actor(**{**actor.__dict__, "must_change_password": False})


def days_of_stages(given: tuple[str, ...]) -> dict[str, date]:
    """``STAGE=YYYY-MM-DD`` (or ``STAGE=R4.7.15``), as often as it is given.

    Raises:
        click.BadParameter: one that cannot be read.
    """
    days = {}
    for item in given:
        stage, _, day = item.partition("=")
        try:
            days[stage] = parse_day(day)
        except DayNotUnderstood:
            raise click.BadParameter(f"{item!r}: STAGE=YYYY-MM-DD") from None
    return days


def time_of_day(given: str) -> time:
    """``HH:MM``, or 17時15分 in any width.

    Raises:
        click.BadParameter: one that cannot be read.
    """
    try:
        return parse_time(given)
    except TimeNotUnderstood:
        raise click.BadParameter(f"{given!r}: HH:MM") from None


def read_definition(file: Path) -> Definition:
    """The definition in *file*, with or without a BOM; ends the command where it is none.

    Raises:
        FileRefused: it is not UTF-8, too large or nested too deeply.
    """
    data = contents(file)
    try:
        return parse(decoded(data, LARGEST_TOML), file=file.name)
    except DefinitionError as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)
    except UnreadableError as error:
        raise FileRefused(error.faults) from error
    except (RecursionError, ValueError) as error:
        # What the standard library cannot take in: our reader says where it stands.
        try:
            read_toml(data)
        except UnreadableError as told:
            raise FileRefused(told.faults) from error
        raise
