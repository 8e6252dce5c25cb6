"""Records that lie in another engine, as an object that a case loads and keeps like any other."""

import hashlib
import io

import pyarrow as pa
import pyarrow.parquet as pq

from flowkit import engine
from flowkit.errors import CaseError
from flowkit.flows import Flows
from flowkit.sources import LogObject


def object_of(flows: Flows, limit: int) -> LogObject:
    """Return records and status records of the window and resources of some flows, as a Parquet object.

    Raises
    ------
    CaseError
        If they were loaded from objects, which a case keeps as they are.
    QueryError
        If there are more than *limit*, or the engine refuses.
    """
    if flows.origin.store is not None:
        raise CaseError(
            "these records came from objects, which a case keeps as they are: case.load(…) does, "
            f"instead of {flows.origin.code}."
        )
    around = flows.surroundings
    brought = around.materialise(limit=limit)
    told = [engine.arrow(table) for table in (brought.table, brought.status_records)]
    file = io.BytesIO()
    pq.write_table(pa.concat_tables(told, promote_options="default"), file, compression="zstd")
    held = file.getvalue()
    name = f"{flows.origin.code or engine.name(flows.origin.records)}, {around.scope}"
    return LogObject(name, len(held), hashlib.sha256(held).hexdigest(), lambda: io.BytesIO(held))
