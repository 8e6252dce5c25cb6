"""The rich log in the engines that the tests have: another DuckDB, Spark in this process, Spark with a worker."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import which

import ibis
import pyarrow.parquet as pq
import pytest

import flowkit as fk
from tests.engines import rich_log

_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {  # the log is small: what takes long is to plan, and to compile what is planned
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.session.timeZone": "America/New_York",  # a cluster's own; answers are in UTC all the same
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": _JAVA,
    "spark.executor.extraJavaOptions": _JAVA,
    "spark.executor.memory": "1g",
}


def lacking():
    """Return why there is no Spark here; None if there is."""
    if importlib.util.find_spec("pyspark") is None:
        return "no PySpark: make test runs what asks Spark in an environment of its own, .venv/engines"
    if which("java") is None and not os.environ.get("JAVA_HOME"):
        return "no Java: install a runtime of version 17 (Debian: openjdk-17-jre-headless), or name one in JAVA_HOME"
    return None


def session(master):
    """Return a session with a master, or by Spark Connect (``sc://``) with a server that has its settings already."""
    from pyspark.sql import SparkSession

    if master.startswith("sc://"):
        return SparkSession.builder.remote(master).getOrCreate()
    builder = SparkSession.builder.master(master).appName("flowkit tests")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


@pytest.fixture(scope="session")
def log_file(tmp_path_factory):
    """Return the rich log as a Parquet file."""
    file = tmp_path_factory.mktemp("rich") / "log.parquet"
    pq.write_table(rich_log.rows(), file)
    return file


@pytest.fixture(scope="session")
def here(log_file):
    """Return the log in a DuckDB that is not flowkit's own."""
    return fk.load(ibis.duckdb.connect().read_parquet(log_file), inventory="sample")


@pytest.fixture(scope="session")
def spark():
    """Return a connection to Spark in this process, one for all tests."""
    if reason := lacking():
        pytest.skip(reason)
    with _alone(), closing(_Stopped(session("local[2]"))) as running:
        yield ibis.pyspark.connect(running.session)


@pytest.fixture(scope="session")
def there(spark, log_file):
    """Return the log in Spark."""
    return fk.load(spark.read_parquet(log_file), inventory="sample")


class _Stopped:
    """A session that is stopped when it is closed."""

    def __init__(self, session):
        self.session = session

    def close(self):
        self.session.stop()


@contextmanager
def _alone():
    """Let Spark know its own address, whatever the machine's name resolves to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        yield


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def daemon(folder, *command):
    """Run a class of Spark's with its arguments in a process, and stop it by its process id."""
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    env |= {"SPARK_DAEMON_MEMORY": "1g", "SPARK_DAEMON_JAVA_OPTS": _JAVA}
    with (folder / f"{command[0]}.log").open("w") as log:
        run = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{command[0]}", *command[1:]]
        process = subprocess.Popen(run, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listening(port, process, seconds=60):
    """Wait until a process listens on a port."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"nobody listens on port {port} after {seconds} s, or the process has ended: see its log")
