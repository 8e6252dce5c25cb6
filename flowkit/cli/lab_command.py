"""``flowkit lab``: JupyterLab with flowkit's cards."""

import argparse

from flowkit.jupyter import launching


def lab(given: argparse.Namespace) -> None:
    """Become JupyterLab."""
    launching.launch(given.folder, browser=not given.no_browser, port=given.port)
