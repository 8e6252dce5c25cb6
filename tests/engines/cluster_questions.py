"""Asks a cluster, or a server, what the tests ask Spark in their own process: MASTER FILE MODE NAME..."""

import sys
from threading import Timer

import ibis

import flowkit as fk
from flowkit import engine
from flowkit.errors import QueryError
from flowkit.progress import told_to
from flowkit.stopping import Stop, stoppable
from tests.engines.asked import answer, assert_same
from tests.engines.conftest import session


class Spark:
    """A cluster, or a server, and the file that it reads."""

    def __init__(self, master, file):
        self.master, self.file = master, file
        self.here = fk.load(ibis.duckdb.connect().read_parquet(file), inventory="sample")

    def connect(self):
        """Connect, as whoever lost the connection does again."""
        return ibis.pyspark.connect(session(self.master))

    def load(self):
        """Load the table from a connection."""
        return fk.load(self.connect().read_parquet(self.file), inventory="sample")


def same(spark, names):
    """Hold the cluster's answers equal to those of DuckDB."""
    there = spark.load()
    for name in names:
        assert_same(answer(there, name), answer(spark.here, name))
    say("the same")


def lost(spark, names):
    """Ask, lose the worker, and ask again: what was kept is gone, what is loaded anew answers."""
    there = spark.load()
    answer(there, names[0])
    say("ready")
    sys.stdin.readline()
    if not refused(lambda: answer(there, names[0])):
        say("survived")
    same(spark, names)


def gone(spark, names):
    """Ask, lose the server, and ask again: the wait is told of, then what to do, which helps."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    there = spark.load()
    session(spark.master).client.set_retry_policies([DefaultPolicy(6, backoff_multiplier=1, initial_backoff=1000)])
    answer(there, names[0])
    say("ready")
    sys.stdin.readline()
    with told_to(lambda sentence: say(f"waiting: {sentence}") if "Spark" in sentence else None):
        refused(there.count)  # what was answered before is known
    sys.stdin.readline()
    session(spark.master).stop()
    same(spark, names)


def stopped(spark, names):
    """Ask what takes for ever, and stop it."""
    connected, stop = spark.connect(), Stop()
    connected.raw_sql("SELECT id FROM range(10000000000000)").createOrReplaceTempView("endless")
    Timer(1, stop).start()
    with stoppable(stop):
        refused(lambda: engine.frame(connected.table("endless").aggregate(n=ibis._.id.hash().max())))
    same(spark, names)


def refused(ask):
    """Tell the test what is said of a question that is refused; return whether it is."""
    try:
        ask()
    except QueryError as error:
        say(f"refused: {error}")
        return True
    return False


def say(line):
    """Tell the test."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(master, file, mode, *names):
    """Ask in a session of this process's own."""
    spark = Spark(master, file)
    try:
        {"same": same, "lost": lost, "gone": gone, "stopped": stopped}[mode](spark, names)
    finally:
        session(master).stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
