"""Which analyses an Insights query can answer, and by which commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowkit import fields
from flowkit.errors import ScopeError
from flowkit.insights.terms import Names

_MEASURES: Final = {"records": "count(*)", "packets": "sum(packets)", "bytes": "sum(bytes)"}
_ALIASES: Final = {"records": "records", "packets": "totalPackets", "bytes": "totalBytes"}
_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))

AS_LOGGED: Final = (
    "Counted as logged: what two interfaces or two flow logs saw counts twice; flowkit's own count is once."
)
_ROUGHLY: Final = "srcPorts is an estimate where there are very many: count_distinct is one in CloudWatch."
_SENT: Final = "What each address sent; the language cannot add what it received. Group by dstAddr for that."
_PAIRS: Final = "Source and destination as records have them, each way apart; flowkit's edges join client and server."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of an analysis: the field or measure it goes *by*, and its bucket in seconds."""

    names: Names
    by: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to answer an analysis.

    Attributes
    ----------
    commands
        The commands after those that choose the records.
    limit
        Rows, if not said otherwise.
    notes
        What to say of the answer beside it.
    every_status
        Whether NODATA and SKIPDATA are asked for too.
    """

    commands: Callable[[Asked], list[str]]
    limit: int
    notes: tuple[str, ...] = (AS_LOGGED,)
    every_status: bool = False


def recipe(analysis: str) -> Recipe:
    """Return how to answer an analysis.

    Raises
    ------
    ScopeError
        If there is none by that name, or the language cannot answer it.
    """
    found = RECIPES.get(analysis)
    if found is None:
        raise ScopeError(
            f"an Insights query cannot answer {analysis!r}. It can: {', '.join(RECIPES)}; without analysis= it lists "
            "the records. For the others load the logs: fk.load(...), then fk.analysis."
        )
    return found


def _reject_timeline(asked: Asked) -> list[str]:
    purpose = "a reject timeline"
    asked.names.of("start", purpose)
    split = _field(asked.names, asked.by or "dstport", purpose)
    return [f'filter {asked.names.of("action", purpose)} = "REJECT"', *_timeline(asked, [split])]


def _traffic_timeline(asked: Asked) -> list[str]:
    asked.names.of("start", "a traffic timeline")
    split = [_field(asked.names, asked.by, "splitting traffic")] if asked.by else []
    return _timeline(asked, [*asked.names.present(["action"]), *split])


def _timeline(asked: Asked, keys: Sequence[str]) -> list[str]:
    bucket = f"bin({_period(asked.seconds)}) as bucket"
    sums = ", ".join(_sums(asked.names).values())
    return [f"stats {sums} by {', '.join(dict.fromkeys([bucket, *keys]))}", "sort bucket asc"]


def _rejected_tuples(asked: Asked) -> list[str]:
    names, purpose = asked.names, "ranking what was rejected"
    for column in ("srcaddr", "dstaddr"):
        names.of(column, purpose)
    keys = names.present(("interface_id", "flow_direction", "srcaddr", "dstaddr", "dstport", "protocol"))
    sums = list(_sums(names).values())
    sums += [f"count_distinct({name}) as srcPorts" for name in names.present(["srcport"])] + _ends(names)
    return [
        f'filter {names.of("action", purpose)} = "REJECT"',
        f"stats {', '.join(sums)} by {', '.join(keys)}",
        "sort records desc",
    ]


def _top_talkers(asked: Asked) -> list[str]:
    return _ranked(asked, ["srcaddr"])


def _talker_edges(asked: Asked) -> list[str]:
    return _ranked(asked, ["srcaddr", "dstaddr"])


def _ranked(asked: Asked, columns: Sequence[str]) -> list[str]:
    purpose = "ranking talkers"
    keys = [asked.names.of(column, purpose) for column in columns]
    by = asked.by or "bytes"
    if by not in _MEASURES:
        raise ScopeError(f"the measure is one of bytes, packets, records, not {by!r}.")
    if by != "records":
        asked.names.of(by, purpose)
    sums = _sums(asked.names)
    first = [sums.pop(by), *sums.values()]
    return [f"stats {', '.join(first)} by {', '.join(keys)}", f"sort {_ALIASES[by]} desc"]


def _summary(asked: Asked) -> list[str]:
    names = asked.names
    sums = [*_sums(names).values(), *_ends(names)]
    sums += [f"count_distinct({name}) as interfaces" for name in names.present(["interface_id"])]
    by = names.present(["log_status"])
    return [f"stats {', '.join(sums)}{' by ' if by else ''}{', '.join(by)}", "sort records desc"]


def _sums(names: Names) -> dict[str, str]:
    """Return the measures of the log, as ``stats`` has them."""
    has = {"records", *names.columns}
    return {name: f"{sum_} as {_ALIASES[name]}" for name, sum_ in _MEASURES.items() if name in has}


def _ends(names: Names) -> list[str]:
    first = [f"min({name}) as firstStart" for name in names.present(["start"])]
    return first + [f"max({name}) as lastEnd" for name in names.present(["end"])]


def _field(names: Names, by: str, purpose: str) -> str:
    """Return the name of a field by any of its spellings."""
    found = fields.known(by) or (fields.of_column(by) if by in names.columns else fields.find(by))
    return names.of(found.column, purpose)


def _period(seconds: int) -> str:
    """Return a width in the largest unit that divides it.

    >>> _period(300), _period(3600), _period(90)
    ('5m', '1h', '90s')
    """
    return next(f"{seconds // length}{unit}" for unit, length in _UNITS if seconds % length == 0)


RECIPES: Final[Mapping[str, Recipe]] = {
    "reject_timeline": Recipe(_reject_timeline, 10_000),
    "rejected_tuples": Recipe(_rejected_tuples, 50, (AS_LOGGED, _ROUGHLY)),
    "summary": Recipe(_summary, 10, every_status=True),
    "talker_edges": Recipe(_talker_edges, 50, (AS_LOGGED, _PAIRS)),
    "top_talkers": Recipe(_top_talkers, 20, (AS_LOGGED, _SENT)),
    "traffic_timeline": Recipe(_traffic_timeline, 10_000),
}
"""The analyses by name."""
