"""Weekly trading hours per group of products, as data.

Times are minutes of the Chicago wall clock from midnight of the trade date; a negative one is the
evening before, so -420 is 17:00. An entry holds from its date until the next entry's. Sources:

- present hours: Topstep's help centre, article 8284206, and the exchange's contract pages;
- before 2021-06-28 index futures paused from 15:15 to 15:30; before 2015-09-21 index, energy and
  metals futures closed at 16:15: exchange notices, and one-minute bars recorded in October 2013;
- grains: exchange notices for 2012-05-21 (21 hours), 2013-04-08 (two sessions) and 2015-07-06
  (close at 13:20 instead of 13:15);
- regular hours: the former pit hours, those that the documented session table uses; index and
  crypto products take the cash equity session;
- rough rice, the mini-sized grains and milk keep electronic hours of their own: the exchange's
  contract pages. Volatility futures are another exchange's; they take those of index futures.

Invariant (``tests/core/test_hours.py``): the spans of a day ascend and do not overlap.
"""

from __future__ import annotations

from datetime import date

__all__ = ["UNLISTED", "Minutes", "regular_minutes", "session_minutes"]

Minutes = tuple[tuple[int, int], ...]
"""(open, close) pairs in minutes from midnight of the trade date."""

_START = date.min
_EVENING = -420

_WEEK: dict[str, tuple[tuple[date, Minutes], ...]] = {
    "index": (
        (date(2021, 6, 28), ((_EVENING, 960),)),
        (date(2015, 9, 21), ((_EVENING, 915), (930, 960))),
        (_START, ((_EVENING, 915), (930, 975))),
    ),
    "energy": ((date(2015, 9, 21), ((_EVENING, 960),)), (_START, ((_EVENING, 975),))),
    "metals": ((date(2015, 9, 21), ((_EVENING, 960),)), (_START, ((_EVENING, 975),))),
    "fx": ((_START, ((_EVENING, 960),)),),
    "rates": ((_START, ((_EVENING, 960),)),),
    "crypto": ((_START, ((_EVENING, 960),)),),
    "grains": (
        (date(2015, 7, 6), ((-300, 465), (510, 800))),
        (date(2013, 4, 8), ((-300, 465), (510, 795))),
        (_START, ((_EVENING, 840),)),
    ),
    "livestock": ((_START, ((510, 785),)),),
    "ZR": ((_START, ((-300, -180), (510, 800))),),
    "XC": ((_START, ((-300, 465), (510, 825))),),
    "XK": ((_START, ((-300, 465), (510, 825))),),
    "XW": ((_START, ((-300, 465), (510, 825))),),
    "DC": ((_START, ((_EVENING, 960),)),),
}

_REGULAR: dict[str, tuple[int, int]] = {
    "index": (510, 900),
    "crypto": (510, 900),
    "energy": (480, 810),
    "metals": (440, 750),
    "HG": (440, 720),
    "MHG": (440, 720),
    "QC": (440, 720),
    "PL": (440, 725),
    "PA": (440, 725),
    "fx": (440, 840),
    "rates": (440, 840),
    "grains": (510, 800),
    "livestock": (510, 785),
    "DC": (510, 790),
    "VX": (510, 915),
    "VXM": (510, 915),
}

UNLISTED: dict[str, str] = {
    ticker: group
    for group, tickers in {
        "index": "EMD VX VXM",
        "fx": "MJY MSF MCD MIR",
        "rates": "ZQ 2YY 5YY 10Y 30Y",
        "metals": "QO QI PA QC",
        "crypto": "BTC ETH",
        "grains": "KE ZO ZR XC XK XW",
        "livestock": "GF DC",
    }.items()
    for ticker in tickers.split()
}
"""Tickers with documented sessions that the gateway does not list, and whose holidays they keep."""


def session_minutes(group: str, day: date, ticker: str | None = None) -> Minutes:
    """Return the sessions of a trade date without regard to holidays; none at the weekend."""
    if day.weekday() > 4:
        return ()
    entries = _WEEK.get(ticker or group) or _WEEK[group]
    return next(spans for since, spans in entries if day >= since)


def regular_minutes(ticker: str | None, group: str) -> tuple[int, int]:
    """Return the regular hours of a product, or of its group."""
    return _REGULAR.get(ticker or group) or _REGULAR[group]
