"""What a spreadsheet shows for a number: expected texts by the rules of ECMA-376, in Japanese."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workflow.exchange.number_formats import NotShown, shown_number, shown_text

#: 2022-04-01, 18:30:05.
MOMENT = "44652.7708912037"


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("General", "12", "12"), ("General", "-1.5", "-1.5"), ("G/標準", "3", "3"),
        ("General", "0.3", "0.3"), ('General"人"', "5", "5人"), (0, "12345678901", "12345678901"),
        ("000", "7", "007"), ("00000000", "123", "00000123"), ("0", "2.5", "3"), (1, "-0.4", "0"),
        ("#,##0", "1234567", "1,234,567"), ("#,##0", "0", "0"), (3, "-1234", "-1,234"),
        ("0.00", "1.005", "1.01"), ("0.##", "1.5", "1.5"), ("#.00", "0.5", ".50"),
        ("000-0000", "1234567", "123-4567"), ("000-0000", "12345", "001-2345"),
        ("0%", "0.125", "13%"), ("0.0%", "0.125", "12.5%"), (10, "1", "100.00%"),
        ("#,##0,", "1234567", "1,235"), ('#,##0"千円"', "1200", "1,200千円"),
        ("0_);(0)", "-3", "(3)"), ("0;-0;なし", "0", "なし"), ("0;@", "5", "5"),
        (41, "-1234", "-1,234"), (41, "0", "-"), (38, "-5", "-5"), ("[赤]0", "5", "5"),
        ("[$¥-411]#,##0", "1500", "¥1,500"), ("¥#,##0;¥-#,##0", "-1500", "¥-1,500"),
        ("0.00E+00", "12345", "1.23E+04"), ("0E-00", "0.0996", "1E-01"), ("@", "12", "12"),
        ('"第"0"号"', "12", "第12号"), ("\\R0", "4", "R4"),
        (14, MOMENT, "2022/4/1"), (22, MOMENT, "2022/4/1 18:30"),
        ("yyyy-mm-dd", MOMENT, "2022-04-01"),
        (58, MOMENT, "令和4年4月1日"), (57, MOMENT, "R4.4.1"), (31, MOMENT, "2022年4月1日"),
        ('[$-411]ggge"年"m"月"d"日";@', MOMENT, "令和4年4月1日"),
        ("gge.mm.dd", MOMENT, "令4.04.01"),
        ("geemmdd", MOMENT, "R040401"), ("ggge年m月d日(aaa)", MOMENT, "令和4年4月1日(金)"),
        ("ggge年", "43585", "平成31年"), ("aaaa", MOMENT, "金曜日"), ("m/d/yy", MOMENT, "4/1/22"),
        ("d-mmm-yy", MOMENT, "1-Apr-22"), ("h:mm:ss", MOMENT, "18:30:05"),
        ("mm:ss", MOMENT, "30:05"),
        ("h:mm AM/PM", MOMENT, "6:30 PM"), ("h時mm分", MOMENT, "18時30分"),
        ("[h]:mm", "1.5", "36:00"),
        ("yyyy/m/d h:mm:ss", "44651.9999999", "2022/4/1 0:00:00"), ("yyyy/m/d", "59", "1900/2/28"),
        ("yyyy/m/d", "61", "1900/3/1"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_shown(code: str | int, value: str, shown: str) -> None:
    assert shown_number(Decimal(value), code) == shown


def test_days_may_be_counted_from_1904() -> None:
    assert shown_number(Decimal(43190), "yyyy/m/d", since_1904=True) == "2022/4/1"


@pytest.mark.parametrize(
    ("code", "value", "reason"),
    [
        ("[DBNum3]0", "5", "code"), ("# ?/?", "0.5", "code"), ("[<=999]000;000", "5", "code"),
        ("##0.0E+0", "12345", "code"), ("mm:ss.0", "0.5", "code"), ("ggge年", "43600", "code"),
        ('[$-411]AM/PM h"時"', "0.5", "code"), (12, "0.5", "code"), (163, "1", "code"),
        ('0"', "1", "code"), ("0;0;0;0;0", "1", "code"), ("General0", "1", "code"),
        (";;;", "5", "hidden"), ("#,###", "0", "hidden"), ("General", "123456789012", "width"),
        ("General", "0.333333333333333", "width"), ("0", "12345678901234567890", "digits"),
        ("yyyy/m/d", "60", "no_day"), ("yyyy/m/d", "0", "no_day"), ("yyyy/m/d", "-1", "no_day"),
        ("yyyy/m/d", "2958466", "no_day"), ("d日g", "-1", "no_day"),
    ],
)  # fmt: skip
def test_what_hangs_on_the_machine_or_is_not_known_is_refused(
    code: str | int, value: str, reason: str
) -> None:
    with pytest.raises(NotShown) as refused:
        shown_number(Decimal(value), code)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("code", "shown"), [("@", "総務"), (0, "総務"), ('@"課"', "総務課"), ("0;0;0;@様", "総務様")]
)
def test_a_code_may_add_to_a_text(code: str | int, shown: str) -> None:
    assert shown_text("総務", code) == shown


def test_a_code_may_hide_a_text() -> None:
    with pytest.raises(NotShown):
        shown_text("総務", ";;;")
