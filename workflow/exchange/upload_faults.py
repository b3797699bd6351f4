"""What the gate before uploaded spreadsheets refuses: codes and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from workflow.exchange.faults import WHOLE_FILE, Fault, FileRefused


class UploadFaultCode(StrEnum):
    """Stable names of what the gate refuses."""

    EMPTY_FILE = "empty_file"
    FILE_TOO_LARGE = "file_too_large"
    NOT_XLSX = "not_xlsx"
    OLD_OR_LOCKED = "old_or_locked"
    BROKEN_ZIP = "broken_zip"
    TOO_MANY_PARTS = "too_many_parts"
    UNSAFE_NAME = "unsafe_name"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    SIZES_LIE = "sizes_lie"
    MACROS = "macros"
    OUTSIDE_LINKS = "outside_links"
    XML_ENTITIES = "xml_entities"
    UNREADABLE_BOOK = "unreadable_book"


#: Japanese and English of each code: what, why, and how to mend it.
SENTENCES: Mapping[UploadFaultCode, tuple[str, str]] = {
    UploadFaultCode.EMPTY_FILE: (
        "ファイルが空です（0バイト）。保存し直してから選んでください。",
        "The file is empty (0 bytes). Save it again and choose it anew.",
    ),
    UploadFaultCode.FILE_TOO_LARGE: (
        "ファイルが大きすぎます（{size}MB、上限は{limit}MB）。画像などを除いてください。",
        "The file is too large ({size} MB, at most {limit} MB). Remove pictures and the like.",
    ),
    UploadFaultCode.NOT_XLSX: (
        "Excel ブック（.xlsx）ではありません。Excel で開き「Excel ブック」として保存してください。",
        "Not an Excel workbook (.xlsx). Open it in Excel and save it as an Excel workbook.",
    ),
    UploadFaultCode.OLD_OR_LOCKED: (
        "古い形式（.xls）か、パスワードの付いたブックです。パスワードを外し"
        "「Excel ブック（.xlsx）」として保存してください。",
        "An old .xls file or a workbook with a password. Remove the password and save it as .xlsx.",
    ),
    UploadFaultCode.BROKEN_ZIP: (
        "ファイルが壊れています（{part}）。もとのファイルから保存し直してください。",
        "The file is damaged ({part}). Save it again from the original.",
    ),
    UploadFaultCode.TOO_MANY_PARTS: (
        "ブックの部品が多すぎます（{count}個、上限は{limit}個）。新しいブックに表だけを写してください。",
        "Too many parts in the workbook ({count}, at most {limit}). Copy the table to a new one.",
    ),
    UploadFaultCode.UNSAFE_NAME: (
        "ブックの中に危険な名前の部品があります（{part}）。Excel で作り直してください。",
        "A part of the workbook has an unsafe name ({part}). Make the file anew in Excel.",
    ),
    UploadFaultCode.UNPACKS_TOO_LARGE: (
        "展開すると大きくなりすぎます（{part}）。使っていない行や列を削除して保存し直してください。",
        "The file unpacks to too much ({part}). Delete unused rows and columns and save it again.",
    ),
    UploadFaultCode.SIZES_LIE: (
        "ブックの中の大きさの記録が実際と違います（{part}）。Excel で開いて保存し直してください。",
        "A size recorded in the file is not the real one ({part}). Open and save it in Excel.",
    ),
    UploadFaultCode.MACROS: (
        "マクロか ActiveX が含まれています（{part}）。"
        "「Excel ブック（.xlsx）」として保存してください。",
        "The file contains macros or ActiveX ({part}). Save it as a plain Excel workbook (.xlsx).",
    ),
    UploadFaultCode.OUTSIDE_LINKS: (
        "ほかのファイルへのリンクか埋め込みがあります（{part}）。値だけを写したブックにしてください。",
        "The file links to or embeds other files ({part}). Paste the values into a new workbook.",
    ),
    UploadFaultCode.XML_ENTITIES: (
        "ブックの中に許されない XML の宣言があります（{part}）。Excel で作り直してください。",
        "A part of the workbook holds an XML declaration that is not allowed ({part}). "
        "Make the file anew in Excel.",
    ),
    UploadFaultCode.UNREADABLE_BOOK: (
        "ブックを読み取れません（{why}）。表だけを新しいブックに写して保存してください。",
        "The workbook cannot be read ({why}). Copy the table into a new workbook.",
    ),
}


class UploadRefused(FileRefused):
    """The gate does not let the file in; one fault, because looking further would be the danger."""


def refused(code: UploadFaultCode, **values: object) -> UploadRefused:
    """The refusal in words."""
    japanese, english = (sentence.format(**values) for sentence in SENTENCES[code])
    return UploadRefused((Fault(WHOLE_FILE, code, japanese, english),))
