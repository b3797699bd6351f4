"""The codes of what can be wrong in a plan or people file, with their sentences.

The meaning of each code is also told in ``docs/exchange-format.md``; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class FaultCode(StrEnum):
    """Stable names of faults; scripts may rely on them."""

    #: The bytes are not UTF-8.
    BROKEN_UTF8 = "broken_utf8"
    #: The text is not JSON.
    NOT_JSON = "not_json"
    #: The text is not TOML.
    NOT_TOML = "not_toml"
    #: More bytes than any real file.
    TOO_LARGE = "too_large"
    #: There are more faults than anybody reads at once.
    MORE_FAULTS = "more_faults"
    #: Objects or lists are nested deeper than any real file.
    TOO_DEEP = "too_deep"
    #: One JSON object has the same key twice.
    DUPLICATE_KEY = "duplicate_key"
    #: A required field is not there.
    MISSING_FIELD = "missing_field"
    #: A field that the format does not know.
    UNKNOWN_FIELD = "unknown_field"
    #: Another JSON or TOML type than the field needs.
    WRONG_TYPE = "wrong_type"
    #: A figure written as a binary fraction instead of an exact string.
    FLOAT_FIGURE = "float_figure"
    #: The right type in the wrong form (a code, a figure, a year, an account, an address).
    MALFORMED = "malformed"
    #: Not one of the listed words.
    NOT_ALLOWED = "not_allowed"
    #: Below the least or above the greatest value.
    OUT_OF_RANGE = "out_of_range"
    #: An empty text or list where something must stand.
    EMPTY = "empty"
    #: Longer than the format allows.
    TOO_LONG = "too_long"
    #: A control character, a line break in a name, half of a surrogate pair.
    FORBIDDEN_CHARACTER = "forbidden_character"
    #: The same code, number or name twice where it must be unique.
    DUPLICATE_CODE = "duplicate_code"
    #: ``total_project_cost`` is not the sum of the projects' costs.
    TOTAL_DISAGREES = "total_disagrees"
    #: One policy code stands with two names.
    POLICY_NAME_DISAGREES = "policy_name_disagrees"
    #: No such department.
    UNKNOWN_DEPARTMENT = "unknown_department"
    #: No such section, nor a department of that name.
    UNKNOWN_SECTION = "unknown_section"
    #: Several departments have a section of that name.
    AMBIGUOUS_SECTION = "ambiguous_section"
    #: An organisation without 総合政策部 must name the bureau that gives the last approval.
    POLICY_BUREAU_MISSING = "policy_bureau_missing"
    #: An outline for a project that the file does not have.
    UNKNOWN_PROJECT = "unknown_project"
    #: A table row with another number of cells than the header.
    ROW_WIDTH = "row_width"
    #: ``lower_bound`` above ``upper_bound``.
    BOUNDS_REVERSED = "bounds_reversed"
    #: More than one baseline year.
    SEVERAL_BASELINES = "several_baselines"
    #: ``budget_account`` is not among ``budget_accounts``.
    ACCOUNTS_DISAGREE = "accounts_disagree"
    #: Not exactly one of a person's posts is the primary one.
    PRIMARY_POST = "primary_post"
    #: ``fiscal_year_label`` names another year than ``target_fiscal_year``.
    YEAR_LABEL_DISAGREES = "year_label_disagrees"
    #: The responsible department among its own related departments.
    RELATED_TO_ITSELF = "related_to_itself"
    #: The file is of another municipality than the one that is registered.
    OTHER_MUNICIPALITY = "other_municipality"
    #: The file names another bureau than the one that is registered.
    OTHER_BUREAU = "other_bureau"
    #: The cycle that the file belongs to runs with another scale.
    OTHER_SCALE = "other_scale"
    #: A value that is refused for a reason without a code of its own.
    INVALID = "invalid"


#: Japanese and English sentence of each code, with the values that they name in braces.
SENTENCES: Mapping[FaultCode, tuple[str, str]] = {
    FaultCode.BROKEN_UTF8: (
        "UTF-8 として読めません。最初の誤りは{line}行目、先頭から{offset}バイト目"
        "（0から数えて）で、全部で{count}バイトあります。{hint_ja}",
        "Not UTF-8: first bad byte at offset {offset} (counted from 0), line {line}; "
        "{count} bytes in all. {hint_en}",
    ),
    FaultCode.NOT_JSON: (
        "JSON として読めません（{line}行目{column}文字目、「{near}」の付近）。",
        "Not JSON at line {line}, column {column}, near “{near}”: {reason}.",
    ),
    FaultCode.NOT_TOML: (
        "TOML として読めません（{line}行目{column}文字目、「{near}」の付近）。",
        "Not TOML at line {line}, column {column}, near “{near}”: {reason}.",
    ),
    FaultCode.TOO_LARGE: (
        "ファイルが大きすぎます（上限は{limit}MB）。分けるか、書式に合うファイルか確かめてください。",
        "The file is too large (at most {limit} MB). Split it, or see whether it is the right one.",
    ),
    FaultCode.MORE_FAULTS: (
        "ほかに{count}件の誤りがあります。上の誤りを直してから、もう一度取り込んでください。",
        "There are {count} more faults. Mend those above and take the file in again.",
    ),
    FaultCode.TOO_DEEP: ("入れ子が深すぎます。", "Nested too deeply."),
    FaultCode.DUPLICATE_KEY: (
        "同じ項目名「{key}」が一つのオブジェクトに{count}回あります。一つだけ残してください。",
        "The key “{key}” stands {count} times in one object; keep one.",
    ),
    FaultCode.MISSING_FIELD: (
        "必須の項目「{field}」がありません。",
        "The required field “{field}” is missing.",
    ),
    FaultCode.UNKNOWN_FIELD: (
        "「{field}」という項目はありません。{hint_ja}",
        "There is no field “{field}”. {hint_en}",
    ),
    FaultCode.WRONG_TYPE: (
        "{expected_ja}が必要ですが、{shown} と書かれています。",
        "Needs {expected_en}, found {shown}.",
    ),
    FaultCode.FLOAT_FIGURE: (
        '小数 {shown} は正確に保存できません。"96.5" のように引用符で囲んでください。',
        'The fraction {shown} is not exact; write it as a string such as "96.5".',
    ),
    FaultCode.MALFORMED: (
        "{shown} は書式に合いません。{expected_ja}",
        "{shown} has the wrong form. {expected_en}",
    ),
    FaultCode.NOT_ALLOWED: (
        "{shown} は使えません。使える値: {allowed}",
        "{shown} is not allowed; use one of {allowed}.",
    ),
    FaultCode.OUT_OF_RANGE: (
        "{shown} は範囲の外です（{range_ja}）。",
        "{shown} is out of range ({range_en}).",
    ),
    FaultCode.EMPTY: ("空にはできません。", "Must not be empty."),
    FaultCode.TOO_LONG: (
        "長すぎます（{limit}まで）。",
        "Too long (at most {limit}).",
    ),
    FaultCode.FORBIDDEN_CHARACTER: (
        "使えない文字 {character} があります（{line}行目の{position}文字目）。{hint_ja}",
        "The character {character} in line {line}, column {position} is not allowed. {hint_en}",
    ),
    FaultCode.DUPLICATE_CODE: (
        "「{value}」が重複しています（最初は {first}）。",
        "“{value}” is a duplicate (first at {first}).",
    ),
    FaultCode.TOTAL_DISAGREES: (
        "事業費合計 {printed} が、事務事業の事業費の和 {computed} と一致しません"
        "（差 {difference}、千円）。",
        "The total {printed} is not the sum of the project costs, {computed} "
        "(difference {difference}, thousand yen).",
    ),
    FaultCode.POLICY_NAME_DISAGREES: (
        "施策 {code} の名前が「{name}」ですが、{first} では「{other}」です。",
        "Policy {code} is named “{name}” here and “{other}” at {first}.",
    ),
    FaultCode.UNKNOWN_DEPARTMENT: (
        "部局「{name}」は組織にありません。{hint_ja}",
        "There is no department “{name}”. {hint_en}",
    ),
    FaultCode.UNKNOWN_SECTION: (
        "課「{name}」は組織にありません。{hint_ja}",
        "There is no section “{name}”. {hint_en}",
    ),
    FaultCode.AMBIGUOUS_SECTION: (
        "課「{name}」は複数あります（{departments}）。「部局名/課名」と書いてください。",
        "Several units are named “{name}” ({departments}); write “department/section”.",
    ),
    FaultCode.POLICY_BUREAU_MISSING: (
        "最終承認をする部局が分かりません。総合政策部がない組織では policy_bureau に"
        "部局名を書いてください。",
        "Which department gives the last approval? Without a 総合政策部 the field "
        "policy_bureau must name it.",
    ),
    FaultCode.UNKNOWN_PROJECT: (
        "事務事業「{code}」はこのファイルにありません。",
        "There is no project “{code}” in this file.",
    ),
    FaultCode.ROW_WIDTH: (
        "この行は{cells}列ですが、見出しは{columns}列です。",
        "This row has {cells} cells, the header {columns}.",
    ),
    FaultCode.BOUNDS_REVERSED: (
        "下限 {lower} が上限 {upper} を超えています。",
        "The lower bound {lower} is above the upper bound {upper}.",
    ),
    FaultCode.SEVERAL_BASELINES: (
        "基準年度は一つだけです（{years}）。",
        "Only one baseline year is allowed (found {years}).",
    ),
    FaultCode.ACCOUNTS_DISAGREE: (
        "budget_account「{account}」が budget_accounts にありません。",
        "budget_account “{account}” is not among budget_accounts.",
    ),
    FaultCode.PRIMARY_POST: (
        "主たる職は一人に一つです（{count}個あります）。",
        "A person with posts has exactly one primary post (found {count}).",
    ),
    FaultCode.YEAR_LABEL_DISAGREES: (
        "「{label}」は{named}ですが、target_fiscal_year は {year}（{printed}）です。"
        "どちらかを直してください。",
        "“{label}” is {named}, but target_fiscal_year is {year} ({printed}). Correct one of them.",
    ),
    FaultCode.RELATED_TO_ITSELF: (
        "「{name}」はこの施策の評価部局です。関連部局から除いてください。",
        "“{name}” is the responsible department of this measure; remove it here.",
    ),
    FaultCode.OTHER_MUNICIPALITY: (
        "「{name}」のファイルです。このシステムは「{registered}」のものです。",
        "This is a file of “{name}”; this installation is that of “{registered}”.",
    ),
    FaultCode.OTHER_BUREAU: (
        "最終承認をする部局は「{registered}」と登録されています。「{name}」を直すか、省いてください。",
        "The bureau that gives the last approval is registered as “{registered}”. "
        "Correct “{name}” or leave it out.",
    ),
    FaultCode.OTHER_SCALE: (
        "この年度の評価サイクルは、評価の段階「{registered}」で始まっています。合わせてください。",
        "The cycle of this year began with the scale “{registered}”. Use the same one.",
    ),
    FaultCode.INVALID: ("値が正しくありません: {reason}", "Invalid value: {reason}"),
}
