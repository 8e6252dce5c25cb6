"""Which conversations cost more than before: the USD of a day after a time, against those of a day before it."""

from datetime import datetime
from os import PathLike
from typing import Final

import pandas as pd

from flowkit.analysis.caption import captioned
from flowkit.analysis.costing_text import DAYS
from flowkit.analysis.delivered import DAY
from flowkit.analysis.other import NOTHING
from flowkit.analysis.tariffs import TARIFFS, Priced
from flowkit.analysis.transfer_charges import charged, middle
from flowkit.analysis.transfer_ends import ends
from flowkit.flows import Flows

COLUMNS: Final = (
    "cause", "client", "server", "server_port", "protocol", "bytes_before", "bytes_after", "usd_before", "usd_after",
    "times", "first", "last",
)  # fmt: skip
LEAST_DAYS: Final = 1.0
"""Days to be logged on either side: less than a day compares hours that are never alike."""
_TIMES: Final = 2.0
"""Growth from which it is told: days of one week differ by half of that (an assumption, not a measurement)."""
_LEAST: Final = 1.0
"""USD a month more, from which it is told: less is not worth reading."""
_TOP: Final = 200


def transfer_growth(
    flows: Flows, *, at: datetime | None = None, region: str | None = None, prices: str | PathLike[str] | None = None
) -> pd.DataFrame:
    """Return the conversations that cost at least twice what they did before *at*, and a USD a month more.

    *at* is by default the middle of the time that was logged; *region* and *prices* are as in `data_transfer_cost`.

    Columns: `cause`, `client`, `server`, `server_port`, `protocol`, `bytes_before`, `bytes_after` (B a day that was
    logged), `usd_before`, `usd_after` (USD a month of such days), `times` (null: nothing before), `first`, `last`
    (UTC). In ``attrs``: ``short`` (why nothing is compared, or ""), ``days`` (logged before and after).
    """
    split = int(at.timestamp()) if at else middle(flows)
    before = sum(1 for minute in flows.minutes if minute * 60 < split)
    days = (before / DAY, (len(flows.minutes) - before) / DAY)
    least = 1 / DAY if at else LEAST_DAYS
    short = "" if min(days) >= least else (
        f"Too short to compare: {days[0]:.2g} days were logged before {pd.Timestamp(split, unit='s'):%Y-%m-%d %H:%M}Z "
        f"and {days[1]:.2g} after it; {least:.2g} each are needed."
    )  # fmt: skip
    rows = pd.DataFrame(columns=list(COLUMNS)) if short else _grown(flows, split, days, region, prices)
    sentence = short or (
        f"{len(rows):,} conversations that cost {_TIMES:g} times what they did before or more: USD a month as after "
        f"{pd.Timestamp(split, unit='s'):%Y-%m-%d %H:%M}Z ({days[1]:.2g} days), against before ({days[0]:.2g} days)."
    )
    return captioned(rows, "transfer_growth", flows, sentence, inventory=True, short=short, days=days)


def _grown(
    flows: Flows, split: int, days: tuple[float, float], region: str | None, prices: str | PathLike[str] | None
) -> pd.DataFrame:
    known = ends(flows)
    moving = charged(flows, known, split)
    amounts = moving.amounts(known.home, region)
    priced = Priced([one for _number, one in amounts], sum(days) / DAYS, prices)
    rates = {number: priced.rate(one) for number, one in amounts}
    rows, _left_out = moving.most(flows, "address", rates, _TOP, days=days)
    each = rows.charge.map({number: rate.likely for number, rate in rates.items()}).astype("float64")
    before, after = (rows.bytes - rows.late) / days[0], rows.late / days[1]
    frame = rows.assign(
        cause=[TARIFFS[way].cause for way in rows.way], bytes_before=before, bytes_after=after,
        usd_before=before * each * DAYS, usd_after=after * each * DAYS,
        client=rows.client.fillna(NOTHING), server=rows.server.fillna(NOTHING),
        **{name: pd.to_datetime(rows[name], unit="s", utc=True) for name in ("first", "last")},
    )  # fmt: skip
    frame["times"] = (frame.usd_after / frame.usd_before.where(frame.usd_before > 0)).astype("Float64")
    enough = (frame.usd_after >= _TIMES * frame.usd_before) & (frame.usd_after - frame.usd_before >= _LEAST)
    return frame.loc[enough, list(COLUMNS)].reset_index(drop=True)
