"""`fk.connect`: a table where it lies, its partitions restricted by whatever window is asked for."""

from types import SimpleNamespace

import ibis
import pytest

import flowkit as fk
from flowkit.errors import FormatError, QueryError, ScopeError, SourceError
from tests.tables.conftest import WINDOW


@pytest.fixture(scope="module")
def hive(lake, tmp_path_factory):
    """Return an engine that reads the records as Hive-partitioned Parquet files, one of them damaged."""
    folder = tmp_path_factory.mktemp("lake")
    columns = "*, year(start) AS year, strftime(start, '%m') AS month, strftime(start, '%d') AS day"
    rows = f"COPY (FROM records SELECT {columns})"
    lake.raw_sql(f"{rows} TO '{folder}' (FORMAT parquet, PARTITION_BY (year, month, day))")
    damaged = folder / "year=2026" / "month=02" / "day=01" / "damaged.parquet"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"PAR1 no more")
    late = folder / "year=2026" / "month=03" / "day=11"
    late.mkdir()
    lake.raw_sql(f"COPY (FROM records LIMIT 5) TO '{late}/late.parquet' (FORMAT parquet)")
    engine = ibis.duckdb.connect()
    files = f"['{folder}/year=2026/month=03/*/*.parquet', '{folder}/*/month=02/*/*.parquet']"
    engine.raw_sql(f"CREATE VIEW flows AS FROM read_parquet({files}, hive_partitioning=true)")
    return engine


def test_no_folder_outside_the_window_is_read(hive, sample):
    flows = fk.connect(hive, "flows", **WINDOW)
    assert flows.count() == sample.count() + 5  # of the next day, as files may come late
    assert flows.fields == sample.fields
    with pytest.raises(QueryError, match="damaged"):
        fk.connect(hive, "flows", start="2026-02-01T00:00Z", end=WINDOW["end"]).count()


def test_a_narrower_window_reads_fewer_folders(hive):
    flows = fk.connect(hive, "flows", start="2026-02-01T00:00Z", end=WINDOW["end"])
    assert flows.narrow(start=WINDOW["start"], srcaddr="10.0.0.0/16").count() > 0
    with pytest.raises(QueryError, match="damaged"):
        flows.count()


def test_without_a_window_nothing_is_asked(hive):
    with pytest.raises(ScopeError, match=r"flows is partitioned by time, and no start is given.*Give start="):
        fk.connect(hive, "flows", end=WINDOW["end"])


def test_a_table_without_partitions_needs_no_window(lake, sample):
    assert fk.connect(lake, "records").count() == sample.count()


def test_the_code_says_how_it_was_connected(lake):
    flows = fk.connect(lake, "text", account="111122223333", start=WINDOW["start"], dstport=443)
    assert flows.origin.code == (
        "fk.connect(connection, 'text', start='2026-03-10T08:00Z', account='111122223333', dstport=443)"
    )
    assert str(flows.scope) == "from 2026-03-10 08:00Z, dstport 443"


def test_an_inventory_names_its_addresses(lake):
    flows = fk.connect(lake, "parquet", inventory="sample", **WINDOW)
    assert flows.identities.snapshot is not None


class Lake:
    """A connection in which no table can be read."""

    def __init__(self, *names):
        self.names = names

    def table(self, _name, database=None):
        raise RuntimeError(f"refused {database}\x1b[2J\nat line 1")

    def list_tables(self, **_):
        if not self.names:
            raise RuntimeError("refused")
        return self.names


@pytest.mark.parametrize(
    ("connection", "table", "database", "told"),
    [
        (Lake("b", "a\x1b[2J"), "flows", None, r"no table 'flows' .*RuntimeError: refused.*There are: a\\x1b\[2J, b\."),
        (Lake(*map(str, range(30))), "flows", "logs", r"'flows' in logs .* and 20 more\."),
        (Lake(), "flows", None, "Check the connection"),
        ("athena://logs/flows", "flows", None, "is no Ibis connection. Make one"),
        (SimpleNamespace(name="athena", table=None), "flows", None, r"writes: .*athena://DATABASE/flows"),
        (ibis.memtable({"a": [1]}), "flows", None, r"goes to fk.load\(table\)"),
    ],
)
def test_what_cannot_be_connected_to(connection, table, database, told):
    with pytest.raises(SourceError, match=told) as caught:
        fk.connect(connection, table, database=database)
    assert "\x1b" not in str(caught.value)


def test_a_table_of_something_else(lake):
    lake.raw_sql("CREATE OR REPLACE VIEW prices AS SELECT 1 AS price")
    with pytest.raises(FormatError, match="prices is no table of flow logs"):
        fk.connect(lake, "prices")
