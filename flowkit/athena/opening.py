"""A table in Athena as an origin of flows: ``athena://database/table``."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from flowkit.athena import scanning
from flowkit.athena.asking import Asking
from flowkit.athena.backend import Backend
from flowkit.athena.catalog import Described, describe
from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError, ScopeError, SourceError
from flowkit.inventory.text import brief
from flowkit.origin import Origin
from flowkit.scope import Scope
from flowkit.store import Store
from flowkit.tables import Catalog, connected
from flowkit.tables.partitions import LATE

PRIMARY: Final = "primary"
"""The workgroup that every account has."""
_CATALOG: Final = "AwsDataCatalog"
_PLACE: Final = re.compile(r"athena://([^/\s\"`']+)/([^/\s\"`']+)/?")


def opened(  # noqa: PLR0913 - as `flowkit.api.load`, each by name
    place: str,
    window: Scope,
    access: Access,
    *,
    workgroup: str | None,
    accounts: Collection[str],
    regions: Collection[str],
    store: Store | None,
    code: str,
) -> Origin:
    """Return the flow records of a table in Athena; each question is a query there.

    *regions* choose among partitions only where they must be named: the table may lie in another region than its logs.

    Raises
    ------
    SourceError
        If *place* is no ``athena://database/table``, or there is no such table.
    FormatError, ScopeError
        As `flowkit.tables.connected`; or the table wants its account named.
    AwsError
        If AWS refuses, or the workgroup takes no queries.
    """
    database, table = _names(place)
    described = describe(access, database, table)
    client = access.within(described.region).client("athena")
    group = workgroup or PRIMARY
    _check(client, group)
    regions = regions if any("region" in name for name in described.injected) else ()
    _check_named(described, accounts, regions)
    asking = Asking(client, group, _CATALOG, database, lambda scanned: scanning.priced(scanned, described.region))
    now = datetime.now(UTC)
    settled = window.end is not None and window.end + LATE < now
    backend = Backend(asking, described, store if settled else None)
    backend.reconnect()
    catalog = Catalog(
        described.keys, described.formats, lambda: scanning.a_day(described, access.within(described.region), now)
    )
    return connected(
        backend.table(described.name), window, name=f"{brief(database)}.{brief(table)}", code=code, accounts=accounts,
        regions=regions, catalog=catalog,
    )  # fmt: skip


def estimated(place: str, window: Scope, access: Access) -> scanning.Estimate:
    """Return what a question about a window of a table would scan; nothing is asked of Athena itself.

    Raises
    ------
    SourceError
        If *place* is no ``athena://database/table``, or there is no such table.
    ScopeError
        If there is no window.
    AwsError
        If AWS refuses.
    """
    described = describe(access, *_names(place))
    if window.start is None:
        raise ScopeError('what a question scans hangs on its window. Give start= and end=: start="2026-03-10T08:00Z".')
    return scanning.estimate(place, described, access.within(described.region), window.start, window.end)


def queries(flows: Any) -> pd.DataFrame:  # noqa: ANN401 - Flows, which lie above
    """Return what was asked of Athena for some flows, and all that share their load, in that order.

    Returns
    -------
    DataFrame
        A row per query: `scanned` (B, as Athena says it), `usd` (by the table in `flowkit.aws.prices`, where 10 MB are
        the least that is charged; None if that cannot be read), `seconds`, `kept` (whether the answer was at hand and
        nothing was asked), `query` (its text).

    Raises
    ------
    SourceError
        If these flows are not in Athena.
    """
    backend = flows.origin.records.get_backend()
    if not isinstance(backend, Backend):
        raise SourceError(
            'these flows are not in Athena: nothing was asked there. Load some with fk.load("athena://database/table").'
        )
    return scanning.frame(backend.asked, backend.described.region)


def _names(place: str) -> tuple[str, str]:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise SourceError(f"{brief(place)!r} names no table. Write it as athena://database/table.")
    return found[1].lower(), found[2].lower()  # as the catalog has them


def _check_named(described: Described, accounts: Collection[str], regions: Collection[str]) -> None:
    """Refuse to ask a table that wants its partitions named, if they are not."""
    given = {"account": accounts, "region": regions}
    for role, values in given.items():
        wanting = sorted(name for name in described.injected if role in name or (role == "account" and name == "accid"))
        if wanting and not values:
            raise ScopeError(
                f"each query of {brief(described.name)} must name {brief(wanting[0])}: that partition is injected. "
                f"Name them: {role}=, one or several."
            )


def _check(client: Any, workgroup: str) -> None:  # noqa: ANN401 - boto3's
    what = f"for the workgroup {brief(workgroup)} (athena:GetWorkGroup)"
    with answered(what):
        told = client.get_work_group(WorkGroup=workgroup).get("WorkGroup") or {}
    if told.get("State") == "ENABLED":
        return
    state = brief(str(told.get("State") or "no such workgroup"))
    raise AwsError.answered(what, state, "", "Name another with workgroup=: `aws athena list-work-groups`.", "Query")
