"""What can be wrong in a file of transfers: codes and sentences, in the manner of ``faults``.

Everything is told at once, with file, sheet, row and column, why, and how to mend it. The meaning
of each code is also in ``docs/exchange-format.md``; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from workflow.exchange.faults import Fault, FileRefused
from workflow.exchange.transfers import HEADINGS, Problem, TransferFile


class TransferFaultCode(StrEnum):
    """Stable names; scripts may rely on them."""

    #: Neither .csv nor .xlsx.
    UNKNOWN_FILE_KIND = "unknown_file_kind"
    #: Neither UTF-8 nor CP932.
    UNREADABLE_TEXT = "unreadable_text"
    #: A quotation mark that never ends, and the like.
    BROKEN_CSV = "broken_csv"
    #: No row holds the heading 区分.
    NO_HEADINGS = "no_headings"
    #: Several sheets hold such a table.
    SEVERAL_TABLES = "several_tables"
    #: A heading that the format does not know.
    UNKNOWN_HEADING = "unknown_heading"
    #: The same heading twice.
    REPEATED_HEADING = "repeated_heading"
    #: Headings and nothing below.
    NO_ROWS = "no_rows"
    #: More rows than any real file.
    TOO_MANY_ROWS = "too_many_rows"
    #: A cell holds an error of the spreadsheet (#N/A).
    CELL_ERROR = "cell_error"
    #: A formula whose result was never stored.
    CELL_FORMULA = "cell_formula"
    #: A number whose format is none of those that are read.
    CELL_FORMAT = "cell_format"
    #: A cell that is merged with others.
    CELL_MERGED = "cell_merged"
    #: A line break or a control character in a cell.
    CELL_CHARACTER = "cell_character"
    #: Longer than any name.
    CELL_TOO_LONG = "cell_too_long"
    #: A cell beyond the last heading.
    CELL_OUTSIDE = "cell_outside"
    #: Not one of the words of 区分 or 職位.
    UNKNOWN_WORD = "unknown_word"
    #: Empty where something must stand.
    CELL_MISSING = "cell_missing"
    #: A post is given to nobody.
    POST_FOR_NOBODY = "post_for_nobody"
    #: Something stands where this kind of row has nothing.
    CELL_NOT_USED = "cell_not_used"
    #: Not the form of a sign-in name, of kana or of an address.
    CELL_FORM = "cell_form"
    #: No such unit.
    NO_SUCH_UNIT = "no_such_unit"
    #: Several units have this name.
    SEVERAL_UNITS = "several_units"
    #: A unit of this name is there already.
    UNIT_EXISTS = "unit_exists"
    #: The unit ends by another row.
    UNIT_ENDS = "unit_ends"
    #: The sections of a department that ends are left behind.
    SECTIONS_LEFT = "sections_left"
    #: A department is succeeded by a section.
    SUCCESSOR_KIND = "successor_kind"
    #: 上位部局 is no department.
    NOT_A_DEPARTMENT = "not_a_department"
    #: Old and new are the same.
    NOTHING_CHANGES = "nothing_changes"
    #: The department that gives the last approval ends without a successor.
    BUREAU_ENDS = "bureau_ends"
    #: No such person.
    NO_SUCH_PERSON = "no_such_person"
    #: The person's account is switched off.
    PERSON_LEFT = "person_left"
    #: The name in the file is not the person's.
    NAME_DIFFERS = "name_differs"
    #: A new person is there already.
    PERSON_EXISTS = "person_exists"
    #: Another person has this address.
    ADDRESS_TAKEN = "address_taken"
    #: The post has another rank.
    RANK_DIFFERS = "rank_differs"
    #: The person is in that post already.
    ALREADY_THERE = "already_there"
    #: The person is not in that post.
    NOT_IN_POST = "not_in_post"
    #: Two rows contradict each other.
    CONTRADICTION = "contradiction"
    #: What should end begins on that day or later.
    BEGINS_LATER = "begins_later"


SENTENCES: Mapping[TransferFaultCode, tuple[str, str]] = {
    TransferFaultCode.UNKNOWN_FILE_KIND: (
        "CSV（.csv）か Excel（.xlsx）のファイルを選んでください。",
        "Choose a CSV (.csv) or Excel (.xlsx) file.",
    ),
    TransferFaultCode.UNREADABLE_TEXT: (
        "文字を読み取れません（{line}行目）。"
        "CSV UTF-8 か Shift_JIS（CP932）で保存し直してください。",
        "The text cannot be read (line {line}). Save it as CSV UTF-8 or as Shift_JIS (CP932).",
    ),
    TransferFaultCode.BROKEN_CSV: (
        'CSV として読めません（{line}行目の付近）。引用符「"」が閉じているか確かめてください。',
        "Not a CSV near line {line}. Look for a quotation mark that is not closed.",
    ),
    TransferFaultCode.NO_HEADINGS: (
        "見出し「区分」のある行がありません。はじめの10行のどこかに見出しの行を置いてください。",
        "No row holds the heading 区分. Put the row of headings among the first ten rows.",
    ),
    TransferFaultCode.SEVERAL_TABLES: (
        "見出し「区分」のあるシートが複数あります（{sheets}）。一つだけ残してください。",
        "Several sheets hold the heading 区分 ({sheets}). Leave one of them.",
    ),
    TransferFaultCode.UNKNOWN_HEADING: (
        "「{heading}」という見出しはありません。使える見出し: {known}。",
        "There is no heading “{heading}”. Use some of {known}.",
    ),
    TransferFaultCode.REPEATED_HEADING: (
        "見出し「{heading}」が二つあります。一つだけ残してください。",
        "The heading “{heading}” stands twice. Leave one of them.",
    ),
    TransferFaultCode.NO_ROWS: (
        "見出しの下に一行もありません。",
        "There is no row below the headings.",
    ),
    TransferFaultCode.TOO_MANY_ROWS: (
        "行が多すぎます（{limit}行まで）。ファイルを分けてください。",
        "Too many rows (at most {limit}). Split the file.",
    ),
    TransferFaultCode.CELL_ERROR: (
        "セルがエラー値「{shown}」です。値を入れ直してください。",
        "The cell holds the error {shown}. Enter the value again.",
    ),
    TransferFaultCode.CELL_FORMULA: (
        "数式の計算結果がファイルに保存されていません。"
        "Excel で開いて保存し直すか、値を入れてください。",
        "The file does not hold the result of this formula. "
        "Open and save it in Excel, or enter the value.",
    ),
    TransferFaultCode.CELL_FORMAT: (
        "数値 {shown} が Excel でどう表示されるかを確定できません（表示形式「{format}」）。"
        "表示形式を「文字列」にして、表示どおりに入れ直してください。",
        "How Excel shows the number {shown} cannot be told (format “{format}”). "
        "Format the cell as text and enter it as it should read.",
    ),
    TransferFaultCode.CELL_MERGED: (
        "セルが結合されています（{range}）。結合を解除し、行ごとに値を入れてください。",
        "The cell is merged with others ({range}). Unmerge them and enter a value in each row.",
    ),
    TransferFaultCode.CELL_CHARACTER: (
        "改行か使えない文字（{character}）があります。取り除いてください。",
        "The cell holds a line break or a character that is not allowed ({character}). Remove it.",
    ),
    TransferFaultCode.CELL_TOO_LONG: (
        "長すぎます（{limit}字まで）。",
        "Too long (at most {limit} characters).",
    ),
    TransferFaultCode.CELL_OUTSIDE: (
        "見出しのない列に値があります。列に見出しを付けるか、値を消してください。",
        "There is a value in a column without a heading. Add the heading or clear the value.",
    ),
    TransferFaultCode.UNKNOWN_WORD: (
        "「{shown}」は使えません。{allowed} のいずれかを書いてください。",
        "“{shown}” is not known here. Use one of {allowed}.",
    ),
    TransferFaultCode.CELL_MISSING: (
        "区分「{kind}」の行では必須です。入力してください。",
        "A row of the kind {kind} needs this. Fill it in.",
    ),
    TransferFaultCode.POST_FOR_NOBODY: (
        "職に就く人がいません。利用者名を書くか、この行を消してください。",
        "The post is given to nobody. Enter a sign-in name or remove the row.",
    ),
    TransferFaultCode.CELL_NOT_USED: (
        "区分「{kind}」の行では使わない列です。値を消すか、区分を直してください。",
        "A row of the kind {kind} does not use this column. Clear it or correct 区分.",
    ),
    TransferFaultCode.CELL_FORM: (
        "「{shown}」は書式に合いません。{expected_ja}",
        "“{shown}” has the wrong form. {expected_en}",
    ),
    TransferFaultCode.NO_SUCH_UNIT: (
        "「{name}」という部署は適用日にありません。{hint_ja}",
        "There is no unit “{name}” on that day. {hint_en}",
    ),
    TransferFaultCode.SEVERAL_UNITS: (
        "「{name}」という部署は複数あります（{departments}）。「部局名/課名」と書いてください。",
        "Several units are named “{name}” ({departments}). Write department/section.",
    ),
    TransferFaultCode.UNIT_EXISTS: (
        "「{name}」という部署はその日にもうあります。行を消すか、別の名前にしてください。",
        "A unit “{name}” is there on that day already. Remove the row or choose another name.",
    ),
    TransferFaultCode.UNIT_ENDS: (
        "「{name}」は{row}行目でなくなります。なくならない部署（引継ぎ先など）を書いてください。",
        "“{name}” ends by row {row}. Name a unit that goes on, such as its successor.",
    ),
    TransferFaultCode.SECTIONS_LEFT: (
        "なくなる部局に課が残ります（{sections}）。それぞれの課の行（廃止・統合・改称）を加えてください。",
        "Sections of the department are left behind ({sections}). Add a row for each of them.",
    ),
    TransferFaultCode.SUCCESSOR_KIND: (
        "部局の引継ぎ先は部局です。「{name}」は課です。",
        "A department is succeeded by a department; “{name}” is a section.",
    ),
    TransferFaultCode.NOT_A_DEPARTMENT: (
        "「{name}」という部局はその日にありません。{hint_ja}",
        "There is no department “{name}” on that day. {hint_en}",
    ),
    TransferFaultCode.NOTHING_CHANGES: (
        "名前も上位部局も変わりません。行を消すか、新しい名前を書いてください。",
        "Neither name nor department changes. Remove the row or enter the new name.",
    ),
    TransferFaultCode.BUREAU_ENDS: (
        "「{name}」は最終承認をする部局です。引継ぎ先を書いてください。",
        "“{name}” gives the last approval. Enter its successor.",
    ),
    TransferFaultCode.NO_SUCH_PERSON: (
        "「{name}」という利用者はいません。{hint_ja}新しい職員は「採用」の行にしてください。",
        "There is no user “{name}”. {hint_en}Enter new people as 採用.",
    ),
    TransferFaultCode.PERSON_LEFT: (
        "{name}さんのアカウントは停止中です。戻る職員は「採用」の行にしてください。",
        "The account of {name} is switched off. Enter somebody who comes back as 採用.",
    ),
    TransferFaultCode.NAME_DIFFERS: (
        "氏名「{shown}」が、利用者「{sign_in}」の氏名「{name}」と違います。どちらかを直してください。",
        "The name “{shown}” is not that of the user {sign_in}, “{name}”. Correct one of them.",
    ),
    TransferFaultCode.PERSON_EXISTS: (
        "利用者「{sign_in}」はもういます（{name}さん）。「異動」にするか、別の利用者名にしてください。",
        "The user {sign_in} is there already ({name}). Use 異動 or another sign-in name.",
    ),
    TransferFaultCode.ADDRESS_TAKEN: (
        "このアドレスは{name}さんのものです。別のアドレスにしてください。",
        "This is the address of {name}. Enter another one.",
    ),
    TransferFaultCode.RANK_DIFFERS: (
        "「{post}」の職位は「{rank}」です。職位を合わせるか、別の職名にしてください。",
        "The post {post} has the rank {rank}. Use that rank or another title.",
    ),
    TransferFaultCode.ALREADY_THERE: (
        "{name}さんはもう「{post}」です。行を消してください。",
        "{name} is in the post {post} already. Remove the row.",
    ),
    TransferFaultCode.NOT_IN_POST: (
        "{name}さんは「{post}」ではありません。いまの職: {posts}",
        "{name} is not in the post {post}. Posts of today: {posts}",
    ),
    TransferFaultCode.CONTRADICTION: (
        "{row}行目と食い違います（「{what}」について）。どちらか一つにしてください。",
        "This contradicts row {row} (about “{what}”). Leave one of them.",
    ),
    TransferFaultCode.BEGINS_LATER: (
        "「{name}」は{begins_ja}から始まるため、適用日の前日に終わらせられません。適用日を見直してください。",
        "“{name}” begins on {begins_en} and cannot end the day before. Look at the date again.",
    ),
}


class TransferFileRefused(FileRefused):
    """A file of transfers is refused as a whole; nothing was changed."""


def fault(path: str, code: TransferFaultCode, values: Mapping[str, object]) -> Fault:
    """The fault in words."""
    japanese, english = (sentence.format(**values).strip() for sentence in SENTENCES[code])
    return Fault(path, code, japanese, english)


def refusal(file: TransferFile, problems: Iterable[Problem]) -> TransferFileRefused:
    """All *problems* in words, in the order of rows and columns."""
    columns = list(HEADINGS)
    ordered = sorted(problems, key=lambda found: (found.row, columns.index(found.column)))
    return TransferFileRefused(
        tuple(
            fault(file.place(found.row, found.column), TransferFaultCode(found.code), found.values)
            for found in ordered
        )
    )
