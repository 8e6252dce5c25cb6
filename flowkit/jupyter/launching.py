"""JupyterLab with flowkit's cards in its launcher, reachable from this machine only."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Final, NoReturn

from flowkit.errors import FlowkitError
from flowkit.inventory.text import shown

CONFIG: Final = Path(__file__).parent / "config"
"""Settings for Jupyter: the server part enabled, no news."""


def launch(folder: str | PathLike[str] = ".", *, browser: bool = True, port: int | None = None) -> NoReturn:
    """Become JupyterLab: this process is its server from now on, and ends with it.

    Parameters
    ----------
    folder
        What it shows, and where new notebooks go.
    browser
        Open a browser, where there is a screen.
    port
        By default the first free one from Jupyter's own, 8888.

    Raises
    ------
    FlowkitError
        If JupyterLab is not installed, or there is no such folder.
    """
    arguments = command(folder, browser=browser, port=port)
    sys.stdout.flush()
    os.execve(arguments[0], arguments, environment(os.environ))  # noqa: S606 - nothing of it is a shell's


def command(folder: str | PathLike[str] = ".", *, browser: bool = True, port: int | None = None) -> list[str]:
    """Return the command that `launch` becomes; it raises as that does."""
    if find_spec("jupyterlab") is None:
        raise FlowkitError("JupyterLab is not installed here. Install it: pip install 'vpc-flowkit[lab]'")
    root = Path(folder).resolve()
    if not root.is_dir():
        raise FlowkitError(f"there is no folder {shown(str(root))}. Name one that is there, or make it first.")
    made = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={root}"]
    made += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port is not None else []
    # No news and no look for updates: nothing leaves the machine unless asked.
    made += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    prebuilt = Path(__file__).resolve().parents[2] / "labextension" / "prebuilt"
    if prebuilt.is_dir():  # a checkout: what it holds counts, not what was installed of it once
        made.append(f"--LabApp.extra_labextensions_path={prebuilt}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container
        made.append("--allow-root")
    return made if browser and _screen() else [*made, "--no-browser"]


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of `launch`: the user's own Jupyter settings hold, and flowkit's part is enabled."""
    before = outer.get("JUPYTER_CONFIG_PATH")
    paths = [str(CONFIG), *([before] if before else [])]
    return {**outer, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def _screen() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
