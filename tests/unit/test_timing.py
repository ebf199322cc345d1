"""When something happens or ends, from the words, the moment and the zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.timing import Dated, Role, dated, instant, local_instant, moments

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 5, 11, 11, 30, tzinfo=BERLIN)


def read(text: str, said_at: datetime = MONDAY, zone: ZoneInfo = BERLIN) -> Dated:
    return dated(text, said_at, zone)


def local(at: datetime | None, zone: ZoneInfo = BERLIN) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


@pytest.mark.parametrize(
    ("said", "kept", "happens"),
    [
        ("I'm flying to Rome tomorrow.", "I'm flying to Rome on 12 May 2026.", "2026-05-12 00:00"),
        ("Tomorrow I'm flying.", "On 12 May 2026 I'm flying.", "2026-05-12 00:00"),
        ("Tomorrow is my first day.", "12 May 2026 is my first day.", "2026-05-12 00:00"),
        (
            "My sister arrives the day after tomorrow.",
            "My sister arrives on 13 May 2026.",
            "2026-05-13 00:00",
        ),
        (
            "I'm flying tomorrow evening.",
            "I'm flying on the evening of 12 May 2026.",
            "2026-05-12 19:00",
        ),
        (
            "I'm meeting Bob tonight at 8.",
            "I'm meeting Bob on the evening of 11 May 2026 at 8.",
            "2026-05-11 20:00",
        ),
        (
            "I had a fall last night.",
            "I had a fall on the night of 10 May 2026.",
            "2026-05-10 22:00",
        ),
        (
            "I had a fall this morning.",
            "I had a fall on the morning of 11 May 2026.",
            "2026-05-11 09:00",
        ),
        (
            "I see the dentist next Tuesday.",
            "I see the dentist on Tuesday 19 May 2026.",
            "2026-05-19 00:00",
        ),
        ("I'm flying Friday.", "I'm flying on Friday 15 May 2026.", "2026-05-15 00:00"),
        ("I'm flying this Friday.", "I'm flying on Friday 15 May 2026.", "2026-05-15 00:00"),
        ("I'm flying this Monday.", "I'm flying on Monday 11 May 2026.", "2026-05-11 00:00"),
        (
            "I'm flying on Tuesday next week.",
            "I'm flying on Tuesday 19 May 2026.",
            "2026-05-19 00:00",
        ),
        ("I met Bob on Friday.", "I met Bob on Friday 8 May 2026.", "2026-05-08 00:00"),
        ("I met Bob last Friday.", "I met Bob on Friday 8 May 2026.", "2026-05-08 00:00"),
        (
            "I booked a table for Friday.",
            "I booked a table for Friday 15 May 2026.",
            "2026-05-15 00:00",
        ),
        (
            "My interview is at 5 pm on Friday.",
            "My interview is at 5 pm on Friday 15 May 2026.",
            "2026-05-15 17:00",
        ),
        (
            "My interview is on Friday at half past 5.",
            "My interview is on Friday 15 May 2026 at half past 5.",
            "2026-05-15 17:30",
        ),
        (
            "My interview is on Friday, quarter to 9.",
            "My interview is on Friday 15 May 2026, quarter to 9.",
            "2026-05-15 08:45",
        ),
        (
            "My interview is on Friday at 17:45.",
            "My interview is on Friday 15 May 2026 at 17:45.",
            "2026-05-15 17:45",
        ),
        (
            "My interview is tomorrow morning at 9.",
            "My interview is on the morning of 12 May 2026 at 9.",
            "2026-05-12 09:00",
        ),
        ("Lunch is tomorrow at noon.", "Lunch is on 12 May 2026 at noon.", "2026-05-12 12:00"),
        ("It begins tomorrow at 25:10.", "It begins on 12 May 2026 at 25:10.", "2026-05-12 00:00"),
        ("It begins tomorrow at midnight.", "It begins on 12 May 2026 at midnight.",
         "2026-05-12 00:00"),
        ("My exam is on 3 June.", "My exam is on 3 June 2026.", "2026-06-03 00:00"),
        ("My exam is on 3 May.", "My exam is on 3 May 2027.", "2027-05-03 00:00"),
        ("I saw Bob on 3 June.", "I saw Bob on 3 June 2025.", "2025-06-03 00:00"),
        ("My exam is on June 3rd, 2027.", "My exam is on 3 June 2027.", "2027-06-03 00:00"),
        ("My exam is on the 15th at 9.", "My exam is on 15 May 2026 at 9.", "2026-05-15 09:00"),
        ("My exam is on the 3rd.", "My exam is on 3 June 2026.", "2026-06-03 00:00"),
        ("I saw Bob on the 20th.", "I saw Bob on 20 April 2026.", "2026-04-20 00:00"),
        ("The party is on 29 February.", "The party is on 29 February 2028.", "2028-02-29 00:00"),
        ("My visa comes on 2026-09-01.", "My visa comes on 2026-09-01.", "2026-09-01 00:00"),
        ("I'm moving in two weeks.", "I'm moving around 25 May 2026.", "2026-05-25 00:00"),
        ("I'm moving in a fortnight's time.", "I'm moving around 25 May 2026.",
         "2026-05-25 00:00"),
        ("I'm moving in 3 days.", "I'm moving on 14 May 2026.", "2026-05-14 00:00"),
        ("I'm moving two months from now.", "I'm moving in July 2026.", "2026-07-01 00:00"),
        ("I'm moving in two years.", "I'm moving in 2028.", "2028-01-01 00:00"),
        ("I quit smoking three months ago.", "I quit smoking in February 2026.",
         "2026-02-01 00:00"),
        ("I was in Japan last summer.", "I was in Japan in summer 2025.", "2025-06-01 00:00"),
        ("I'm going to Japan next summer.", "I'm going to Japan in summer 2026.",
         "2026-06-01 00:00"),
        ("I'm learning Dutch this spring.", "I'm learning Dutch in spring 2026.",
         "2026-05-11 00:00"),
        ("I was in Japan this winter.", "I was in Japan in winter 2025/26.", "2025-12-01 00:00"),
        ("I'm skiing this winter.", "I'm skiing in winter 2026/27.", "2026-12-01 00:00"),
        ("I'm going to Oslo in summer 2027.", "I'm going to Oslo in summer 2027.",
         "2027-06-01 00:00"),
        ("I moved to Bristol last year.", "I moved to Bristol in 2025.", "2025-01-01 00:00"),
        ("I'm away next week.", "I'm away in the week of 18 May 2026.", "2026-05-18 00:00"),
        ("I'm away the week after next.", "I'm away in the week of 25 May 2026.",
         "2026-05-25 00:00"),
        ("I was away the week before last.", "I was away in the week of 27 April 2026.",
         "2026-04-27 00:00"),
        ("I'm away this weekend.", "I'm away on the weekend of 16 May 2026.", "2026-05-16 00:00"),
        ("We're marrying in May.", "We're marrying in May 2026.", "2026-05-11 00:00"),
        ("We're marrying next May.", "We're marrying in May 2027.", "2027-05-01 00:00"),
        ("We married last May.", "We married in May 2025.", "2025-05-01 00:00"),
        ("We married in April.", "We married in April 2026.", "2026-04-01 00:00"),
        ("We married in October.", "We married in October 2025.", "2025-10-01 00:00"),
        ("We're moving in the middle of June.", "We're moving in the middle of June 2026.",
         "2026-06-16 00:00"),
        ("We're moving at the start of next year.", "We're moving at the start of 2027.",
         "2027-01-01 00:00"),
        ("My contract begins in 2028.", "My contract begins in 2028.", "2028-01-01 00:00"),
    ],
)  # fmt: skip
def test_what_happens_is_dated_and_said_in_words_that_hold(
    said: str, kept: str, happens: str
) -> None:
    found = read(said)
    assert (found.text, local(found.happens_at), found.expires_at) == (kept, happens, None)


@pytest.mark.parametrize(
    ("said", "kept", "expires"),
    [
        ("I'm in Spain until March.", "I'm in Spain until March 2027.", "2027-03-01 00:00"),
        ("I'm in Spain through June.", "I'm in Spain through June 2026.", "2026-07-01 00:00"),
        ("I'm in Spain until Friday.", "I'm in Spain until Friday 15 May 2026.",
         "2026-05-16 00:00"),
        ("I'm in Spain until 5 pm on Friday.", "I'm in Spain until 5 pm on Friday 15 May 2026.",
         "2026-05-15 17:00"),
        ("My thesis is due by the end of the month.",
         "My thesis is due by the end of May 2026.", "2026-06-01 00:00"),
        ("My thesis is due before Friday.", "My thesis is due before Friday 15 May 2026.",
         "2026-05-15 00:00"),
        ("My lease runs until the end of 2027.", "My lease runs until the end of 2027.",
         "2028-01-01 00:00"),
    ],
)  # fmt: skip
def test_what_ends_is_dated_as_ending(said: str, kept: str, expires: str) -> None:
    found = read(said)
    assert (found.text, found.happens_at, local(found.expires_at)) == (kept, None, expires)


def test_what_began_has_no_time_but_its_year() -> None:
    assert read("I've been at Tesco since March.") == Dated(
        text="I've been at Tesco since March 2026."
    )
    assert read("I've been at Tesco since June.").text == "I've been at Tesco since June 2025."
    (since,) = moments("I've been at Tesco since June.", MONDAY, BERLIN)
    assert since.role is Role.SINCE


@pytest.mark.parametrize(
    "said",
    [
        "I play tennis on Tuesday.",
        "I go swimming every Monday.",
        "My day off is Friday.",
        "I work on Monday evenings.",
        "I'm on the 3rd floor.",
        "I may march in Paris.",
        "My niece April likes May.",
        "I was born on 3 May 1987.",
        "My birthday is on 3 May.",
        "I learnt Dutch in two years.",
        "I leave on 31 June.",
        "I leave on 31 June 2026.",
        "I moved in the last week of the school year.",
        "I like the last Friday of the month.",
        "I lived in Leeds until 2019.",
        "My room is number 2027.",
        "I turn up in 999 years.",
        "I have tomorrow's paper.",
    ],
)
def test_a_habit_a_birthday_and_what_is_no_time_stay_as_they_are(said: str) -> None:
    assert read(said) == Dated(text=said)


def test_a_birthday_tomorrow_is_dated_but_comes_back() -> None:
    assert read("My birthday is tomorrow.") == Dated(text="My birthday is on 12 May 2026.")


def test_a_day_that_a_month_has_not_is_in_the_next() -> None:
    in_june = datetime(2026, 6, 11, tzinfo=BERLIN)
    assert read("My exam is on the 31st.", in_june).text == "My exam is on 31 July 2026."


def test_what_is_over_already_does_not_end() -> None:
    assert read("I was in Spain until March.") == Dated(text="I was in Spain until March 2026.")


def test_the_day_is_the_user_s_own() -> None:
    late = datetime(2026, 5, 11, 23, 30, tzinfo=UTC)
    assert read("I'm flying tomorrow.", late).text == "I'm flying on 13 May 2026."
    assert (
        read("I'm flying tomorrow.", late, ZoneInfo("America/New_York")).text
        == "I'm flying on 12 May 2026."
    )


def test_summer_is_in_december_in_the_south() -> None:
    found = read("I was in Japan last summer.", zone=ZoneInfo("Australia/Sydney"))
    assert found.text == "I was in Japan in summer 2025/26."


def test_an_hour_that_the_clocks_skip_is_read_by_the_clock_before() -> None:
    saturday = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert local(read("I'm leaving tomorrow at 2:30 am.", saturday).happens_at) == (
        "2026-03-29 03:30"
    )


def test_a_day_without_a_midnight_begins_later() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    before = datetime(2024, 4, 25, 12, tzinfo=cairo)
    assert local(read("I'm leaving tomorrow.", before, cairo).happens_at, cairo) == (
        "2024-04-26 01:00"
    )


@pytest.mark.parametrize(
    ("said", "ends", "at"),
    [
        ("2026-05-03T10:00:00+02:00", False, "2026-05-03 10:00"),
        ("2026-05-03T10:00", False, "2026-05-03 10:00"),
        ("2026-05-03 10:00", True, "2026-05-03 10:00"),
        ("2026-05-03", False, "2026-05-03 00:00"),
        ("2026-05-03", True, "2026-05-04 00:00"),
        ("in May", False, ""),
        ("9999-12-31", True, ""),
    ],
)
def test_an_iso_time_without_a_zone_is_the_user_s(said: str, ends: bool, at: str) -> None:
    assert local(local_instant(said, BERLIN, ends=ends)) == at


# --- laws, over all zones and many years, days of changing clocks among them ------------------

zones = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
hours = st.times()
SAYINGS = (
    "I'm flying tomorrow.",
    "I'm flying next Tuesday at 2:30 am.",
    "I'm flying on 3 June.",
    "I was in Japan last summer.",
    "I'm moving in two weeks.",
    "I'm in Spain until March.",
    "It is due by the end of the month.",
    "I met Bob on Sunday.",
    "I'm away the week after next.",
)


@given(zones, days, hours)
def test_a_day_begins_on_that_day_everywhere(zone: ZoneInfo, day: date, hour: time) -> None:
    said_at = instant(day, hour, zone)
    today = said_at.astimezone(zone).date()
    found = read("I'm flying tomorrow.", said_at, zone).happens_at
    assert found is not None
    assert found.astimezone(zone).date() == today + timedelta(days=1)
    assert (found - timedelta(minutes=1)).astimezone(zone).date() == today


@given(zones, days, hours)
def test_a_wall_time_is_kept_or_moved_by_what_the_clocks_skip(
    zone: ZoneInfo, day: date, hour: time
) -> None:
    wall = hour.replace(second=0, microsecond=0)
    shown = instant(day, wall, zone).astimezone(zone)
    skipped = shown.replace(tzinfo=None) - datetime.combine(day, wall)
    assert timedelta() <= skipped <= timedelta(hours=1)


@given(zones, days, hours, st.sampled_from(SAYINGS))
def test_what_was_dated_stays_as_it_is_whenever_it_is_read_again(
    zone: ZoneInfo, day: date, hour: time, said: str
) -> None:
    once = read(said, instant(day, hour, zone), zone)
    assert read(once.text, instant(day + timedelta(days=400), hour, zone), zone).text == once.text


@given(zones, days, hours, st.sampled_from(SAYINGS))
def test_what_ends_ends_later_than_it_was_said(
    zone: ZoneInfo, day: date, hour: time, said: str
) -> None:
    said_at = instant(day, hour, zone)
    found = read(said, said_at, zone).expires_at
    assert found is None or found > said_at


@given(st.text(max_size=80), days)
def test_any_text_can_be_read(text: str, day: date) -> None:
    for moment in moments(text, instant(day, time(), BERLIN), BERLIN):
        assert 0 <= moment.start < moment.end <= len(text)


PIECES = ("in ", "on ", "the ", "1", "May ", "next ", "end of ", "Tuesday ", "2 ", "until ", "at ",
          "week ", " ", "a couple of ")  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_odd_text_costs_little_time(piece: str) -> None:
    assert len(moments((piece * 4000)[:4000], MONDAY, BERLIN)) < 4000


@given(st.lists(st.sampled_from((*PIECES, "3rd ", "February ", "2027 ", "5 pm ", "ago ")),
                max_size=10))  # fmt: skip
def test_any_such_words_can_be_read(words: list[str]) -> None:
    text = "".join(words)
    assert read(text).text is not None
