"""What is not there or cannot follow, what a sheet lacks, signing in, and the web itself."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (Japanese, English)
PLACES: Mapping[str, tuple[str, str]] = {
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
    "sign_in_crowded": (
        "この接続元からのログインの誤りが続いたため、{until}まで受け付けません。"
        "前にログインした端末からは、いまもログインできます。",
        "Too many wrong sign-ins came from this address or network; try again after {until}. "
        "Devices that signed in before can sign in now.",
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
    "password_has_your_name": (
        "自分の氏名・利用者名・メールアドレス（ローマ字も）のほかに、文字がほとんどありません。",
        "Beside parts of your name, user name or mail address (also in Latin letters) it holds "
        "hardly a letter.",
    ),
    "password_has_city_word": (
        "市や「評価」「hyoka」など、この職場の言葉のほかに、文字がほとんどありません。",
        "Beside words of the city and of this program (such as hyoka) it holds hardly a letter.",
    ),
    "password_unchanged": (
        "いまと同じパスワードです。別のものにしてください。",
        "This is the present password. Choose another.",
    ),
    "passwords_differ": ("2つの入力が一致しません。", "The two entries differ."),
    # The web itself.
    "csrf": (
        "画面の有効時間が過ぎたため、受け付けませんでした。",
        "The page had expired, so this was not accepted.",
    ),
    "too_large": (
        "送られた内容が大きすぎます。内容を短くするか、分けて送ってください。",
        "What was sent is too large. Shorten it, or send it in parts.",
    ),
    "upload_too_large": (
        "ファイルが大きすぎます（上限は{limit}MB）。画像や使っていないシートを除いて、選び直してください。",
        "The file is too large (at most {limit} MB). "
        "Remove pictures and sheets that are not used, and choose it again.",
    ),
    "not_done_yet": (
        "まだ何も行われていません。内容を確かめて、もう一度ボタンを押してください。",
        "Nothing has been done yet. Look it over and press the button again.",
    ),
    "written_by_another": (
        "この画面は、いまログインしている人とは別の人が開いたものです。受け付けませんでした。"
        "入力した内容は、その人のために24時間預かっています。その人としてログインし、"
        "次のアドレスを開くと、入力したとおりに戻ります: {address}",
        "Somebody else than who is signed in now had opened this page, so it was not accepted. "
        "What was typed is kept for that person for 24 hours. Sign in as that person and open "
        "this address to have it back: {address}",
    ),
    "another_wrote_here": (
        "この画面に入力していた人としてログインしてください。"
        "ほかの人としてログインするときは、別のタブを使ってください。",
        "Sign in as the person who typed on this page. To sign in as somebody else, use another "
        "tab.",
    ),
    "unsent_form_gone": (
        "預かった入力は見つかりません。開けるのは入力した本人だけで、24時間で消えます。",
        "No such entry is kept. Only whoever typed it can open it, and it is gone after 24 hours.",
    ),
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
    "database_unreachable": (
        "データベースに接続できません（{reason}）。動いているか、接続先の設定"
        "（HYOKA_DATABASE_URL など）が正しいかを確かめてください。"
        "「hyoka up」で動かしているときは、そのフォルダーで実行してください。",
        "The database cannot be reached ({reason}). Check that it runs and that its address "
        "(HYOKA_DATABASE_URL and the like) is right; with “hyoka up”, run this in its folder.",
    ),
    "database_not_prepared": (
        "データベースの構成がこのプログラムのものと異なります（{reason}）。"
        "「hyoka database prepare」または「hyoka database migrate」を実行してください。",
        "The database does not have the tables of this program ({reason}). Run “hyoka database "
        "prepare” or “hyoka database migrate”.",
    ),
    "nothing_follows": ("内部の決まりに反する処理でした。", "A rule of the program was broken."),
    "policy_not_asked": ("内部の決まりに反する処理でした。", "A rule of the program was broken."),
}
