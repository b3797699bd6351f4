"""The files of others that we serve are exactly those that `vendor.json` records."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor"
WRITTEN_BY_HAND = {"README.md", "vendor.json"}
#: Signs that the sheets and the frame print; a face without them would fall back to another.
NEEDED = "施策評価令和髙﨑☆★①②③④⑤⑥⑦⑧⑨〜～－ー—―…※●○◎↑↓＝「」（）・％々千円"


def packages() -> list[dict[str, Any]]:
    record = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = record["packages"]
    return found


def recorded_files() -> dict[str, str]:
    return {path: digest for package in packages() for path, digest in package["files"].items()}


def test_every_recorded_file_has_its_recorded_hash() -> None:
    found = {
        path: hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() for path in recorded_files()
    }

    assert found == recorded_files()


def test_nothing_lies_in_the_folder_that_is_not_recorded() -> None:
    present = {
        path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()
    } - WRITTEN_BY_HAND

    assert present == set(recorded_files())


@pytest.mark.parametrize("package", packages(), ids=lambda package: str(package["name"]))
def test_each_package_is_pinned_and_comes_with_its_licence(package: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"])
    assert any(path.endswith("/LICENSE") for path in package["files"])


def test_style_sheets_name_only_files_that_are_here() -> None:
    for sheet in VENDOR.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        for target in re.findall(r"url\(([^)]+)\)", text):
            assert (sheet.parent / target.strip("'\"")).is_file(), f"{sheet.name}: {target}"


@pytest.mark.parametrize("weight", ["400", "700"])
def test_the_typeface_covers_the_signs_of_a_sheet_in_both_weights(weight: str) -> None:
    text = (VENDOR / "biz-udpgothic" / "biz-udpgothic.css").read_text(encoding="utf-8")
    covered: list[tuple[int, int]] = []
    for face in re.findall(r"@font-face \{.*?\n\}", text, re.DOTALL):
        if f"font-weight: {weight};" not in face:
            continue
        match = re.search(r"unicode-range: ([^;]+);", face)
        assert match is not None
        for part in match.group(1).split(","):
            first, _, last = part.strip().removeprefix("U+").partition("-")
            covered.append((int(first, 16), int(last or first, 16)))

    missing = [
        sign for sign in NEEDED if not any(low <= ord(sign) <= high for low, high in covered)
    ]

    assert missing == []
