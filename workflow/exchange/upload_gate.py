"""The gate before every spreadsheet that is uploaded: looked at before a library opens it.

An xlsx is a ZIP of XML, and both can be made to hurt: a few kilobytes that unpack to gigabytes,
names that leave the folder, macros, links to other files, entities that read files. Checked in
this order, cheapest first: size and magic; the central directory (what the file says of itself);
then every part is unpacked in a stream and its real bytes are counted, because sizes that are
declared may lie. Only then a child process with limits of its own reads the cells
(``xlsx_rows``). Limits: reliability notes, part B3.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from workflow.exchange import xlsx_rows
from workflow.exchange.cells import SheetRows, shown_cell
from workflow.exchange.upload_faults import UploadFaultCode
from workflow.exchange.upload_faults import refused as _refused

#: Bytes of the file itself.
LARGEST_FILE = 10 * 1024 * 1024
MOST_ENTRIES = 200
LARGEST_UNPACKED = 100 * 1024 * 1024
#: Unpacked bytes per packed byte; parts below ``SMALL_PART`` may be denser, they cannot hurt.
LARGEST_RATIO = 100
SMALL_PART = 1024 * 1024
#: Seconds that the reading child may take.
WALL_CLOCK = 20

_MAGIC = b"PK\x03\x04"
#: Old Excel files, and xlsx files under a password.
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_LOCAL_HEADER = 30
_CHUNK = 64 * 1024
_NEEDED = ("[Content_Types].xml", "xl/workbook.xml")
_XML_NAMES = (".xml", ".rels", ".vml")
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)[\"']")
_PLAIN_ENCODINGS = (b"utf-8", b"us-ascii", b"ascii")
_MACRO = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml|activex/.*|macrosheets/.*)$")
_OUTSIDE = re.compile(r"(^|/)(externallinks|embeddings)/")
_OUTSIDE_RELATION = re.compile(rb"relationships/(externalLink|oleObject|attachedTemplate|package)")
_MACRO_TYPE = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)


def check_size(data: bytes) -> None:
    """Look at the size alone, of any file that is handed in.

    Raises:
        UploadRefused: it is empty or too large.
    """
    if not data:
        raise _refused(UploadFaultCode.EMPTY_FILE)
    if len(data) > LARGEST_FILE:
        size, limit = -(-len(data) // 1024**2), LARGEST_FILE // 1024**2
        raise _refused(UploadFaultCode.FILE_TOO_LARGE, size=size, limit=limit)


def check(data: bytes) -> None:
    """Look an xlsx through without opening it.

    Raises:
        UploadRefused: with the first thing that is wrong.
    """
    check_size(data)
    if data.startswith(_OLE_MAGIC):
        raise _refused(UploadFaultCode.OLD_OR_LOCKED)
    if not data.startswith(_MAGIC):
        raise _refused(UploadFaultCode.NOT_XLSX)
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise _refused(UploadFaultCode.BROKEN_ZIP, part="ZIP") from error
    _check_directory(parts)
    left = LARGEST_UNPACKED
    for part in parts:
        left -= _check_part(data, part, left)


def read_rows(data: bytes, heading: str = "") -> tuple[SheetRows, ...]:
    """The cells of an xlsx as they are shown, sheet by sheet, read by a child with limits.

    Args:
        heading: a sheet that does not hold it in its first rows is read no further than these.

    Raises:
        UploadRefused: the gate refuses the file, or the child cannot read it within its limits.
    """
    check(data)
    # By its path and isolated: the child sees the libraries and nothing of the program.
    words = [sys.executable, "-I", str(Path(xlsx_rows.__file__)), heading]
    try:
        done = subprocess.run(
            words, input=data, capture_output=True, timeout=WALL_CLOCK, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(UploadFaultCode.UNREADABLE_BOOK, why=f"{WALL_CLOCK} s") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = last[:80] or f"status {done.returncode}"
        raise _refused(UploadFaultCode.UNREADABLE_BOOK, why=why)
    told = json.loads(done.stdout)
    return tuple(
        SheetRows(
            sheet["name"],
            tuple(
                (number, tuple(shown_cell(c, since_1904=told["since_1904"]) for c in cells))
                for number, cells in sheet["rows"]
            ),
            _by_row(sheet["merged"]),
        )
        for sheet in told["sheets"]
    )


def _by_row(merged: list[tuple[int, int, str]]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for number, position, area in merged:
        found.setdefault(number, {})[position] = area
    return found


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    """What the file says of itself."""
    if len(parts) > MOST_ENTRIES:
        raise _refused(UploadFaultCode.TOO_MANY_PARTS, count=len(parts), limit=MOST_ENTRIES)
    names = [part.orig_filename for part in parts]
    for name in names:
        if _is_unsafe(name):
            raise _refused(UploadFaultCode.UNSAFE_NAME, part=_shown(name))
        if _MACRO.search(name.lower()):
            raise _refused(UploadFaultCode.MACROS, part=_shown(name))
        if _OUTSIDE.search(name.lower()):
            raise _refused(UploadFaultCode.OUTSIDE_LINKS, part=_shown(name))
    if len({name.lower() for name in names}) != len(names):
        raise _refused(UploadFaultCode.BROKEN_ZIP, part="ZIP")
    if any(needed not in names for needed in _NEEDED):
        raise _refused(UploadFaultCode.NOT_XLSX)
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise _refused(UploadFaultCode.UNPACKS_TOO_LARGE, part="ZIP")
    for part in parts:
        if part.flag_bits & 0x1:
            raise _refused(UploadFaultCode.OLD_OR_LOCKED)
        _check_ratio(part, part.file_size)


def _is_unsafe(name: str) -> bool:
    steps = name.split("/")
    return (
        not name
        or name.startswith("/")
        or "\\" in name
        or ":" in name
        or any(ord(character) < 0x20 for character in name)
        or ".." in steps
    )


def _check_part(data: bytes, part: zipfile.ZipInfo, left: int) -> int:
    """Unpack one part in a stream; returns its real size.

    Raises:
        UploadRefused: it is larger than it says or than may be, damaged, or holds what may not be.
    """
    name = part.orig_filename
    is_xml = name.lower().endswith(_XML_NAMES)
    real, checksum, before = 0, 0, b""
    for chunk in _unpacked(data, part):
        if real == 0 and is_xml:
            _check_encoding(name, chunk)
        real += len(chunk)
        if real > left:
            raise _refused(UploadFaultCode.UNPACKS_TOO_LARGE, part=_shown(name))
        if real > part.file_size:
            raise _refused(UploadFaultCode.SIZES_LIE, part=_shown(name))
        checksum = zlib.crc32(chunk, checksum)
        if is_xml:
            # A word may stand across two chunks.
            before = before[-64:] + chunk
            _check_words(name, before)
    if real != part.file_size:
        raise _refused(UploadFaultCode.SIZES_LIE, part=_shown(name))
    if checksum != part.CRC:
        raise _refused(UploadFaultCode.BROKEN_ZIP, part=_shown(name))
    _check_ratio(part, real)
    return real


def _unpacked(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one part, a little at a time, whatever sizes it claims."""
    name = _shown(part.orig_filename)
    start = part.header_offset
    header = data[start : start + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(_MAGIC):
        raise _refused(UploadFaultCode.BROKEN_ZIP, part=name)
    start += _LOCAL_HEADER + int.from_bytes(header[26:28], "little")
    start += int.from_bytes(header[28:30], "little")
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield from (packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK))
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise _refused(UploadFaultCode.BROKEN_ZIP, part=name)
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not unpacking.eof:
            chunk = unpacking.decompress(packed, _CHUNK)
            packed = unpacking.unconsumed_tail
            if not chunk and not unpacking.eof:
                # The packed bytes end in the middle: there are fewer than is said.
                raise _refused(UploadFaultCode.SIZES_LIE, part=name)
            yield chunk
    except zlib.error as error:
        raise _refused(UploadFaultCode.BROKEN_ZIP, part=name) from error


def _check_ratio(part: zipfile.ZipInfo, size: int) -> None:
    if size > SMALL_PART and size > LARGEST_RATIO * max(part.compress_size, 1):
        raise _refused(UploadFaultCode.UNPACKS_TOO_LARGE, part=_shown(part.orig_filename))


def _check_encoding(name: str, chunk: bytes) -> None:
    """Words are looked for as bytes, so the bytes must be those of UTF-8."""
    declared = _ENCODING.search(chunk[:200])
    unusual = declared is not None and declared[1].lower() not in _PLAIN_ENCODINGS
    if unusual or b"\0" in chunk[:8] or chunk.startswith((b"\xfe\xff", b"\xff\xfe")):
        raise _refused(UploadFaultCode.XML_ENTITIES, part=_shown(name))


def _check_words(name: str, text: bytes) -> None:
    if _ENTITIES.search(text):
        raise _refused(UploadFaultCode.XML_ENTITIES, part=_shown(name))
    if name == "[Content_Types].xml" and _MACRO_TYPE.search(text):
        raise _refused(UploadFaultCode.MACROS, part=_shown(name))
    # Addresses of mails are links too, and harmless: nothing is fetched.
    if name.endswith(".rels") and _OUTSIDE_RELATION.search(text):
        raise _refused(UploadFaultCode.OUTSIDE_LINKS, part=_shown(name))


def _shown(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:80]
