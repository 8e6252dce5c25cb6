"""A Spark of processes of its own, a master and a worker or a server of Spark Connect: what dies, what is stopped."""

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
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


@contextmanager
def connect_server(folder, port):
    """Run a server of Spark Connect, and give its address."""
    settings = SETTINGS | {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port}
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    what = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]"]
    with daemon(folder, "SparkSubmit", *what, *options) as process:
        listening(port, process)
        yield f"sc://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(folder):
    """Return the address of a server of Spark Connect, which is stopped at the end."""
    with connect_server(folder, free_port()) as address:
        yield address


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


def test_a_question_to_a_server_is_stopped(server, log_file):
    with asking(server, log_file, "stopped", "coverage") as process:
        told, _ = process.communicate(timeout=600)
    assert told.splitlines() == ["refused: stopped before it was done. Nothing was changed; ask again to go on.",
                                 "the same"]  # fmt: skip


def test_a_server_that_is_gone_is_told_of_and_the_next_one_answers(folder, log_file):
    port = free_port()
    with ExitStack() as first:
        address = first.enter_context(connect_server(folder, port))
        with asking(address, log_file, "gone", "coverage") as process:
            assert process.stdout.readline() == "ready\n"
            first.close()
            process.stdin.write("\n")
            process.stdin.flush()
            waiting, refused = process.stdout.readline(), process.stdout.readline()
            with connect_server(folder, port):
                told, _ = process.communicate("\n", timeout=600)
    assert waiting.startswith("waiting: Spark's server has not answered for 4 s. It is tried again")
    assert refused.startswith("refused: the query failed: pyspark says: ")
    assert "The connection is gone: connect again" in refused
    assert told == "the same\n"
