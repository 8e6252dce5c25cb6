"""What loading would take, and what a question about a table would scan."""

from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from flowkit.api.flows import Source, code_of, in_athena, named, wanted_of
from flowkit.api.tables import scan_of
from flowkit.errors import SourceError
from flowkit.flows import Flows
from flowkit.planning import Plan, planned
from flowkit.scope import Scope
from flowkit.sources.places import find
from flowkit.store import Store, cache_folder
from flowkit.surveying import Survey, survey

if TYPE_CHECKING:
    from flowkit.athena.scanning import Estimate


def plan(  # noqa: PLR0913 - as `load`
    source: "Source | Flows",
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    account: str | Iterable[str] = (),
    region: str | Iterable[str] = (),
    profile: str | None = None,
    case: str | PathLike[str] | None = None,
    rate: float | None = None,
    **scope: Any,  # noqa: ANN401 - the keys of a scope, checked there
) -> "Plan | Estimate | Survey":
    """Say what `load` would take: objects, bytes, requests, price, time and memory. No object is fetched.

    Of a table in Athena it says what each question would scan at most, and what that costs. Of flows it says what each
    hour of them holds, and what bringing their records here would take: two queries in their engine, the cheap pass
    before `Flows.materialise`.

    Parameters
    ----------
    source, start, end, account, region, profile, case, **scope
        As in `load`; or flows, with a scope to narrow them further.
    rate
        The download rate to reckon with [B/s], by default 20 MB/s.

    Returns
    -------
    Plan, Estimate or Survey
        It shows itself; ``to_frame()`` is the table.

    Raises
    ------
    SourceError, AwsError
        As `load`: where nothing is there, or AWS does not say.
    ScopeError
        If a time has no zone, or the window is empty.

    Examples
    --------
    >>> plan("sample").objects
    72
    """
    if isinstance(source, Flows):
        return survey(source.within(Scope.of(start=start, end=end, **scope)))
    if isinstance(source, ir.Table):
        raise SourceError("a table is there already: nothing would be fetched. Give it to load().")
    if in_athena(source):
        return scan_of(str(source), Scope.of(start=start, end=end, **scope), named(region), profile)
    wanted = wanted_of(Scope.of(start=start, end=end, **scope), account, region, profile)
    found = find(source, wanted)
    options = {"start": start, "end": end, "account": account, "region": region, "profile": profile, "case": case}
    seen = Store(Path(case) if case else cache_folder()).index().seen
    of = next(iter(wanted.regions), None)
    return planned(code_of("fk.load(", source, options | scope), found, seen, rate=rate, region=of)
