"""Flows from tables that lie there already: in DuckDB, Spark, Trino, and whatever else Ibis speaks to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

import ibis.expr.types as ir

from flowkit.api.flows import code_of, named, of_origin, snapshot_of
from flowkit.aws.connect import Access
from flowkit.errors import SourceError
from flowkit.inventory import Snapshot
from flowkit.inventory.text import brief
from flowkit.scope import Scope
from flowkit.store import Store, cache_folder
from flowkit.tables import connected

if TYPE_CHECKING:
    from flowkit.athena.scanning import Estimate
    from flowkit.flows import Flows

_MOST_NAMED: Final = 10


def connect(  # noqa: PLR0913 - as `load`, each by name
    connection: Any,  # noqa: ANN401 - any of Ibis' backends; they share no type that says what they can do
    table: str,
    *,
    database: str | tuple[str, str] | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    account: str | Iterable[str] = (),
    region: str | Iterable[str] = (),
    inventory: str | PathLike[str] | Snapshot | None = None,
    inside: str | Iterable[str] | None = None,
    **scope: Any,  # noqa: ANN401 - the keys of a scope, checked there
) -> "Flows":
    """Take flow records from a table where it lies: every question is asked there, only answers come here.

    Known are tables with a column for each field by any spelling of its name (as Parquet deliveries have them, as
    AWS's statements for Athena have made them, now and before 2021), and Security Lake's (OCSF 1.1.0, source version
    2). Nothing is written to the engine.

    Parameters
    ----------
    connection
        An Ibis connection: ``ibis.duckdb.connect()``, ``ibis.pyspark.connect(session)``, ``ibis.trino.connect(…)``.
        For Athena there is ``load("athena://database/table")``, since Ibis's own connection to it writes.
    table, database
        The table's name, and where it lies; by default the connection's own database.
    start, end
        Keep records whose ``start`` lies in [start, end); times need a zone. Where the table is partitioned by time a
        start must be given, and only partitions from ten minutes before the window to a day after it are read, since
        files may come late. `Flows.narrow` reads fewer still.
    account, region
        Only the partitions of these accounts and regions.
    inventory, inside
        As in `load`.
    **scope
        Keep only these records: the keys of `Flows.narrow`.

    Returns
    -------
    Flows
        Without a ledger: a table does not say which lines its records were.

    Raises
    ------
    SourceError
        If there is no such table.
    FormatError
        If it is a table of something else; with the columns it lacks, and the nearest names.
    ScopeError
        If the table is partitioned by time and no start is given; or a time, key or value is none.
    InventoryError, AddressError
        As `load`.

    Notes
    -----
    Partitions are told by the names of columns: year, month, day, date, hour, eventday, datehour; aws_account_id,
    accid; aws_region, region.

    Examples
    --------
    >>> import ibis
    >>> lake = ibis.duckdb.connect()
    >>> _ = lake.raw_sql("CREATE TABLE flows AS SELECT '10.0.0.1' srcaddr, '10.0.0.2' dstaddr, 40 bytes, 0 AS start")
    >>> connect(lake, "flows").count()
    1
    """
    within = Scope.of(start=start, end=end, **scope)
    snapshot = snapshot_of(inventory)
    where = {"database": database, "start": start, "end": end, "account": account, "region": region, **scope}
    found = connected(
        _table(connection, table, database),
        within,
        name=brief(table),
        code=code_of("fk.connect(connection, ", table, where),
        accounts=named(account),
        regions=named(region),
    )
    return of_origin(found, snapshot, inside=inside).within(within)


def from_athena(
    place: str, options: Mapping[str, Any], asked: Mapping[str, Any], within: Scope, store: Store | None
) -> "Flows":
    """Return the flows of a table in Athena; *options* and *asked* as `load` has them, *store* is that of a case."""
    from flowkit.athena.opening import opened

    if options["log_format"]:
        raise SourceError("log_format= is for lines without a header, and a table has columns. Leave it out.")
    regions = named(asked["region"])
    found = opened(
        place,
        within,
        Access(profile=asked["profile"], region=regions[0] if regions else None),
        workgroup=asked["workgroup"],
        accounts=named(asked["account"]),
        regions=regions,
        store=store or Store(cache_folder()),
        code=code_of("fk.load(", place, {**options, **asked}),
    )
    return of_origin(found, options["inventory"], inside=options["inside"]).within(within)


def scan_of(place: str, within: Scope, regions: Sequence[str], profile: str | None) -> "Estimate":
    """Return what a question about a table in Athena would scan."""
    from flowkit.athena.opening import estimated

    return estimated(place, within, Access(profile=profile, region=regions[0] if regions else None))


def _table(connection: Any, table: str, database: str | tuple[str, str] | None) -> ir.Table:  # noqa: ANN401 - as above
    if not hasattr(connection, "table") or isinstance(connection, ir.Table):
        raise SourceError(
            f"{brief(repr(connection))} is no Ibis connection. Make one, as with ibis.duckdb.connect() or "
            "ibis.pyspark.connect(session); a table of one goes to fk.load(table)."
        )
    if getattr(connection, "name", "") == "athena":
        raise SourceError(
            "Ibis's own connection to Athena writes: it takes answers by UNLOAD and makes tables of what a question "
            f'brings along. flowkit only reads: fk.load("athena://DATABASE/{brief(table)}", workgroup=…) does without.'
        )
    try:
        return connection.table(table, database=database)
    except Exception as error:
        where = f" in {brief(str(database))}" if database else ""
        said = brief(f"{type(error).__name__}: {error}".splitlines()[0])
        raise SourceError(
            f"there is no table {brief(table)!r}{where} that can be read ({said}). {_beside(connection, database)}"
        ) from error


def _beside(connection: Any, database: str | tuple[str, str] | None) -> str:  # noqa: ANN401 - as above
    try:
        names = sorted(connection.list_tables(database=database))
    except Exception:  # noqa: BLE001 - each engine has its own, and what was asked for has failed already
        return "Check the connection, and that you may read it."
    listed = ", ".join(brief(name) for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"There are: {listed}{more}." if names else "There is no table at all: check database=."
