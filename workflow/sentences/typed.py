"""What was typed or sent in a file: one sentence for each fault."""

from __future__ import annotations

from collections.abc import Mapping

from workflow.sentences.settings import SETTINGS

#: code → (Japanese, English)
TYPED: Mapping[str, tuple[str, str]] = {
    # What was typed.
    "invalid_form": ("入力内容を確認してください。", "Check what you entered."),
    "invalid_file": (
        "ファイルに誤りがあるため、取り込みませんでした。何も変更していません。",
        "The file has faults and was refused as a whole. Nothing was changed.",
    ),
    "no_mail_in_file": ("メールがありません。", "There is no mail in it."),
    "not_a_mail": (
        "メールとして読めません。",
        "This cannot be read as a mail.",
    ),
    "report_without_recipients": (
        "配信状況の通知ですが、宛先ごとの記載がありません（RFC 3464）。",
        "A delivery report that says nothing of any recipient (RFC 3464).",
    ),
    "report_field": (
        "配信状況の通知の「{name}」がないか、読めません（RFC 3464）。",
        "The field {name} of the delivery report is missing or cannot be read (RFC 3464).",
    ),
    "too_long": (
        "{longest}字以内で入力してください（いま{length}字）。",
        "At most {longest} characters (now {length}).",
    ),
    "text_too_long": ("文章が長すぎます。短くしてください。", "The text is too long."),
    "control_character": (
        "使えない文字（{code}）が{line}行目の{column}文字目にあります。取り除いてください。",
        "The character {code} in line {line}, column {column} is not allowed. Remove it.",
    ),
    "odd_private_use": (
        "{line}行目の{column}文字目の {code} は外字（私用領域の文字）です。"
        "ほかの機械では別の字に見えるか、見えません。",
        "Line {line}, column {column}: {code} is for private use; "
        "other machines show another sign, or none.",
    ),
    "odd_unassigned": (
        "{line}行目の{column}文字目の {code} は、まだ文字が決まっていない番号です。"
        "見えない機械があります。",
        "Line {line}, column {column}: {code} is no character yet; some machines show nothing.",
    ),
    "odd_direction": (
        "{line}行目の{column}文字目に、文字を書く向きの見えない記号 {code}（{name}）があります。",
        "Line {line}, column {column}: {code} ({name}) is an invisible mark of direction.",
    ),
    "odd_invisible": (
        "{line}行目の{column}文字目に、見えない文字 {code}（{name}）があります。",
        "Line {line}, column {column}: {code} ({name}) cannot be seen.",
    ),
    "odd_replacement": (
        "{line}行目の{column}文字目の {code} は、変換できなかった文字の跡です（{name}）。",
        "Line {line}, column {column}: {code} stands for what a conversion lost ({name}).",
    ),
    "not_a_figure": (
        "「{typed}」は数値として読めません。例: 1,129　16.8",
        "“{typed}” is not a figure. For example: 1,129 or 16.8",
    ),
    "cost_out_of_range": (
        "0以上{largest}以下の整数（千円）で入力してください。",
        "Enter whole thousands of yen from 0 to {largest}.",
    ),
    "not_a_date": (
        "「{typed}」は日時として読めません。例: 2026-07-15 09:00、令和8年7月15日 9:00",
        "“{typed}” is not a date and time. For example: 2026-07-15 09:00",
    ),
    "target_missing": ("戻し先を選んでください。", "Choose where to return it to."),
    "not_a_day": (
        "「{typed}」は日付として読めません。例: 2026年7月15日、令和8年7月15日",
        "“{typed}” is not a date. For example: 2026, 7, 15",
    ),
    "not_a_time": (
        "「{typed}」は時刻として読めません。例: 9:00、17時15分、午後5時",
        "“{typed}” is not a time of day. For example: 9:00 or 17:15",
    ),
    "not_a_choice": ("一覧から選んでください。", "Choose one from the list."),
    "required": ("入力してください。", "This is required."),
    "nothing_changed": ("変わるところがありません。", "Nothing would change."),
    "address_taken": (
        "このアドレスは{name}さんのものです。別のアドレスにしてください。",
        "This is the address of {name}. Enter another one.",
    ),
    "unknown_unit": (
        "「{unit}」という部署はありません（または複数あります）。部局名も書いてください。",
        "No unit, or several, called {unit}. Name its department as well.",
    ),
    "unknown_stage": ("「{stage}」という段階はありません。", "There is no stage {stage}."),
    "dates_out_of_order": (
        "期限が前の段階より早くなっています（{day}）。",
        "This date comes before that of the stage before ({day}).",
    ),
    "not_later": (
        "いまの期限（{day}）より後の日を入力してください。",
        "Enter a day after the present one ({day}).",
    ),
    "period_upside_down": (
        "終わりの日が始まりの日より前です。",
        "The last day comes before the first.",
    ),
    "period_over": ("すでに過ぎた期間です。", "This period is over already."),
    "period_too_long": (
        "{longest}日より長い期間は登録できません。日付を確認してください。",
        "A period can have at most {longest} days. Check the dates.",
    ),
    "absence_overlaps": (
        "この期間と重なる不在が、すでに登録されています。先にその登録を終了してください。",
        "Another absence is registered for part of this period. End that one first.",
    ),
    "absence_over": (
        "この不在の登録は、すでに終了しています。",
        "This absence was ended already.",
    ),
    "substitute_twice": (
        "同じ職員が二度選ばれています。順位ごとに別の職員を選んでください。",
        "Somebody is named twice. Choose different people.",
    ),
    "not_a_substitute": (
        "代理になれるのは、同じ部局の課長以上の職員です。",
        "Only somebody of the same department, from section chief upwards, can stand in.",
    ),
    "substitute_is_absent": (
        "{who}さんも、この期間に不在の登録があります。別の職員を選んでください。",
        "{who} is registered as absent in this period as well. Choose somebody else.",
    ),
    "not_oneself": ("自分以外の職員を選んでください。", "Choose somebody other than yourself."),
    "time_in_the_past": ("これから先の日時を入力してください。", "Enter a time in the future."),
    "day_in_the_past": (
        "今日か、これから先の日付を入力してください。",
        "Enter today or a day to come.",
    ),
    "reorganisation_order": (
        "{day}付けの組織改編がすでに適用されています。それより後の日付にするか、先に取りやめてください。",
        "A reorganisation as of {day} was applied already. Choose a later day or call it off.",
    ),
    "nothing_selected": (
        "シートが選ばれていません。1件以上選んでください。",
        "Nothing is selected. Choose at least one sheet.",
    ),
    "nudge_on_hold": (
        "{who} が保留しているため、催促しません。",
        "Not nudged: {who} put this sheet on hold.",
    ),
    "nudge_not_late": (
        "期限を過ぎていません（先に処理が進んだか、期限が延びました）。",
        "Not late any more: somebody acted on it, or it was given more time.",
    ),
    "nudge_extension_asked": (
        "期限の延長の申出に、まだ回答していません。先に回答してください。",
        "More time was asked for. Answer that request first.",
    ),
    "nudge_nobody": (
        "この段階を処理できる職員がいません。",
        "Nobody is left who may act at this stage.",
    ),
    "nudge_yourself": (
        "あなた自身の番です。",
        "It is your own turn.",
    ),
    "nudged_today": (
        "今日はすでに催促しています。",
        "Nudged today already.",
    ),
    "nudge_unreachable": (
        "メールが届かない状態です。電話などで連絡してください。",
        "Mail does not reach this person. Call them instead.",
    ),
    "not_approved": (
        "{sheet}は、まだ承認が終わっていません。",
        "{sheet} has not been approved yet.",
    ),
    "sheet_approval_void": (
        "{sheet}は、承認のあとで内容が変わったため、もう一度承認が必要です。",
        "{sheet} changed after it was approved and must be approved again.",
    ),
    "sheet_on_hold": (
        "{sheet}は保留されています。",
        "{sheet} is on hold.",
    ),
    "nothing_left_to_publish": (
        "公表できるシートが残っていませんでした（差戻しや内容の変更がありました）。",
        "No sheet was left to publish; all were returned or changed meanwhile.",
    ),
    "published_would_change": (
        "公表済のシートの内容が変わるため、取り込めません。公表したときの値に戻してから取り込んでください。",
        "This would change a published sheet, which stays as it is. Put its published values back.",
    ),
    "left_out_of_file": (
        "登録済みの「{code}」がファイルにありません。ファイルに加えてから取り込んでください。",
        "{code} is known already, and the file leaves it out. Add it to the file.",
    ),
    "cycle_exists": (
        "{year}年度を対象とする同じ種類のサイクルがすでにあります。",
        "A cycle of this kind for fiscal year {year} exists already.",
    ),
    "calendar_empty": (
        "開庁日の暦がありません。先に計画ファイルを取り込んでください（hyoka import）。",
        "There is no calendar yet. Take in a plan file first (hyoka import).",
    ),
    "calendar_not_covered": (
        "{day}は開庁日の暦に入っていません。暦を延ばしてから行ってください。",
        "The calendar does not cover {day}. Extend it first.",
    ),
    "route_too_wide": (
        "流れ「{name}」は広すぎて、すべての場合を調べられませんでした（施策{codes}で{most}通りを"
        "超えました）。合議に加わる人や段階を減らしてください。正しいとも誤りとも言えません。",
        "The route {name} is too wide to be looked at as a whole (more than {most} situations for "
        "{codes}). Ask fewer people at its joint stages, or use fewer stages. Nothing is proved.",
    ),
    "no_policy_bureau": (
        "最終承認をする部局「{name}」がありません。policy_bureau に部局名を書いてください。",
        "No department {name} to give the last approval. Name it in policy_bureau of the file.",
    ),
    **SETTINGS,
}
