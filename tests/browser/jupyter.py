"""A JupyterLab of its own: fresh settings, this machine only; for the browser tests and the benchmark."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy
from urllib.error import URLError

IDLE = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.sessionContext?.session?.kernel?.status === 'idle';
}"""
# No news toast over the figures; every cell in the page, also those not scrolled to.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def served(home: Path, notebooks: Iterable[Path], cache: Path | None = None) -> Iterator[str]:
    """Serve copies of notebooks from a folder below *home*, and yield the address."""
    folders = {name: home / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    folders |= {"HOME": home, "IPYTHONDIR": home / "ipython", "FLOWKIT_CACHE": cache or home / "cache"}
    overrides = folders["JUPYTER_CONFIG_DIR"] / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    root = home / "work"
    root.mkdir()
    for notebook in notebooks:
        copy(notebook, root)
    port = free_port()
    options = [
        "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser", f"--ServerApp.root_dir={root}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    environment = os.environ | {name: str(folder) for name, folder in folders.items()}
    environment.pop("PLOTLY_RENDERER", None)
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], cwd=root, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(server, f"http://127.0.0.1:{port}/api/status", home / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # ends its kernels, too
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    """Wait until the server answers; if it ends before, or never does, show what it said."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            if server.poll() is not None:
                break
            time.sleep(0.5)
    raise RuntimeError(log.read_text(encoding="utf-8"))
