"""Notebooks: every place in which something of the original can stand."""

import json
import struct
from collections import Counter

import nbformat
import pytest

from flowkit.redaction import RedactionError
from flowkit.redaction.notebooks import Notebooks
from flowkit.redaction.pages import Pages
from flowkit.redaction.payloads import PIXEL, decoded, encoded
from flowkit.redaction.texts import Texts

WHO = "10.0.1.5 eni-03f201a7a6e84c978 2026-03-10T08:00Z web-1"
TOKENS = ("10.0.1.5", "03f201a7a6e84c978", "2026-03-10", "web-1")
TIMES = encoded(struct.pack("<2d", 1_773_143_100_000.0, 1_773_143_160_000.0))
PNG = encoded(b"\x89PNG\r\n\x1a\n" + bytes(40))


def notebook():
    made = nbformat.v4.new_notebook(metadata={"title": WHO, "papermill": {"input_path": "/home/alice/x.ipynb"}})
    made.metadata["kernelspec"] = {"name": "acme-env", "display_name": "Acme", "language": "python"}
    state = {
        "a": {"model_name": "HTMLModel", "state": {"value": f"<b>{WHO}</b>"}},
        "b": {
            "model_name": "FigureModel",
            "state": {"_data": [{"x": {"dtype": "f8", "bdata": TIMES}, "text": [WHO]}], "n": 1},
            "buffers": [
                {"encoding": "base64", "path": ["x"], "data": encoded(WHO.encode())},
                {"encoding": "base64", "path": ["y"], "data": PNG},
            ],
        },
    }
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    words = nbformat.v4.new_markdown_cell(f"# {WHO}")
    words["attachments"] = {"a.png": {"image/png": PNG}}
    code = nbformat.v4.new_code_cell(f"f('{WHO}')  # {WHO}")
    figure = {
        "data": [{"x": ["2026-03-10T08:00:00"], "text": [WHO], "y": {"dtype": "f8", "bdata": TIMES}}],
        "layout": {},
    }
    code.outputs = [
        nbformat.v4.new_output("stream", text=f"\x1b[31m{WHO[:4]}\x1b[0m{WHO[4:]}\n"),
        nbformat.v4.new_output("error", ename="ValueError", evalue=WHO, traceback=[f"\x1b[32m{WHO}\x1b[39m"]),
        nbformat.v4.new_output(
            "display_data", data={"text/html": f"<td>{WHO}</td>", "text/plain": WHO, "image/png": PNG}
        ),
        nbformat.v4.new_output("display_data", data={"application/vnd.plotly.v1+json": figure}),
        nbformat.v4.new_output(
            "display_data", data={"application/vnd.acme+json": {WHO: [WHO]}, "application/x-acme": WHO}
        ),
        nbformat.v4.new_output("display_data", data={"audio/wav": PNG, "image/svg+xml": f"<svg>{WHO}</svg>"}),
    ]
    made.cells = [words, code]
    return made


def redacted(texts, text):
    left_out = Counter()
    return Notebooks(Pages(texts, left_out))(text), left_out


def test_nothing_is_left_in_any_place(texts):
    made, left_out = redacted(texts, nbformat.writes(notebook()))
    nbformat.validate(nbformat.reads(made, as_version=4))
    assert not [token for token in (*TOKENS, "alice", "acme-env", TIMES, PNG) if token in made]
    state = json.loads(made)["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert not [token for token in TOKENS if token.encode() in decoded(state["b"]["buffers"][0]["data"])]
    assert state["b"]["buffers"][1]["data"] == PIXEL
    assert sum(left_out.values()) == 4


def test_times_in_typed_arrays_move_like_all_others(texts):
    made = json.loads(redacted(texts, nbformat.writes(notebook()))[0])
    found = made["cells"][1]["outputs"][3]["data"]["application/vnd.plotly.v1+json"]["data"][0]
    assert struct.unpack("<2d", decoded(found["y"]["bdata"]))[0] == 1_773_143_100_000 + texts.maps.seconds * 1000
    assert found["x"][0].endswith("T08:00:00")


def test_it_comes_back_but_for_pictures_and_colours(texts, back):
    made, _ = redacted(texts, nbformat.writes(notebook()))
    again = json.loads(redacted(Texts(back), made)[0])
    assert "".join(again["cells"][0]["source"]) == f"# {WHO}"
    assert again["cells"][1]["outputs"][1]["evalue"] == WHO
    assert "".join(again["cells"][1]["outputs"][0]["text"]) == f"{WHO}\n"


def test_sources_as_lists_of_lines(texts):
    given = {
        "cells": [{"cell_type": "raw", "metadata": {}, "source": ["10.0.1.5\n", "x"]}],
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made = json.loads(redacted(texts, json.dumps({**given, "metadata": {}}))[0])
    assert made["cells"][0]["source"][1] == "x"
    assert made["cells"][0]["source"][0] != "10.0.1.5\n"


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"worksheets": []}', '{"cells": 3}', "[" * 100_000])
def test_what_is_no_notebook_is_refused(texts, text):
    with pytest.raises(RedactionError, match="Open it in JupyterLab"):
        redacted(texts, text)


def test_odd_cells_and_outputs_are_redacted_too(texts):
    odd = {
        "cells": ["10.0.1.5", {"source": 3, "outputs": ["10.0.1.5", {"data": "10.0.1.5"}], "more": WHO}],
        "metadata": WHO,
    }
    made, _ = redacted(texts, json.dumps(odd))
    assert "10.0.1.5" not in made
