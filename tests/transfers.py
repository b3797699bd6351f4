"""Files of transfers as tests need them: a few words a row, handed in as CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.city import City
from workflow.exchange.transfer_file import read_transfer_file
from workflow.exchange.transfers import HEADINGS, TransferFile
from workflow.policy import SYSTEM, Actor
from workflow.services import reorganisation, reorganisation_plan
from workflow.services.reorganisation_lines import Report

#: The first day of the fiscal year after the sample's sheets are judged.
FIRST_OF_APRIL = date(2023, 4, 1)
SAMPLE = Path(__file__).parents[1] / "sample/transfers.csv"

_BY_HEADING = {heading: field for field, heading in HEADINGS.items()}


def row(kind: str, **values: str) -> dict[str, str]:
    """One row by the fields of a change."""
    return {"kind": kind, **values}


def move(name: str, unit: str, title: str, rank: str = "担当") -> dict[str, str]:
    """異動 of a person."""
    return row("異動", sign_in_name=name, unit=unit, title=title, rank=rank)


def csv_of(*rows: dict[str, str]) -> bytes:
    """The file as an office hands it in."""
    lines = [",".join(HEADINGS.values())]
    lines += [",".join(values.get(field, "") for field in HEADINGS) for values in rows]
    return "\r\n".join(lines).encode("utf-8-sig")


def file_of(*rows: dict[str, str]) -> TransferFile:
    """The file as it is read."""
    return read_transfer_file(csv_of(*rows), "異動.csv")


def sample_file() -> TransferFile:
    """The sample city's own transfers."""
    return read_transfer_file(SAMPLE.read_bytes(), SAMPLE.name)


def tried(city: City, *rows: dict[str, str], on: date = FIRST_OF_APRIL) -> Report:
    """The dry run."""
    with city.application.query(SYSTEM) as ctx:
        return reorganisation_plan.plan(ctx, file_of(*rows), effective_on=on).report


def applied(
    city: City,
    *rows: dict[str, str],
    on: date = FIRST_OF_APRIL,
    by: Actor = SYSTEM,
    file: TransferFile | None = None,
) -> int:
    """Hand in and apply at once; returns the reorganisation's id."""
    with city.application.command(by) as ctx:
        return reorganisation.apply(ctx, file or file_of(*rows), effective_on=on)[0]
