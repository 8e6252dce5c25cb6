"""What a reader must know of an answer beside its rows."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from flowkit.insights import syntax
from flowkit.insights.events import STREAM_TOLD, UNKNOWN, Events
from flowkit.insights.mapping import misnamed, parse_of
from flowkit.insights.syntax import Query
from flowkit.insights.translating import Asked
from flowkit.inventory.text import shown


class InsightsWarning(UserWarning):
    """What an answer of a query does not show by itself."""


MOST_ROWS: Final = 10_000
"""Rows that CloudWatch gives where the query has no limit. Source: "limit", Amazon CloudWatch Logs User Guide."""
MOST_LIMIT: Final = 100_000
"""The largest limit that CloudWatch takes. Source: as above."""


def notes(query: Query, asked: Asked, events: Events, *, cut: bool) -> list[str]:
    """Return what differs from what the query says, or from what CloudWatch would give, in sentences."""
    return [*_misnamed(query, events), *_unknown(asked, events), *_elsewhere(asked, events), *_rows(query, cut=cut)]


def _misnamed(query: Query, events: Events) -> Iterator[str]:
    orders = [layout.columns for layout in events.layouts]
    for command in query.commands:
        for told in misnamed(command, orders) if isinstance(command, syntax.Parse) else []:
            yield f"{told} The query ran as written, as CloudWatch runs it; attrs['corrected'] has the right columns."


def _unknown(asked: Asked, events: Events) -> Iterator[str]:
    known = list(events.named)
    for name in asked.unknown:
        close = get_close_matches(name, known, n=1) or [k for k in known if k.lower() == name.lower()]
        hint = f"; did you mean {close[0]}?" if close else ". If it is a value, it needs quotes."
        yield f"no event has a field {shown(name)}: it is missing everywhere, as in CloudWatch{hint}"


def _elsewhere(asked: Asked, events: Events) -> Iterator[str]:
    for name, why in UNKNOWN.items():
        if name in asked.names:
            yield f"{name} is missing here: {why}."
    if "@logStream" in asked.names:
        yield STREAM_TOLD
    if "@timestamp" in asked.names and not events.timed:
        yield "@timestamp is missing here: this log does not record start."
    discovered = [name for name in asked.names if name in events.discovered]
    if discovered and not events.is_default:
        yield (
            f"{', '.join(discovered)}: read here by name, but CloudWatch discovers the fields of the default format "
            f"only, as AWS documents, and these records have another. There, begin with: "
            f"{parse_of(events.layouts[0].columns)}"
        )


def _rows(query: Query, *, cut: bool) -> Iterator[str]:
    if cut:
        yield (
            f"these are the first {MOST_ROWS:,} rows, which is what CloudWatch gives where a query has no limit. "
            f"For more, end it with: | limit {MOST_LIMIT}"
        )
    if any(isinstance(c, syntax.Limit) and c.count > MOST_LIMIT for c in query.commands):
        yield f"CloudWatch takes a limit of {MOST_LIMIT:,} at most; here the larger one holds."
