"""A Spark of processes of its own: a master and a worker, or a server of Spark Connect; a worker that dies."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines.asked import ARGUMENTS, chosen
from tests.engines.conftest import SETTINGS, daemon, free_port, lacking, listening

pytestmark = pytest.mark.spark
ROOT = Path(__file__).parents[2]
NAMES = chosen(ARGUMENTS, "coverage")


@contextmanager
def asking(master, log_file, *options):
    """Ask in a process of its own: there is one Spark in a process, and this one has its own already."""
    run = [sys.executable, "-W", "ignore", "-m", "tests.engines.cluster_questions", master, str(log_file), *options]
    env = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"}
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def worker(folder, master):
    """Run a worker of a master."""
    place = ["--cores", "2", "--memory", "1500m", "--work-dir", str(folder / "work")]
    return daemon(folder, "worker.Worker", "--host", "127.0.0.1", "--webui-port", str(free_port()), *place, master)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if reason := lacking():
        pytest.skip(reason)
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def master(folder):
    """Return the address of a master, which is stopped at the end."""
    port, page = free_port(), free_port()
    place = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    with daemon(folder, "master.Master", *place) as process:
        listening(port, process)
        yield f"spark://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(folder):
    """Return the address of a server of Spark Connect, which is stopped at the end."""
    port = free_port()
    settings = SETTINGS | {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port}
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    what = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]"]
    with daemon(folder, "SparkSubmit", *what, *options) as process:
        listening(port, process)
        yield f"sc://127.0.0.1:{port}"


def test_answers_by_connect_are_the_same(server, log_file):
    with asking(server, log_file, "same", *NAMES) as process:
        told, _ = process.communicate(timeout=1800)
    assert told == "the same\n"


def test_answers_of_a_cluster_are_the_same(folder, master, log_file):
    with worker(folder, master), asking(master, log_file, "same", *NAMES) as process:
        told, _ = process.communicate(timeout=1800)
    assert told == "the same\n"


def test_a_worker_that_dies_takes_no_more_than_what_was_kept(folder, master, log_file):
    with asking(master, log_file, "lost", "conversations") as process:
        with worker(folder, master):
            assert process.stdout.readline() == "ready\n"
        with worker(folder, master):
            told, _ = process.communicate("\n", timeout=1200)
    first, *rest = told.splitlines()
    assert first.startswith(("survived", "refused: the query failed: pyspark says: "))
    assert rest == ["the same"]
