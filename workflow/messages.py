"""Every code in words, in Japanese and English: what happened, why, and how to mend it.

The codes are stable and may be relied on; the sentences may change. Shown by the web (in the
reader's language) and by the command line. A test holds the codes of the program against this
table, both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from workflow.calendar.era import japanese_date
from workflow.clock import OFFICE_ZONE
from workflow.errors import Fault, HyokaError

#: code → (Japanese, English)
MESSAGES: Mapping[str, tuple[str, str]] = {
    # Whose turn it is, and why not mine.
    "not_your_turn": (
        "いまは{stage}の段階です。処理できるのは {who} です。",
        "This sheet is at {stage}. It can be acted on by {who}.",
    ),
    "other_post": (
        "別の職で処理できます。右上のメニューで職を切り替えてから、もう一度操作してください。",
        "You can do this in another of your posts. Switch posts at the top right and try again.",
    ),
    "wrote_the_sheet": (
        "このシートの作成に加わった職員は、承認できません（起案者と承認者を分ける決まりです）。",
        "You wrote part of this sheet, and whoever wrote a sheet may never sign it off.",
    ),
    "signed_earlier_stage": (
        "この回に「{stage}」で承認した職員は、この段階では承認できません。",
        "You signed this sheet at {stage} in this round, so somebody else must sign here.",
    ),
    "needed_later": (
        "あとの段階「{stage}」で承認できるのがあなただけのため、この段階は別の職員が処理します。",
        "You alone can act later at {stage}, so somebody else acts at this stage.",
    ),
    "another_acts_first": (
        "この段階は、先の順位の職員が処理します。",
        "Somebody who comes first in the order of this stage acts here.",
    ),
    "nobody_left": (
        "「{stage}」を処理できる職員がいません。システム管理者に知らせてあります。",
        "Nobody is left who may act at {stage}. The administrators have been told.",
    ),
    "you_are_absent": (
        "不在の登録があるため処理できません。戻られたときは、不在の登録を終了してください。",
        "You are registered as absent. End the absence when you are back.",
    ),
    "already_replied": (
        "あなたの合議の回答は、すでに受け付けています。",
        "Your answer to this joint agreement has been taken already.",
    ),
    "on_hold": (
        "{who} が保留しています（{since}から）。保留が解かれるまで処理できません。",
        "{who} put this sheet on hold ({since}). Nothing can be done until the hold is lifted.",
    ),
    "no_hold_here": (
        "「{stage}」の段階では保留できません。",
        "A sheet cannot be put on hold at {stage}.",
    ),
    "not_on_hold": ("このシートは保留されていません。", "This sheet is not on hold."),
    "no_deadline_here": ("この段階には期限がありません。", "This stage has no last day."),
    "not_your_own_request": (
        "自分の申出は、自分では認められません。ほかの担当者に依頼してください。",
        "You cannot grant your own request. Ask a colleague.",
    ),
    "not_your_move": (
        "引き戻せるのは、直前の処理をした本人だけです。",
        "Only the person who made the last move can take it back.",
    ),
    "already_opened": (
        "次の担当者がすでに開いたため、引き戻せません。差戻しを依頼してください。",
        "The next person has opened the sheet, so it cannot be withdrawn. Ask them to return it.",
    ),
    "not_in_this_state": (
        "いまの段階（{stage}）では、この操作はできません。",
        "This cannot be done while the sheet is at {stage}.",
    ),
    "already_final": (
        "このシートは{stage}です。これ以上の処理はありません。",
        "This sheet is {stage}; nothing more can be done to it.",
    ),
    "engine_only": (
        "この操作はシステムが自動で行います。",
        "Only the system itself does this.",
    ),
    "people_only": ("この操作は職員が行います。", "Only a person can do this."),
    "reason_required": (
        "理由を入力してください。相手に伝わり、履歴に残ります。",
        "Enter a reason. It is sent along and kept in the history.",
    ),
    "comment_required": (
        "この段階では、承認に付ける意見を入力してください。履歴に残ります。",
        "This stage asks for a comment with the approval. It is kept in the history.",
    ),
    "opinion_required": (
        "意見付きの同意と不同意には、意見を入力してください。",
        "An opinion must come with this answer.",
    ),
    "sheet_incomplete": (
        "未入力の項目が{count}件あります。すべて入力してから提出してください。",
        "{count} entries are still missing. Fill them in before you submit.",
    ),
    "approval_void": (
        "承認のあとで内容が変わったため、承認は効力を失っています。もう一度承認が必要です。",
        "The content changed after it was approved, so it must be approved again.",
    ),
    "open_it_first": (
        "作業台で開いていないため、まとめて承認できません。開いて内容を確かめてから選んでください。",
        "You have not opened this sheet in the workbench. Open it and look at it, then choose it.",
    ),
    "approve_by_itself": (
        "この段階の承認には、シートごとの記入が必要です。シートを開いて、1件ずつ承認してください。",
        "Approving here asks for an entry of its own. Open the sheet and approve it by itself.",
    ),
    # What one may not.
    "administrators_only": (
        "システム管理者だけができる操作です。",
        "Only administrators can do this.",
    ),
    "publishers_only": ("公表担当だけができる操作です。", "Only publishers can do this."),
    "not_asked": (
        "この相談は、ほかの職員にあてたものです。",
        "This question was put to somebody else.",
    ),
    "not_passed_over": (
        "この後閲は、ほかの職員が行うものです。",
        "This is for somebody else to read.",
    ),
    "own_absence_only": (
        "登録できるのは、自分の不在だけです。ほかの職員の分は、システム管理者に依頼してください。",
        "You can register only your own absence. Ask an administrator for anybody else's.",
    ),
    "not_ended": (
        "このシートは「{stage}」です。引用して起案できるのは、却下または廃案となったシートだけです。",
        "This sheet is at {stage}. Only one that was rejected or abandoned can be quoted.",
    ),
    "lead_section_only": (
        "本文を編集できるのは、このシートの主担当課の職員だけです。",
        "Only the section that leads this sheet can edit it.",
    ),
    "lead_section_quotes": (
        "引用して起案できるのは、このシートの主担当課の職員だけです。",
        "Only the section that leads this sheet can quote it in a new one.",
    ),
    "project_sections_only": (
        "事業費を入力できるのは、その事業の担当課と主担当課の職員だけです。",
        "Only the project's own sections and the lead section can enter its costs.",
    ),
    "not_editable": (
        "「{stage}」の段階では編集できません。直すには、作成中に差し戻してもらってください。",
        "The sheet cannot be edited at {stage}. Ask for it to be returned to drafting.",
    ),
    "sign_in_first": ("ログインしてください。", "Sign in first."),
    "change_password_first": (
        "はじめに、一時パスワードを自分のパスワードに変更してください。",
        "Change your one-time password first.",
    ),
    "no_access_rule": (
        "このページには閲覧の決まりが定められていないため、表示できません。",
        "This page has no access rule and is therefore closed.",
    ),
    "not_your_post": ("自分の職ではありません。", "That is not one of your posts."),
    "not_your_proposal": (
        "適用できるのは、ファイルを取り込んで結果を確認した本人だけです。",
        "Only the person who handed the file in and saw its result can apply it.",
    ),
    "not_yourself": (
        "自分自身のアカウントは停止できません。",
        "You cannot switch off your own account.",
    ),
    # Somebody was faster.
    "moved_on": (
        "この画面を開いたあとで {who} が処理し、シートは「{stage}」に進みました（{at}）。"
        "何も変更していません。最新の内容を確認してください。",
        "{who} acted on this sheet after you opened it; it is now at {stage} ({at}). "
        "Nothing was changed. Look at the latest version.",
    ),
    "content_changed": (
        "この画面を開いたあとで内容が変わりました。何も変更していません。"
        "変わったところを確認してから、もう一度操作してください。",
        "The content changed after you opened this page. Nothing was done. "
        "Look at what changed and try again.",
    ),
    "edited_meanwhile": (
        "この画面を開いたあとで、ほかの職員が保存しました。入力した内容は下に残してあります。",
        "A colleague saved this sheet after you opened it. What you typed is kept below.",
    ),
    "redrafted_already": (
        "このシートを引用した新しいシートが、すでにあります。",
        "There is a new sheet already that quotes this one.",
    ),
    "mail_not_given_up": (
        "このメールは送信済みか、これから送られます。何も変更していません。",
        "This mail was sent, or is on its way. Nothing was changed.",
    ),
    "address_not_refused": (
        "この宛先はすでに使えます。何も変更していません。",
        "This address is in use already. Nothing was changed.",
    ),
    "mail_covered": (
        "このメールの内容は、新しいまとめに入れました。もう一度は送りません。何も変更していません。",
        "What this mail says is in a newer digest. It is not sent again. Nothing was changed.",
    ),
    "recipient_disabled": (
        "宛先の職員のアカウントは停止しています。メールは送れません。",
        "The account of the recipient is switched off. No mail is sent to it.",
    ),
    "plan_changed": (
        "この画面を開いたあとで状況が変わり、変更の影響も変わりました。何も変更していません。"
        "下の内容を確認してください。",
        "Things changed after you opened this page, and what the change would do changed with "
        "them. Nothing was saved. Look at what it comes to now.",
    ),
    "cycle_is_over": (
        "終わったサイクルの期限は変えられません。",
        "The dates of a cycle that is over cannot be changed.",
    ),
    "extension_asked": (
        "このシートの期限の延長は、すでに申し出ています。総合政策部の回答をお待ちください。",
        "More time was asked for already. Wait for the bureau's answer.",
    ),
    "publication_running": (
        "このサイクルでは、ほかの公表の処理が進んでいます。終わってから行ってください。",
        "Another publication of this cycle is under way. Wait until it has finished.",
    ),
    "publication_over": (
        "この公表は、すでに終わったか取り消されています。",
        "This publication has already finished or was called off.",
    ),
    "plan_differs": (
        "確認した結果のあとで状況が変わり、いま調べると結果が違います。何も適用していません。"
        "もう一度調べて、結果を確認してください。",
        "Something changed since this dry run, and it would now come out differently. "
        "Nothing was applied. Run it again and look at the result.",
    ),
    "reorganisation_decided": (
        "この組織改編は、すでに適用されたか取りやめになっています。",
        "This reorganisation was applied or called off already.",
    ),
    "reorganisation_over": (
        "適用日が来ているか、すでに取りやめになっているため、取りやめられません。",
        "Its day has come, or it was called off already.",
    ),
    "plan_outdated": (
        "計画を作ったあとで、シートまたは組織が変わりました。何も変更していません。"
        "もう一度計画を作って確認してください。",
        "A sheet or the organisation changed since this plan was made. Nothing was changed. "
        "Make the plan again and look at it.",
    ),
    # Why a sheet cannot follow to another definition.
    "cannot_follow": (
        "新しい定義に移れないシートがあるため、何も変更していません。",
        "Some sheets cannot follow to the new definition, so nothing was changed.",
    ),
    "definition_unchanged": (
        "このサイクルは、すでにこの定義（{name}）で動いています。",
        "The cycle runs on this definition ({name}) already.",
    ),
    "stage_gone": (
        "「{stage}」の段階が新しい定義にありません。--map {key}=… で移り先を示してください。",
        "The new definition has no stage for {stage}. Say where it goes on with --map {key}=…",
    ),
    "signed_stage_gone": (
        "「{stage}」で承認または回答されていますが、この段階が新しい定義にありません。"
        "--map {key}=… で移り先を示してください。",
        "It was signed or answered at {stage}, which the new definition does not have. "
        "Say what it became with --map {key}=…",
    ),
    "signed_stage_ahead": (
        "「{stage}」の承認が、移り先「{target}」より先の段階に残ってしまいます。"
        "移り先を変えるか、差し戻してから移してください。",
        "Its signature at {stage} would lie ahead of {target}, where it goes. "
        "Map it further on, or return the sheet first.",
    ),
    "answers_under_way": (
        "「{stage}」の合議に回答が出ています。合議が調うのを待つか、合議の段階に移してください。",
        "Answers were given at {stage}. Wait until it is settled, or map it to a joint stage.",
    ),
    "approval_skipped": (
        "「{stage}」から「{target}」に移すと、最終の承認なしに公表できてしまいます。",
        "From {stage} to {target} it could be published without the last approval.",
    ),
    "other_kind_of_stage": (
        "「{stage}」から「{target}」には移せません（作成中のシートは作成の段階にだけ移せます）。",
        "It cannot go from {stage} to {target}: what is written stays where people write.",
    ),
    "nobody_at_new_stage": (
        "移り先の「{stage}」を、きょう処理できる職員がいません。",
        "Nobody could act at {stage} today, where it goes.",
    ),
    "final_stage_gone": (
        "終わったシートは「{stage}」のまま残りますが、この段階が新しい定義にありません。",
        "It stays at {stage}, which the new definition does not have.",
    ),
    # There is no such thing.
    "no_such_page": ("ページが見つかりません。", "There is no such page."),
    "no_such_evaluation": ("シートが見つかりません。", "There is no such sheet."),
    "no_such_cycle": ("評価サイクルが見つかりません。", "There is no such cycle."),
    "no_such_project": ("事業{code}はこのシートにありません。", "No project {code} on this sheet."),
    "no_such_indicator": (
        "指標{number}はこのシートにありません。",
        "There is no indicator {number} on this sheet.",
    ),
    "no_such_person": ("「{name}」という利用者はいません。", "There is no user called {name}."),
    "no_such_account": ("その利用者は見つかりません。", "There is no such user."),
    "no_such_feed": (
        "カレンダーのアドレスはありません。すでに無効にしたようです。",
        "There is no calendar address. It seems to be revoked already.",
    ),
    "no_such_session": ("そのログインはすでに終わっています。", "That session is already over."),
    "no_such_revision": ("その版は見つかりません。", "There is no such revision."),
    "no_such_mail": ("そのメールは見つかりません。", "There is no such mail."),
    "no_such_closed_day": ("その閉庁日は登録されていません。", "There is no such closed day."),
    "no_such_extension": ("その延長の申出は見つかりません。", "There is no such request."),
    "no_such_absence": ("その不在の登録は見つかりません。", "There is no such absence."),
    "no_such_review": ("その後閲は見つかりません。", "There is no such reading."),
    "no_such_consultation": ("その相談は見つかりません。", "There is no such question."),
    "no_such_publication": ("その公表は見つかりません。", "There is no such publication."),
    "no_such_reorganisation": (
        "その組織改編は見つかりません。",
        "There is no such reorganisation.",
    ),
    "nothing_published": ("公表されたものはありません。", "Nothing has been published here."),
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
        "使えない文字（{code}）が含まれています。取り除いてください。",
        "The text contains the control character {code}. Remove it.",
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
        "「{typed}」は時刻として読めません。例: 9:00",
        "“{typed}” is not a time of day. For example: 9:00",
    ),
    "not_a_choice": ("一覧から選んでください。", "Choose one from the list."),
    "required": ("入力してください。", "This is required."),
    "nothing_changed": ("変わるところがありません。", "Nothing would change."),
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
        "公表済のシートの内容が変わります。公表したものの訂正は、新しい版として承認が必要です。",
        "This would change a published sheet. A correction needs a new version and approval.",
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
    # What a sheet still lacks.
    "text_empty": ("入力されていません。", "Not filled in."),
    "rating_missing": ("評価（☆）が選ばれていません。", "No rating chosen."),
    "actual_missing": ("対象年度の実績値がありません。", "No actual for the judged year."),
    "cost_missing": (
        "事業費が入力されていません（0円のときは 0 と入力）。",
        "No cost entered (enter 0 for none).",
    ),
    # Signing in.
    "sign_in_failed": (
        "利用者名またはパスワードが違います。",
        "The user name or the password is wrong.",
    ),
    "sign_in_blocked": (
        "パスワードの誤りが続いたため、{until}まで待ってから試してください。",
        "Too many wrong passwords. Try again after {until}.",
    ),
    "password_wrong": ("いまのパスワードが違います。", "The current password is wrong."),
    "password_too_short": (
        "{shortest}文字以上にしてください。",
        "Use at least {shortest} characters.",
    ),
    "password_too_long": ("{longest}文字以内にしてください。", "Use at most {longest} characters."),
    "password_too_common": (
        "推測されやすいパスワードです。別のものにしてください。",
        "This password is easy to guess. Choose another.",
    ),
    "password_unchanged": (
        "いまと同じパスワードです。別のものにしてください。",
        "This is the present password. Choose another.",
    ),
    "passwords_differ": ("2つの入力が一致しません。", "The two entries differ."),
    # The web itself.
    "csrf": (
        "画面の有効時間が過ぎたため、受け付けませんでした。前の画面を読み込み直してください。",
        "The form has expired. Go back, reload the page and try again.",
    ),
    "too_large": ("送られた内容が大きすぎます。", "What was sent is too large."),
    "method_not_allowed": ("この操作は受け付けられません。", "This is not allowed here."),
    "bad_request": ("要求を読み取れませんでした。", "The request could not be understood."),
    "unexpected": (
        "システムに不具合が起きました。何も変更していません。受付番号をシステム管理者に伝えてください。",
        "Something went wrong. Nothing was changed. Tell the administrator the request number.",
    ),
    "database_away": (
        "データベースに接続できません。少し待ってから、もう一度試してください。",
        "The database cannot be reached. Wait a moment and try again.",
    ),
    "nothing_follows": ("内部の決まりに反する処理でした。", "A rule of the program was broken."),
    "policy_not_asked": ("内部の決まりに反する処理でした。", "A rule of the program was broken."),
}


class _Given(dict[str, Any]):
    """Values for a sentence; what is not given is left out instead of failing."""

    def __missing__(self, key: str) -> str:
        return "—"


def say(code: str, values: Mapping[str, Any] | None = None, *, locale: str = "ja") -> str:
    """The sentence for *code* in the reader's language; the code itself when it has none."""
    japanese, english = MESSAGES.get(code, (code, code))
    sentence = english if locale == "en" else japanese
    shown = {key: _shown(value, locale) for key, value in (values or {}).items()}
    return sentence.format_map(_Given(shown))


def say_error(error: HyokaError | Fault, *, locale: str = "ja") -> str:
    """The sentence for an error or a fault."""
    return say(error.code, error.values, locale=locale)


def _shown(value: object, locale: str) -> object:
    if isinstance(value, datetime):
        local = value.astimezone(OFFICE_ZONE)
        if locale == "en":
            return f"{local:%Y-%m-%d %H:%M}"
        return f"{japanese_date(local.date(), weekday=False)} {local:%H:%M}"
    if isinstance(value, date):
        return value.isoformat() if locale == "en" else japanese_date(value, weekday=False)
    return value
