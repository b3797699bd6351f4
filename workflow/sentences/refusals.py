"""Whose turn it is not, what one may not, and that somebody was faster."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (Japanese, English)
REFUSALS: Mapping[str, tuple[str, str]] = {
    # A new password.
    "one_time_password_expired": (
        "この一時パスワードは期限が切れています。システム管理者に新しいものを依頼してください。",
        "This one-time password has expired. Ask an administrator for a new one.",
    ),
    "link_over": (
        "このリンクは使えません。1回使ったか、24時間を過ぎたか、新しいものに替わっています。"
        "システム管理者にもう一度依頼してください。",
        "This link cannot be used: it was used once, is more than a day old, or was replaced. "
        "Ask an administrator for another one.",
    ),
    "no_address": (
        "この人にはメールが届きません。2人のシステム管理者で一時パスワードを発行してください。",
        "No mail reaches this person. Two administrators can issue a one-time password.",
    ),
    "has_address": (
        "この人にはメールが届きます。パスワードを決めるためのリンクを送ってください。",
        "Mail reaches this person. Send a link for a new password instead.",
    ),
    "address_set_by_you": (
        "この人のメールアドレスはあなたが登録しました。リンクは、ほかのシステム管理者が送ります。",
        "You gave this person's address, so another administrator has to send the link.",
    ),
    "no_such_request": (
        "確認を待つ申請がありません。24時間を過ぎた申請は、もう一度出してください。",
        "No request waits to be confirmed. One that is more than a day old has to be made again.",
    ),
    "two_administrators": (
        "申請した人と本人は確認できません。ほかのシステム管理者が確認してください。",
        "Whoever asked, and the person concerned, cannot confirm. Another administrator has to.",
    ),
    "shell_only": (
        "一時パスワードの表示は、サーバーのコマンドからだけ行えます。",
        "One-time passwords are printed by the command line of the server alone.",
    ),
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
        "「{stage}」を処理できる職員がいません。システム管理者に相談してください。",
        "Nobody is left who may act at {stage}. Ask an administrator.",
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
    "no_answer_of_yours": (
        "取り消せるあなたの回答はありません。",
        "There is no answer of yours that could be taken back.",
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
        "理由を入力してください。シートを見る人に見え、履歴に残ります。",
        "Enter a reason. Everybody who reads the sheet sees it, and it is kept in the history.",
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
        "「{stage}」の段階では編集できません。編集できるのは、作成の段階にあるシートだけです。",
        "The sheet cannot be edited at {stage}; only while it is being drafted.",
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
        "このシートの期限の延長は、すでに申し出ています。公表担当の回答をお待ちください。",
        "More time was asked for already. Wait for the answer of the publishers.",
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
}
