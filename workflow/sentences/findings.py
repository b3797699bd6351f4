"""What the checker of definitions finds: what refutes a claim, and what it warns of."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (Japanese, English)
FINDINGS: Mapping[str, tuple[str, str]] = {
    # What refutes a claim.
    "nothing_leads_out": ("「{stage}」から先へ進む道がありません", "nothing leads out of {stage}"),
    "nobody_may_act": ("「{stage}」を処理できる職員がいません", "nobody may act at {stage}"),
    "no_end_in_reach": (
        "「{stage}」からは、どの終わりにも至れません",
        "from {stage} no end can be reached",
    ),
    "no_publication_in_reach": (
        "「{stage}」からは、公表に至れません",
        "from {stage} no publication can be reached",
    ),
    "alone_to_the_end": ("{who}が一人で終わりまで進められます", "{who} reaches the end alone"),
    "signed_without_comment": (
        "「{stage}」で、付記なしに承認できます",
        "{stage} is signed without a comment",
    ),
    "no_reason_asked": ("「{action}」が理由を求めていません", "{action} asks for no reason"),
    "no_final_approval": (
        "「{stage}」に至りますが、決裁（final_approval）とされる承認がありません",
        "{stage} is reached, and no row that leads there is a final approval",
    ),
    "final_approval_not_signed": (
        "「{deciding}」の署名のある決裁を経ずに「{stage}」に至ります",
        "{stage} is reached without a signed final approval at {deciding}",
    ),
    "review_not_signed": (
        "「{review}」の審査を経ずに、またはいまの内容への署名なしに「{stage}」に至ります",
        "{stage} is reached, and what is there was not signed at {review}",
    ),
    "signs_twice": (
        "{who}が「{first}」と「{stage}」の両方で署名できます",
        "{who} signs at {first} and at {stage}",
    ),
    "late_import_stays": (
        "「{stage}」で内容が変わると署名は無効になりますが、戻す行（content_changed）がありません",
        "a late import voids what was signed, and no row content_changed leads back from {stage}",
    ),
    "late_import_refused": (
        "「{stage}」から戻す行（content_changed）が条件で止められ、取込みができません",
        "the row content_changed from {stage} is kept shut by its guards, so nothing is taken in",
    ),
    "late_import_short": (
        "内容が変わると「{first}」の署名も無効になりますが、「{stage}」からは「{target}」までしか戻りません",
        "a late import voids what was signed at {first}, and leads from {stage} to {target} only",
    ),
    "late_import_stuck": (
        "「{stage}」で内容が変わると、公表に至れなくなります",
        "after a late import at {stage} no publication can be reached",
    ),
    # What is warned of.
    "never_reached": (
        "「{stage}」には、どのシートも至りません",
        "no sheet ever comes to {stage}",
    ),
    "row_never_walked": (
        "「{stage}」からの行「{action}」は、使われることがありません",
        "the row {action} from {stage} is never walked",
    ),
    "escalates_to_nobody": (
        "「{stage}」の督促の第{step}段（期限の{offset}営業日後）は、誰にも届きません",
        "step {step} of the ladder of {stage} ({offset} business days after the last day) "
        "reaches nobody",
    ),
    "ladder_out_of_order": (
        "「{stage}」の督促の第{step}段（{offset}営業日）が、順序どおりではありません",
        "step {step} of the ladder of {stage} ({offset} business days) is out of order",
    ),
    "ladder_twice": (
        "「{stage}」の督促の第{step}段（{offset}営業日）が、重複しています",
        "step {step} of the ladder of {stage} ({offset} business days) stands there twice",
    ),
    "several_published": (
        "公表の段階が二つ以上あります（{stages}）",
        "more than one stage is of the kind published ({stages})",
    ),
    "submitted_incomplete": (
        "「{stage}」からの「{action}」は、記入の完了（sheet_complete）を確かめません",
        "{action} from {stage} does not ask whether the sheet is complete (sheet_complete)",
    ),
    "withdrawn_after_opening": (
        "「{stage}」からの「{action}」は、開かれたあとでもできます（not_opened がありません）",
        "{action} from {stage} is possible after the sheet was opened (no guard not_opened)",
    ),
    "review_left_out": (
        "決裁のあとの「{stage}」を経ずに公表できます",
        "a sheet can be published without {stage}, which comes after the final approval",
    ),
}
