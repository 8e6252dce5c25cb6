"""The documentation: its Python and its commands run, its generated pages hold what the code has."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flowkit import fields, playbooks
from flowkit.analysis import detector_settings
from flowkit.cli.arguments import parser
from flowkit.meaning.roles import RULES
from flowkit.playbooks.playbook import KINDS
from tests import documents

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NAMES = [path.relative_to(DOCS).as_posix() for path in PAGES]


@pytest.fixture(scope="module")
def generated():
    """Return what makes the generated pages; it lies beside the pages."""
    sys.path.insert(0, str(DOCS))
    try:
        from generated import foreign, markdown, notebooks, pages, playbooks, shown

        yield {
            "foreign": foreign, "markdown": markdown, "notebooks": notebooks, "pages": pages.all_pages(),
            "playbooks": playbooks, "shown": shown,
        }  # fmt: skip
    finally:
        sys.path.remove(str(DOCS))


# The stand-in for AWS, which begins once to a process, takes as long as all the others together; the README asks it
# much the same in every run.
OF_AWS = ("how-to/cloudwatch.md", "how-to/s3.md")


@pytest.mark.slow
@pytest.mark.parametrize(
    "names", [sorted({*NAMES} - {*OF_AWS}), *([name] for name in OF_AWS)], ids=["all offline", *OF_AWS]
)
def test_the_pages_run(tmp_path, names):
    environment = {"FLOWKIT_CACHE": str(tmp_path / "cache"), "PLOTLY_RENDERER": "json"}
    command = [sys.executable, documents.__file__, *(str(DOCS / name) for name in names)]
    run = subprocess.run(
        command, cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```python\nprint(1)\n```\n\n```text\n1\n```\n", ""),
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "it prints\n1"),
        ("```python\nprint(1)\n```\n\nElsewhere:\n\n```text\n2\n```\n", ""),
        ("```python\na = 1\n```\n```python\nprint(a)\n```\n```text\n1\n```\n", ""),
        ("````text\n```python\nraise\n```\n````\n", ""),
    ],
    ids=["as it says", "something else", "not its output", "one program", "a fence in a fence"],
)
def test_a_page_is_held_to_what_it_says(tmp_path, page, complaint):
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    if not complaint:
        assert documents.run(str(path)) is None
        return
    with pytest.raises(AssertionError, match=complaint):
        documents.run(str(path))


def test_an_error_names_the_line_of_the_page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# Page\n\n```python\nfine = 1\n1 / 0\n```\n", encoding="utf-8")
    with pytest.raises(ZeroDivisionError) as caught:
        documents.run(str(path))
    assert caught.traceback[-1].lineno + 1 == 5


def commands(text):
    for block in documents.blocks(text):
        if block.language == "sh":
            yield from (line for line in block.text.splitlines() if line.startswith("flowkit "))


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_page_are_understood(name):
    for line in commands((DOCS / name).read_text(encoding="utf-8")):
        assert parser().parse_args(shlex.split(line, comments=True)[1:]).run


def test_the_commands_of_generated_pages_are_understood(generated):
    found = [line for text in generated["pages"].values() for line in commands(text)]
    assert len(found) > len(playbooks.names())
    for line in found:
        filled = line.replace("--port PORT", "--port 443")
        assert parser().parse_args(shlex.split(filled, comments=True)[1:]).run


def test_every_field_detector_command_and_playbook_has_its_place(generated):
    pages = generated["pages"]
    assert all(f"| `{one.name}` | `{one.column}` |" in pages["reference/fields.md"] for one in fields.FIELDS)
    for name, rows in detector_settings().groupby("detector"):
        page = pages[f"methods/detectors/{name}.md"]
        assert all(f"| `{setting}` |" in page for setting in rows.setting)
        assert f"(detectors/{name}.md)" in (DOCS / "methods" / "scores.md").read_text(encoding="utf-8")
    for name in ("summary", "load", "run", "case", "redact", "fields"):
        assert f"## flowkit {name}\n" in pages["reference/commands.md"]
    for name in playbooks.names():
        assert f"# {playbooks.get(name).title}\n" in pages[f"playbooks/{name}.md"]
        assert all(f"`{one.name}`" in pages[f"playbooks/{name}.md"] for one in playbooks.get(name).parameters)


@pytest.mark.parametrize("name", ["exfiltration", "intrusion", "flood"])
def test_a_playbook_page_lists_steps_and_kinds(generated, name):
    made = generated["playbooks"]
    assert made.steps(getattr(playbooks, name))[0].__name__ == "logged"
    kinds = made.finding_kinds(name)
    assert kinds
    assert set(kinds) <= KINDS


def test_the_kinds_of_finding_are_those_that_the_playbook_makes(generated):
    assert generated["playbooks"].finding_kinds("intrusion") == [
        "access_after_attempts", "background_noise", "brute_force", "lateral_movement", "port_scan", "sweep",
    ]  # fmt: skip


def test_the_rules_of_client_and_server_stand_on_their_page():
    page = (DOCS / "methods" / "client-and-server.md").read_text(encoding="utf-8")
    assert [tuple(line.split(" | ")[:2]) for line in page.splitlines() if line.startswith("| `")] == [
        (f"| `{rule}`", confidence) for rule, confidence in RULES
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a|b", "a\\|b"), ("<b>", "&lt;b>"), ("a\nb", "a b"), ("2 * 3", "2 \\* 3"), ("a & b", "a &amp; b")],
)
def test_a_cell_keeps_to_itself(generated, text, shown):
    assert generated["markdown"].cell(text) == shown


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<script src="https://example.com/a.js"></script>', ["https://example.com/a.js"]),
        ('<link rel="stylesheet" href="//example.com/a.css">', ["//example.com/a.css"]),
        ('<link rel="preconnect" href="https://example.com">', ["https://example.com"]),
        ('<img srcset="HTTPS://example.com/a.png 2x">', ["HTTPS://example.com/a.png 2x"]),
        ('<p style="background: url(\'https://example.com/b\')">', ["https://example.com/b"]),
        ('<a href="https://example.com">there</a><img src="a.png"><link rel="canonical" href="https://a.b">', []),
        ('<script src="assets/a.js"></script><link rel="stylesheet" href="../a.css">', []),
    ],
)  # fmt: skip
def test_what_a_page_would_load_from_elsewhere_is_found(generated, tmp_path, page, found):
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    assert list(generated["foreign"].loads(tmp_path)) == [("page.html", what) for what in found]


def test_a_style_sheet_is_looked_through(generated, tmp_path):
    (tmp_path / "a.css").write_text("@import 'https://example.com/a.css'; p { color: red }", encoding="utf-8")
    assert list(generated["foreign"].loads(tmp_path)) == [("a.css", "https://example.com/a.css")]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ({"output_type": "stream", "name": "stdout", "text": "2 hosts\n"}, "```text\n2 hosts\n```"),
        ({"output_type": "stream", "name": "stdout", "text": "\rloading 50%\rloading 100%\n\x1b[A\x1b[A"}, ""),
        ({"output_type": "stream", "name": "stderr", "text": "a warning"}, ""),
        ({"data": {"text/plain": "'yes'"}}, "```text\n'yes'\n```"),
        ({"data": {"text/html": "<style>p {}</style><p>It <b>fails</b>.</p><p>a*b</p>"}}, "> It fails.<br>\n> a\\*b"),
        ({"data": {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"}}, "```text\n1\n```"),
        (
            {"data": {"text/html": '<table class="dataframe">\n<tbody>\n<tr id="a"><td>1</td></tr></tbody></table>'}},
            '<div class="shown"><table><tbody><tr><td>1</td></tr></tbody></table></div>',
        ),
        ({"data": {"image/svg+xml": "<svg/>", "text/plain": "Bytes [B]"}}, "![Bytes  B ](../shown/a-1.svg){.picture}"),
        ({"data": {"image/svg+xml": "<svg>" + " " * 300_000, "text/plain": "Talkers"}}, ""),
    ],
    ids=["printed", "progress", "warning", "value", "words", "only a table", "frame", "picture", "too large a picture"],
)  # fmt: skip
def test_what_a_cell_showed_becomes_markdown(generated, output, found):
    assert generated["shown"].markdown({"output_type": "display_data"} | output, "a-1.svg")[0] == found


def test_a_long_frame_shows_its_first_rows_and_how_many_more(generated):
    rows = "".join(f"<tr><td>{n}</td></tr>" for n in range(9))
    page = f'<table class="dataframe"><tbody>{rows}</tbody></table>'
    text, _picture = generated["shown"].markdown({"output_type": "display_data", "data": {"text/html": page}}, "")
    assert text.count("<tr>") == 6
    assert "and 3 rows more" in text


def test_what_is_kept_is_found_again(generated, tmp_path, monkeypatch):
    shown = generated["shown"]
    monkeypatch.setattr(shown, "FOLDER", tmp_path)
    (tmp_path / "tour-7.svg").write_text("an older run's", encoding="utf-8")
    picture = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>", "text/plain": "Talkers"}}
    cells = [{"source": ["a()"], "outputs": [picture, picture]}, {"source": "b()", "outputs": []}, {"source": "# c"}]
    assert shown.keep("tour", cells) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tour-1.svg", "tour-2.svg", "tour.json"]
    assert "tour-2.svg" in shown.read("tour")[shown.code_hash("a()")]
    assert shown.read("another") == {}


def test_what_a_tutorial_shows_belongs_to_cells_that_are_there(generated):
    shown = generated["shown"]
    for path in generated["notebooks"].paths():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        there = {shown.code_hash("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"}
        assert set(shown.read(path.stem)) <= there, f"{path.name} has changed: tools/docs --run {path.stem}"


def test_links_between_notebooks_lead_to_their_tutorials(generated):
    pages = generated["pages"]
    assert "[meaning.ipynb](meaning.md)" in pages["tutorials/tour.md"]
    assert not [path for path, text in pages.items() if ".ipynb)" in text]
