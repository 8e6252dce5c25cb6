"""What the launcher asks Jupyter's server: which notebooks there are, and each as it lies there. Nothing is written."""

import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RequestHandler, authenticated

from flowkit.errors import FlowkitError
from flowkit.jupyter import notebooks


class _Notebooks(APIHandler):
    auth_resource = "contents"

    @authenticated
    @authorized
    def get(self) -> None:
        """Answer with what the launcher shows of each notebook."""
        rows = [
            {"name": one.name, "kind": one.kind, "label": one.label, "question": one.question}
            for one in notebooks.offered()
        ]
        self.finish(json.dumps({"notebooks": rows}))


class _Notebook(APIHandler):
    auth_resource = "contents"

    @authenticated
    @authorized
    def get(self, name: str) -> None:
        """Answer with a notebook."""
        try:
            self.finish(json.dumps({"content": notebooks.find(name).content()}))
        except FlowkitError as error:
            raise HTTPError(404, reason="no such notebook", log_message=None) from error


def handlers(base: str) -> list[tuple[str, type[RequestHandler]]]:
    """Return the addresses below *base* and what answers there."""
    here: Any = url_path_join(base, "flowkit", "notebooks")
    return [(here, _Notebooks), (here + r"/([\w-]+)", _Notebook)]
