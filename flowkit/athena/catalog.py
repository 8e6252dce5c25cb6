"""What the AWS Glue Data Catalog says of a table: its columns, its partitions, where its files lie."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import ibis.expr.schema as sch
from ibis.backends.sql.datatypes import AthenaType

from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError, FormatError, SourceError
from flowkit.inventory.text import brief

_MISSING: Final = "EntityNotFoundException"
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Described:
    """A table of the catalog.

    Attributes
    ----------
    name, region
        Its name, and the region it lies in.
    schema
        Its columns, the partitions last.
    keys
        The columns that are its partitions; None of a view, which does not say.
    formats
        How projected days are written, by column, in the words of Java.
    injected
        Partitions whose values each query must name.
    location
        Where its files lie.
    version
        Changes whenever the table does.
    """

    name: str
    region: str
    schema: sch.Schema
    keys: frozenset[str] | None = frozenset()
    formats: Mapping[str, str] = field(default_factory=dict)
    injected: frozenset[str] = frozenset()
    location: str = ""
    version: str = ""


def describe(access: Access, database: str, table: str) -> Described:
    """Return what the catalog says of a table.

    Raises
    ------
    SourceError
        If there is no such database or table.
    AwsError
        If AWS refuses to say.
    """
    client = access.client("glue")
    try:
        with answered(f"for the table {brief(database)}.{brief(table)} (glue:GetTable)"):
            told = client.get_table(DatabaseName=database, Name=table)["Table"]
    except AwsError as error:
        if error.code != _MISSING:
            raise
        raise _missing(client, database, table) from error
    return _described(told, str(client.meta.region_name))


def _missing(client: Any, database: str, table: str) -> SourceError:  # noqa: ANN401 - boto3's
    where = f"{brief(database)} in {client.meta.region_name}"
    try:
        with answered(f"for the tables of {brief(database)} (glue:GetTables)"):
            names = [one["Name"] for one in client.get_tables(DatabaseName=database)["TableList"]]
    except AwsError as error:
        if error.code == _MISSING:
            return SourceError(f"there is no database {where}. Check its name, and name its region: region=.")
        return SourceError(f"there is no table {brief(table)!r} in {where}. Check its name, database and region.")
    listed = ", ".join(brief(name) for name in sorted(names)[:_MOST_NAMED]) or "none"
    return SourceError(f"there is no table {brief(table)!r} in {where}. There are: {listed}.")


def _described(told: Mapping[str, Any], region: str) -> Described:
    parameters: Mapping[str, str] = told.get("Parameters") or {}
    storage = told.get("StorageDescriptor") or {}
    keys = list(told.get("PartitionKeys") or ())
    partitions = [str(one["Name"]) for one in keys]
    columns = {one["Name"]: one.get("Type", "string") for one in [*storage.get("Columns", ()), *keys]}
    projected = parameters.get("projection.enabled", "").lower() == "true"
    said = {name: parameters.get(f"projection.{name}.type", "").lower() for name in partitions} if projected else {}
    days = {name: parameters.get(f"projection.{name}.format", "") for name, kind in said.items() if kind == "date"}
    return Described(
        name=str(told["Name"]),
        region=region,
        schema=_schema(str(told["Name"]), columns),
        keys=None if told.get("TableType") == "VIRTUAL_VIEW" else frozenset(partitions),
        formats={name: how for name, how in days.items() if how},
        injected=frozenset(name for name, kind in said.items() if kind == "injected"),
        location=str(storage.get("Location") or ""),
        version=f"{told.get('VersionId', '')} {told.get('UpdateTime') or told.get('CreateTime') or ''}",
    )


def _schema(name: str, columns: Mapping[str, str]) -> sch.Schema:
    found = {}
    for column, kind in columns.items():
        try:
            found[column] = AthenaType.from_string(kind)
        except Exception as error:
            raise FormatError(
                f"the column {brief(column)} of {brief(name)} has a type that is not understood: {brief(kind)}. Make a "
                "view in Athena that leaves it out, and name that."
            ) from error
    return sch.Schema(found)
