"""JupyterLab: the notebooks its launcher offers, completion of the magics, and starting it.

Jupyter's server loads this module; the launcher's cards are the prebuilt extension in ``labextension/``.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "flowkit.jupyter"}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - Jupyter is not imported for a type
    from flowkit.jupyter.serving import handlers

    server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"]))
