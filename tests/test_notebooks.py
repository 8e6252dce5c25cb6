"""Every notebook runs, is committed without output, and its export shows the figures without a network."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from tempfile import gettempdir

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(path for folder in ("notebooks", "playbooks") for path in (ROOT / folder).glob("*.ipynb"))
PLAYBOOK = ROOT / "playbooks" / "connectivity.ipynb"
FACTS = {
    "investigation.ipynb": [
        "records 55,361 records flow records in scope",
        "Upload, 10.0.11.10 and 203.0.113.77: 621,586,758 B out",
    ],
    "sharing.ipynb": [
        "asked the owner at 14:10: it is no backup of theirs",
        "are as they were written",
        "Looked through once more, nothing of the original was found",
        "True",
    ],
    "welcome.ipynb": ["records 55,361 records flow records in scope"],
    "compliance.ipynb": [
        "app to the internet, 1 address, by the address of eni-04d4abcd61be4b3e0 shop-nat: forbidden by default deny",
        "12 minutes lost records to SKIPDATA",
        "Every interface is covered: all traffic of 13 interfaces is logged.",
        "72 of 72 objects have a SHA-256",
        "41 forbidden, 0 unsure, 0 excepted, 2,381 stopped, 8,350 allowed",
        "let in by sg-0dd286de0c8c10f4f (limited to what the rule names)",
    ],
    "connectivity.ipynb": [
        "intermittent 98 of 831 attempts from app-a-1 to db-a-1, tcp port 5432 fail.",
        "denies the reply [destination_nacl_outbound (acl-093602b30a851dbbd entry 32767)]",
        "Client ports 57344-60999 fail (98 of 98), others do not (0 of 733).",
        "The source (app-a-1) is logged throughout; the destination (db-a-1) is logged throughout.",
        "Rejected at: destination, reply leaving (98 attempts).",
        "733 established, 98 rejected.",
        "733 attempts came about, 98 did not; 11.8% fail.",
        "aws ec2 replace-network-acl-entry --network-acl-id acl-093602b30a851dbbd --egress",
    ],
    "cost.ipynb": [
        "Transfer cost, 10.0.2.20: S3 or DynamoDB through a NAT gateway, 32.27 USD a month that a gateway endpoint",
        "73.27 USD a month, 73.27 to 91.75.",
        "20 conversations: a gateway endpoint would save 48.74 USD a month.",
        "Too short to compare: 0.12 days were logged before 2026-03-10 10:59Z",
        "transfer_zone 0.01 USD per GB: Amazon EC2 on-demand pricing",
        "cross_zone: 0.3989 USD (0.3989 to 0.3989); right: 0.3989",
        "--service-name com.amazonaws.eu-central-1.s3 --route-table-ids RTB",
    ],
    "exfiltration.ipynb": [
        "Upload, 10.0.11.10 and 203.0.113.77: 621,586,758 B out, 10,843,714 B in, within 3 h.",
        "Records were lost there: 12 SKIPDATA lines.",
        "is an address of AWS S3; whose data lies there cannot be told from it",
        "time by NTP, by port and size of its packets",
        "the log is too short to call any of them new",
        "tcpdump -ni any 'host 203.0.113.77 and port 443'",
        "Beacon, 10.127.2.106 and 192.0.2.18: 47 calls, one every 29.8 min (jitter 31%).",
        "Right: beacon 10.127.2.106 192.0.2.18",
    ],
    "flood.ipynb": [
        "nothing found Nothing in what was logged.",
        "Records were lost there: 12 SKIPDATA lines.",
        "syn flood inbound, 5,664 sources",
    ],
    "from-aws.ipynb": [
        "Of 3 interfaces 1 is covered for all traffic; 1 partly, 1 not at all.",
        "aws ec2 create-flow-logs --region eu-central-1 --resource-type Subnet",
        "objects 27 that can hold the window; 0 of them are loaded already",
        "records 8,182 records flow records in scope",
        "2026-03-10 08:00Z to 09:00Z, eni-03f201a7a6e84c978 records 603 records",
        "srcaddr got interface-id, dstaddr got srcaddr, srcport got dstaddr",
        "as version, accountId, interfaceId, srcaddr, dstaddr, srcport, dstport, protocol, packets, bytes, start, end",
        "10.0.2.20 8624 36 144",
        "ALL 0.68 to 0.79; REJECT 0.02 to 0.08; ACCEPT 0.65 to 0.79",
        "A GB is 2**30 B, a month 30.44 days.",
    ],
    "intrusion.ipynb": [
        "Lateral movement, 10.0.0.30: on to 3 hosts over port 22",
        "h of log went before: these pairs may be old acquaintances",
        "Access after attempts, 192.0.2.202 and 10.84.4.145: 200 attempts, 152 a minute",
        "Background noise, 10.0.0.30: 1,528 attempts by 251 sources on 1,036 ports came to nothing.",
    ],
    "meaning.ipynb": [
        "100 records of one connection, 08:05:16 to 08:33:48 UTC",
        "831 6,141 35,923,003 218,017,350 established syn high",  # 10.0.1.10 to the database
        "10.0.12.20 10.0.2.20 5432 1 1,232 13,884,497 507,484,012 continuing ports medium",
        "10.0.1.10 2 728 3 98",  # continuing, established, reset, unanswered
        "replication: records 308 60.0 0.86",
        "replication: events 1 NaN NaN",
        "calls: records 77 60.0 0.47",
        "calls: events below 10 kB 36 295.0 1.00",
        "10.0.11.10 egress 10.0.11.10 38324 203.0.113.77 10.0.11.10 203.0.113.77 5 1155",
        "10.0.0.5 egress 10.0.0.5 16693 203.0.113.77 10.0.0.5 203.0.113.77 5 1155",
        "38 agree, 8 gap, 2,972 one_end, 2,339 stopped.",
        "Set aside: 0 records delivered twice, 1,459 sent on by NAT gateways.",
        "10.0.1.10 10.0.2.20 5432 6 to_client 217,982,070 217,981,550 - 520 520 stopped",
        "10.0.2.20:5432 to 10.0.1.10: 35,280 B of replies were rejected on their way out",
        "inside 13 8 outside 1372 1372 unknown 0 5",
        "10.0.1.11 eni-03f201a7a6e84c978 2026-03-10 10:20:00+00:00 2026-03-10 10:31:59+00:00 12",
        "Whether 10.0.1.10 and 10.0.2.20 talked: yes.",
        "Whether 10.0.11.40 and 10.0.2.20 talked: not seen, fully covered.",
        "Whether 10.0.1.11 and 203.0.113.77 talked: not seen, 12 minutes uncovered.",
        "Whether 10.0.1.10 and 169.254.169.254 talked: cannot be seen.",
        "new destination 203.0.113.77 - - 0 632430472 0 308",
    ],
    "tour.ipynb": ["records 55,361 records", "lines 56004 headers 72 records 55361 nodata 559 skipdata 12 refused 0"],
    "workbench.ipynb": [
        "all records flows flowkit",
        "Tuples rejected most",
        "1,362 other clients and 9 other servers together",
    ],
}
FIGURES = {
    "compliance.ipynb": 2,
    "connectivity.ipynb": 5, "cost.ipynb": 5, "exfiltration.ipynb": 6, "flood.ipynb": 3, "intrusion.ipynb": 6,
    "from-aws.ipynb": 2, "investigation.ipynb": 6, "meaning.ipynb": 8, "sharing.ipynb": 0, "tour.ipynb": 6,
    "welcome.ipynb": 1, "workbench.ipynb": 2,
}  # fmt: skip
WITHOUT_SANKEY = {
    "compliance.ipynb",
    "connectivity.ipynb", "cost.ipynb", "exfiltration.ipynb", "flood.ipynb", "from-aws.ipynb", "intrusion.ipynb",
    "investigation.ipynb", "sharing.ipynb", "welcome.ipynb",
}  # fmt: skip
WITHOUT_BARS = {"compliance.ipynb", "cost.ipynb", "exfiltration.ipynb", "intrusion.ipynb", "sharing.ipynb"}
FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "FLOWKIT_CACHE")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_there_are_notebooks():
    assert {path.name for path in NOTEBOOKS} == set(FACTS) == set(FIGURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_output(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_names_no_machine(path):
    text = path.read_text(encoding="utf-8")
    places = ("/home/", "/Users/", "C:\\\\", gettempdir(), f"{Path.home()}/", str(ROOT))
    assert [place for place in places if place in text] == []
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Return a function that runs a notebook in a folder of its own and returns it as HTML."""
    done = {}

    def run(path):
        if path not in done:
            folder = tmp_path_factory.mktemp("export")
            environment = os.environ | {name: str(folder / name.lower()) for name in FOLDERS}
            environment.pop("PLOTLY_RENDERER", None)
            # nbconvert runs a notebook where it lies: a copy in an empty folder.
            copy = folder / path.name
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
            command = [
                sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--output-dir", str(folder),
                "--ExecutePreprocessor.store_widget_state=False", "--ExecutePreprocessor.timeout=300",
                "--HTMLExporter.mathjax_url=", "--HTMLExporter.require_js_url=", str(copy),
            ]  # fmt: skip
            ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr
            done[path] = folder / f"{path.stem}.html"
        return done[path]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(export, path):
    page = export(path).read_text(encoding="utf-8")
    assert ">all records<" in page or "<b>Flows</b>: " in page
    assert 'data-mime-type="application/vnd.jupyter.stderr"' not in page
    text = " ".join(unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)).split())
    assert [fact for fact in FACTS[path.name] if fact not in text] == []


@pytest.mark.slow
def test_papermill_opens_the_workbench_in_a_scope(tmp_path):
    import papermill

    done = papermill.execute_notebook(
        ROOT / "notebooks" / "workbench.ipynb",
        tmp_path / "done.ipynb",
        parameters={"scope": "flows.narrow(dstport=5432, action='REJECT')", "view": "Rejects"},
        progress_bar=False,
        cwd=tmp_path,
    )
    last = done.cells[-1].outputs[0]["data"]["text/plain"]
    assert last == "\"flows.narrow(dstport=5432, action='REJECT')\""
    kept = "".join(str(output.get("data", "")) for output in done.cells[-2].outputs)
    assert "dstport 5432, REJECT" in kept


@pytest.fixture(scope="module")
def verdict_of(tmp_path_factory):
    """Return a function that runs the playbook's notebook with parameters and returns its cells' output as text."""
    import papermill

    def run(**parameters):
        folder = tmp_path_factory.mktemp("playbook")
        done = papermill.execute_notebook(
            PLAYBOOK, folder / "done.ipynb", parameters=parameters, progress_bar=False, cwd=folder
        )
        outputs = [output for cell in done.cells for output in cell.get("outputs", ())]
        return [output.get("text") or output["data"].get("text/plain", "") for output in outputs]

    return run


@pytest.mark.slow
def test_the_playbook_holds_its_verdict(verdict_of):
    texts = verdict_of()
    told = next(text for text in texts if text.startswith("{'verdict'"))
    assert "'intermittent'" in told
    assert "'destination_nacl_outbound'" in told
    assert "'client_ports'" in told
    assert any("acl-093602b30a851dbbd" in text and "aws ec2 " in text for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameters", "verdict"),
    [
        ({"client": "web-a-1", "server": "app-a-1", "port": 8080}, "reachable"),
        (
            {"start": "2026-03-10T09:00Z", "end": "2026-03-10T11:00Z", "client": "10.0.1.10", "server": "10.0.2.20",
             "inventory": None},
            "intermittent",
        ),
        ({"client": "app-a-1", "server": "db-a-1", "port": 9}, "not_seen"),
    ],
    ids=["reachable", "a window, no inventory", "nobody asked"],
)  # fmt: skip
def test_papermill_asks_the_playbook_about_other_hosts(verdict_of, parameters, verdict):
    told = next(text for text in verdict_of(**parameters) if text.startswith("{'verdict'"))
    assert f"{{'verdict': '{verdict}'" in told


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_export_shows_its_figures_without_a_network(export, chromium, artefacts, foreign, path):
    shown = FIGURES[path.name]
    context = chromium.new_context(offline=True, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    asked, errors = [], []
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(export(path).as_uri())
    drawn = "document.querySelectorAll('.js-plotly-plot .gtitle').length"
    page.wait_for_function(f"{drawn} >= {shown}")
    assert page.locator(".js-plotly-plot").count() == shown
    if path.name not in WITHOUT_BARS:
        assert page.locator(".barlayer .point").count() > 100
    if path.name not in WITHOUT_SANKEY:
        assert page.locator(".sankey-link").count() > 10
    page.screenshot(path=artefacts / f"{path.stem}-export.png", full_page=True)
    context.close()
    assert errors == []
    assert foreign(asked) == []
