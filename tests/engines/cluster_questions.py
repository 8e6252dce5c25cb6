"""Asks a cluster, or a server, what the tests ask Spark in their own process: MASTER FILE same|lost NAME..."""

import sys

import ibis

import flowkit as fk
from flowkit.errors import QueryError
from tests.engines.asked import answer, assert_same
from tests.engines.conftest import session


def same(here, load, names):
    """Hold the cluster's answers equal to those of DuckDB."""
    there = load()
    for name in names:
        assert_same(answer(there, name), answer(here, name))
    say("the same")


def lost(here, load, names):
    """Ask, lose the worker, and ask again: what was kept is gone, what is loaded anew answers."""
    there = load()
    answer(there, names[0])
    say("ready")
    sys.stdin.readline()
    try:
        answer(there, names[0])
        say("survived")
    except QueryError as error:
        say(f"refused: {error}")
    same(here, load, names)


def say(line):
    """Tell the test."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(master, file, mode, *names):
    """Ask in a session of this process's own."""
    here = fk.load(ibis.duckdb.connect().read_parquet(file), inventory="sample")
    spark = session(master)
    try:
        there = ibis.pyspark.connect(spark)
        modes = {"same": same, "lost": lost}
        modes[mode](here, lambda: fk.load(there.read_parquet(file), inventory="sample"), names)
    finally:
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
