"""Notebooks: sources, outputs, figures, the state of widgets, and metadata."""

import json
import re
from typing import Any, Final

from flowkit.redaction.documents import Documents
from flowkit.redaction.pages import Pages, libraries
from flowkit.redaction.payloads import PIXEL, decoded, encoded, shifted_numbers, typed_array, unpacked
from flowkit.redaction.refusing import RedactionError

_COLOURS: Final = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "application/pdf")
_MAGIC: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"BM")
_PLAIN_KERNEL: Final = re.compile(r"[Pp]ython ?3?(?: \(ipykernel\))?|ir|R|julia.*|")


class Notebooks:
    """Redacts notebooks, or undoes that."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._texts = pages.texts
        self._values = Documents(self._texts)

    def __call__(self, text: str) -> str:
        """Return the text of a notebook file, redacted.

        Raises
        ------
        RedactionError
            If it is no notebook.
        """
        try:
            notebook = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RedactionError(
                f"the notebook is no JSON: {error}. Open it in JupyterLab and save it again."
            ) from error
        if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
            raise RedactionError(
                "the notebook has no cells: flowkit reads format 4. Open it in JupyterLab and save it."
            )
        cells = [self._cell(cell) if isinstance(cell, dict) else self._values(cell) for cell in notebook["cells"]]
        rest = {name: self.rich(value, name) for name, value in notebook.items() if name not in ("cells", "metadata")}
        made = {"cells": cells, "metadata": self._metadata(notebook.get("metadata", {})), **rest}
        return json.dumps(made, indent=1, ensure_ascii=False) + "\n"

    def _metadata(self, metadata: Any) -> Any:  # noqa: ANN401 - JSON
        found = self.rich(metadata)
        kernel = found.get("kernelspec") if isinstance(found, dict) else None
        if isinstance(kernel, dict) and not self._texts.maps.backward:
            for name in ("name", "display_name"):
                if isinstance(kernel.get(name), str) and not _PLAIN_KERNEL.fullmatch(kernel[name]):
                    kernel[name] = self._texts.name(kernel[name])  # as environments are named after a customer
        return found

    def _cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        made = {name: self.rich(value, name) for name, value in cell.items() if name not in _OF_CELL}
        if "source" in cell:
            made["source"] = self._lines(cell["source"])
        if "attachments" in cell:
            kept = cell["attachments"] if isinstance(cell["attachments"], dict) else {}
            made["attachments"] = {self._texts(name): self.bundle(data) for name, data in kept.items()}
        if "outputs" in cell:
            made["outputs"] = [self._output(one) for one in cell["outputs"]]
        return {name: made[name] for name in cell}

    def _output(self, output: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(output, dict):
            return self._values(output)
        made = {name: self.rich(value, name) for name, value in output.items() if name not in _OF_OUTPUT}
        if "data" in output:
            made["data"] = self.bundle(output["data"])
        if "text" in output:
            made["text"] = self._lines(output["text"])
        if "traceback" in output:
            made["traceback"] = [self._lines(line) for line in output["traceback"]]
        return {name: made[name] for name in output}

    def bundle(self, data: Any) -> Any:  # noqa: ANN401 - JSON
        """Return data by kind (MIME type), each redacted; of a kind that cannot be looked into, nothing is kept."""
        if not isinstance(data, dict):
            return self._values(data)
        return {str(kind): self._of_kind(str(kind), value) for kind, value in data.items()}

    def _of_kind(self, kind: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        if kind in _PICTURES:
            self._pages.left_out[f"pictures and other data ({kind})"] += 1
            return PIXEL
        if kind in ("text/html", "image/svg+xml"):
            return self._lined(value, self._pages)
        if kind == "application/javascript":
            return self._lined(value, self._pages.script)
        if isinstance(value, str | list) and not kind.endswith("json"):
            return self._binary(kind, value) if _is_binary(kind) else self._lines(value)
        return self.rich(value)

    def _binary(self, kind: str, _value: Any) -> str:  # noqa: ANN401 - JSON
        self._pages.left_out[f"pictures and other data ({kind})"] += 1
        return ""

    def _lines(self, value: Any) -> Any:  # noqa: ANN401 - text, or a list of its lines
        return self._lined(value, lambda text: self._texts(_COLOURS.sub("", text)))

    def _lined(self, value: Any, of: Any) -> Any:  # noqa: ANN401 - likewise
        if isinstance(value, list) and all(isinstance(line, str) for line in value):
            return of("".join(value)).splitlines(keepends=True)
        return of(value) if isinstance(value, str) else self._values(value)

    def rich(self, value: Any, key: str = "") -> Any:  # noqa: ANN401, PLR0911 - JSON, of which a type each
        """Return a JSON value of a figure or a widget, redacted, typed arrays and packed buffers too."""
        if isinstance(value, dict):
            if "bdata" in value and "dtype" in value:
                return typed_array(value, self._texts.epochs, self._texts.maps.seconds)
            if value.get("encoding") == "base64" and isinstance(value.get("data"), str):
                return {
                    **self.rich({k: v for k, v in value.items() if k != "data"}),
                    "data": self._buffer(value["data"]),
                }
            return {self._texts(str(name)): self.rich(each, str(name)) for name, each in value.items()}
        if isinstance(value, list):
            numbers = value and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
            moved = shifted_numbers(value, self._texts.epochs, self._texts.maps.seconds) if numbers else None
            return moved if moved is not None else [self.rich(each, key) for each in value]
        if isinstance(value, str) and value in libraries():
            return value
        if isinstance(value, str) and value.startswith("data:"):
            return self._pages.value(value)
        if isinstance(value, str) and "<" in value and ">" in value and key in ("value", "html", "_html"):
            return self._pages(value)
        if isinstance(value, str):
            return self._values(_COLOURS.sub("", value), key)
        return self._values(value, key)

    def _buffer(self, data: str) -> str:
        """Return a buffer of a widget: text in it redacted, a picture replaced by a point, numbers as they are."""
        content = decoded(data)
        if content is None:
            return self._texts(data)
        if content.startswith(_MAGIC):
            self._pages.left_out["pictures and other data (widget)"] += 1
            return PIXEL
        try:
            written = unpacked(content).decode()
        except UnicodeDecodeError:
            return data
        mapped = self._texts(written)
        return data if mapped == written else encoded(mapped.encode())


_OF_CELL: Final = ("source", "attachments", "outputs")
_OF_OUTPUT: Final = ("data", "text", "traceback")


def _is_binary(kind: str) -> bool:
    """Tell a kind whose data is base64."""
    return kind.startswith(("image/", "audio/", "video/", "application/octet", "application/zip", "application/pdf"))
