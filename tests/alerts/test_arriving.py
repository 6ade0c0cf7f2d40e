"""Who arrives: how far from the spot, how exact, and when; nothing that a phone cannot tell stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.tickets import acts
from alerts.tickets.doing import Data, Doing, Refused, Taken
from alerts.values import Decision, Status, Ticket, Voice
from county.coordinates import Point, to_gcj02
from county.snapshot import County
from tests.alerts.cases import accepted
from tests.alerts.makes import PHOTO, at, person
from tests.alerts.said import GATE, beside

VOICE = Voice("cd" * 32, "audio/webm", 4.0)


def there(place: Point, accuracy: float | None = None) -> Data:
    return Data("", (), place.longitude, place.latitude, "WGS-84", accuracy_m=accuracy)


def does(ticket: Ticket, county: County, data: Data, act: str = "arrive") -> Decision:
    return acts.do(ticket, act, Doing(person(county, "v1"), at(30), data), county)[0]


def arrives(county: County, data: Data) -> str:
    decision = does(accepted(county), county, data)
    assert decision.ticket is not None
    assert (decision.ticket.status, decision.ticket.arrived_at) == (Status.ON_SITE, at(30))
    return decision.reason


@pytest.mark.parametrize(
    ("metres", "accuracy", "told"),
    [
        (38, 12, "到场(离点位约38米,定位误差约12米;位置 "), (0, None, "到场(离点位约1米;位置 "),
        (199, 5, "离点位约199米,定位误差约5米"), (210, 5, "离点位约210米,不在点位附近,定位误差约5米"),
        (210, 30, "离点位约210米,定位误差约30米"), (4200, 10, "离点位约4.2公里,不在点位附近"),
        (40, 1500, "到场(定位误差约1.5公里,看不出离点位多远;位置 "),
    ],
)  # fmt: skip
def test_the_distance_and_how_exact_it_is_stand_in_the_history(
    county: County, metres: float, accuracy: float | None, told: str
) -> None:
    assert told in arrives(county, there(beside(GATE, metres), accuracy))


def test_a_position_of_a_chinese_map_is_brought_back_before_it_is_compared(county: County) -> None:
    longitude, latitude = to_gcj02(beside(GATE, 38))
    assert "离点位约38米" in arrives(county, Data("", (), longitude, latitude, "GCJ-02"))


@pytest.mark.parametrize(
    ("data", "told"),
    [(Data(), "到场(未提供位置)"), (Data("", (), 106.2, None, "WGS-84"), "到场(未提供位置)"),
     (Data("", (), 106.2, 36.1, "BD-09"), "到场(位置 106.20000,36.10000 BD-09)")],
)  # fmt: skip
def test_an_arrival_without_a_usable_position_is_an_arrival(county: County, data: Data, told: str) -> None:
    assert arrives(county, data).endswith(told)


def test_an_arrival_that_waited_for_signal_tells_when_it_was_whatever_the_phones_clock_says(county: County) -> None:
    ahead = timedelta(hours=3)
    late = Data(pressed_at=at(5) + ahead, sent_at=at(30) + ahead)
    there_at = at(5).astimezone(at(0).tzinfo)
    assert f"没有信号时记下,约{there_at + timedelta(hours=8):%m月%d日 %H:%M}到场" in arrives(county, late)
    assert "没有信号" not in arrives(county, Data(pressed_at=at(30) - timedelta(seconds=20), sent_at=at(30)))


def test_a_wrong_clock_is_a_doubt_and_never_makes_a_photo_late(county: County) -> None:
    slow = timedelta(hours=-26)
    photo = Taken(PHOTO, taken_at=at(29) + slow)
    decision = does(accepted(county), county, Data("", (photo,), sent_at=at(30) + slow), "done")
    assert decision.photos[0].doubts == ("手机时钟慢了26.0小时,水印上的时间不准",)
    assert decision.history is not None
    assert "照片存疑:手机时钟慢了26.0小时" in decision.history.why
    fast = does(accepted(county), county, Data("", (photo,), sent_at=at(36)), "done").photos[0]
    assert fast.doubts[-1] == "手机时钟快了6分钟,水印上的时间不准"
    fine = Taken(PHOTO, taken_at=at(28))
    assert does(accepted(county), county, Data("", (fine,), sent_at=at(31)), "done").photos[0].doubts == ()


def test_a_voice_note_stands_for_a_reason_and_is_told(county: County) -> None:
    ticket = accepted(county)
    with pytest.raises(Refused):
        does(ticket, county, Data(), "not_true")
    assert "(附语音说明)" in does(ticket, county, Data(voices=(VOICE,)), "not_true").reason
    done = does(replace(ticket), county, Data("已清理", (PHOTO,), voices=(VOICE,)), "done")
    assert "已清理(附语音说明)" in done.reason
