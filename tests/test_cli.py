"""The command line: what it prints, its exit codes, and that a terminal gets no commands from a log."""

import io
import json
import subprocess
import sys

import pytest

from flowkit import fields
from flowkit.cli import main
from tests.faulty import Answer

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1500000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
5 eni-a - - - - - - - 1773129720 1773129779 - SKIPDATA
no flow record at all
"""
ESCAPE = "\x1b]0;owned\x07\x1b[2J"


@pytest.fixture
def log(tmp_path):
    """Return a function that writes a log and returns its path."""

    def write(lines=V5, name="flows.log"):
        path = tmp_path / name
        path.write_text(lines.strip() + "\n", encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")


def lines_of(text):
    return {" ".join(line.split()) for line in text.splitlines()}


def test_summary(log, capsys):
    assert main(["summary", log()]) == 0
    out = capsys.readouterr().out
    assert "traffic records 2 records flow records in scope, log status OK" in lines_of(out)
    assert any(line.startswith("traffic bytes 1.5 MB (1,504,000 B)") for line in lines_of(out))
    assert any(line.startswith("absent field tcp-flags 3 without it: who opened") for line in lines_of(out))
    assert "Scope: all records." in out


def test_summary_for_machines(log, capsys):
    assert main(["summary", log(), "--json", "--start", "2026-03-10T08:01Z"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scope"] == "from 2026-03-10 08:01Z"
    facts = {(fact["topic"], fact["name"]): fact for fact in told["facts"]}
    assert facts["traffic", "records"] == {
        "topic": "traffic",
        "name": "records",
        "value": 1,
        "unit": "records",
        "meaning": "flow records in scope, log status OK",
    }
    assert facts["time", "first start"]["value"].startswith("2026-03-10 08:01:00")


def test_summary_of_an_empty_scope(log, capsys):
    assert main(["summary", log(), "--json", "--end", "2026-03-10T07:00Z"]) == 0
    facts = json.loads(capsys.readouterr().out)["facts"]
    assert facts[0]["value"] == 0


def test_load(log, capsys, tmp_path):
    case = tmp_path / "case"
    assert main(["load", log(), log(name="again.log"), "--case", str(case)]) == 0
    out = lines_of(capsys.readouterr().out)
    counts = {"objects 2", "lines 5", "headers 1", "records 2", "skipdata 1", "refused 1", "duplicates 1"}
    assert counts <= out
    assert "records in scope 2" in out
    assert case.is_dir()


def test_load_for_machines(log, capsys):
    path = log()
    assert main(["load", path, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["records"] == 2
    (item,) = told["ledger"]
    assert item["object"].endswith("flows.log")
    assert (item["lines"], item["records"], item["skipdata"], item["refused"]) == (5, 2, 1, 1)
    assert item["damaged_at"] is None
    assert sum(reason["lines"] for reason in told["refused_by_reason"]) == 1


def test_load_names_what_is_damaged(tmp_path, capsys):
    import gzip

    whole = gzip.compress(V5.strip().encode() * 50)
    (tmp_path / "cut.log.gz").write_bytes(whole[: len(whole) // 2])
    assert main(["load", str(tmp_path / "cut.log.gz")]) == 0
    assert "cut.log.gz" in capsys.readouterr().out.splitlines()[-1]


def test_headerless_lines_in_another_format(log, capsys):
    path = log("10.0.0.1 10.0.0.2 40 1773129600 1773129650")
    assert main(["summary", path, "--log-format", "${srcaddr} ${dstaddr} ${bytes} ${start} ${end}"]) == 0
    assert "traffic records 1 records flow records in scope, log status OK" in lines_of(capsys.readouterr().out)


def test_fields(capsys):
    assert main(["fields", "tcp_flags", "srcAddr"]) == 0
    out = capsys.readouterr().out
    assert "2 flow log fields" in out
    assert "18 SYN-ACK" in out
    assert "dstaddr" not in out


def test_fields_for_machines(capsys):
    assert main(["fields", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == [field.name for field in fields.FIELDS]
    assert rows[3] | {"meaning": ""} == {
        "name": "srcaddr",
        "column": "srcaddr",
        "insights": "srcAddr",
        "logs": "both",
        "since": 2,
        "kind": "address",
        "unit": "",
        "values": {},
        "meaning": "",
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fields", "dstprt"], "did you mean 'dstport'"),
        (["summary", "no/such/folder"], "no/such/folder"),
        (["load", "no/such/folder", "--json"], "no/such/folder"),
        (["summary", "sample", "--start", "yesterday"], "start is no time: 'yesterday'"),
        (["summary", "sample", "--start", "2026-03-10T08:00"], "no time zone"),
        (["summary", "sample", "--log-format", "{}"], "log_format is not a list of fields"),
    ],
)
def test_wrong_input_is_one_line_on_stderr_and_exit_code_2(capsys, arguments, told):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("flowkit: ")
    assert told in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["summary"], ["dance"], ["summary", "sample", "--colour"]])
def test_wrong_usage_is_exit_code_2(capsys, arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: flowkit" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["summary", "load", "fields"])
def test_each_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert "--json" in capsys.readouterr().out


def commands_to_a_terminal(text):
    """Return the characters that would not be printed but obeyed."""
    return {c for c in text if not c.isprintable() and c != "\n"}


@pytest.mark.parametrize("command", ["summary", "load"])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_log_sends_no_commands_to_the_terminal(log, capsys, command, options):
    hostile = V5.replace("eni-a", f"eni-{ESCAPE}").replace("log-status", "log-status x-\x9b31m")
    path = log(hostile, name=f"{ESCAPE}\n\u202eevil.log")
    main([command, path, *options])
    printed = "".join(capsys.readouterr())
    assert not commands_to_a_terminal(printed)


def test_a_damaged_object_with_a_hostile_name_is_named_in_one_line(tmp_path, capsys):
    path = tmp_path / f"{ESCAPE}\nflowkit: all is well.gz"
    path.write_bytes(b"\x1f\x8b\x08" + b"\0" * 7 + b"broken")
    main(["load", str(path)])
    printed = "".join(capsys.readouterr())
    assert not commands_to_a_terminal(printed)
    assert not any(line.startswith("flowkit: all is well") for line in printed.splitlines())


def test_an_error_sends_no_commands_to_the_terminal(capsys):
    assert main(["summary", f"/no/{ESCAPE}\nsuch/folder"]) == 2
    err = capsys.readouterr().err
    assert not commands_to_a_terminal(err)
    assert len(err.splitlines()) == 1


def test_a_reader_that_stops_reading_is_no_error():
    command = f"'{sys.executable}' -m flowkit.cli fields | head -n 1"
    run = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in run.stderr
    assert "Exception" not in run.stderr


def test_coverage(log, capsys):
    assert main(["coverage", log()]) == 0
    out = capsys.readouterr().out
    assert "eni-a" in out
    assert "SKIPDATA" in out
    assert "Minutes of each interface by state." in out


def test_coverage_for_machines(log, capsys):
    assert main(["coverage", log(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in told["coverage"]} == {"records", "SKIPDATA"}
    assert "instance metadata (169.254.169.254)" in told["never_recorded"]


HOSTILE = (
    '{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "TagSet": [{"Key": "Name", "Value": "\\u001b[2Jdb"}]}]}'
)


def test_inventory(tmp_path, capsys):
    (tmp_path / "i.json").write_text(HOSTILE, encoding="utf-8")
    assert main(["inventory", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\\x1b[2Jdb" in out
    assert "1 interface" in out


def test_inventory_for_machines(tmp_path, capsys):
    (tmp_path / "i.json").write_text(HOSTILE + "\n{", encoding="utf-8")
    assert main(["inventory", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["interfaces"][0]["interface_id"] == "eni-1"
    assert len(told["problems"]) == 1


def test_an_inventory_beside_the_flows(log, capsys, tmp_path):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "i.json").write_text(HOSTILE, encoding="utf-8")
    assert main(["coverage", log(), "--inventory", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unseen"] == ["eni-1"]


def test_update_ranges(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FLOWKIT_RANGES", str(tmp_path / "kept.csv.gz"))
    prefix = {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "S3"}
    published = {"syncToken": "1787411825", "createDate": "2026-08-22-15-17-05", "prefixes": [prefix]}
    file = tmp_path / "ip-ranges.json"
    ipv6 = {"ipv6_prefix": "2600:1f14::/35", "region": "us-west-2", "service": "EC2"}
    file.write_text(json.dumps(published | {"ipv6_prefixes": [ipv6]}), encoding="utf-8")
    assert main(["update-ranges", str(file)]) == 0
    assert "2026-08-22 15:17Z" in capsys.readouterr().out
    assert (tmp_path / "kept.csv.gz").exists()


@pytest.mark.parametrize("command", [["inventory", "{folder}"], ["update-ranges", "{folder}/none.json"]])
def test_what_is_not_there_is_refused(command, tmp_path, capsys):
    assert main([part.format(folder=tmp_path) for part in command]) == 2
    assert capsys.readouterr().err.startswith("flowkit: ")


QUERY = "fields srcAddr, bytes | filter action = 'REJECT' | sort bytes desc | limit 5"


def test_insights_on_logs(log, capsys):
    assert main(["insights", QUERY, log()]) == 0
    assert "10.0.0.1 1,500,000" in lines_of(capsys.readouterr().out)


def test_insights_on_logs_for_machines(log, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(QUERY))
    assert main(["insights", "-", log(), "--json", "--start", "2026-03-10T08:00Z"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == [{"srcAddr": "10.0.0.1", "bytes": 1500000}]


def test_insights_warns_beside_the_answer(log, capsys):
    parsed = 'parse @message "* * *" as interfaceId, srcaddr, rest | limit 1'
    assert main(["insights", parsed, log(), "--json"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("flowkit: ")
    assert len(json.loads(told.out)["rows"]) == 1


def answered(told):
    return lambda *_: Answer(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(told).encode())


WINDOW = ["--start", "2026-03-10T08:00Z", "--end", "2026-03-10T09:00Z"]


def test_insights_in_cloudwatch(aws, capsys):
    cells = [{"field": "srcAddr", "value": "10.0.0.1"}, {"field": "note", "value": ESCAPE}]
    aws.on("StartQuery", answered({"queryId": "q"}))
    aws.on("GetQueryResults", answered({"status": "Complete", "results": [cells], "statistics": {"bytesScanned": 9.0}}))
    assert main(["insights", QUERY, "--log-group", "/flow", "--region", "eu-west-1", *WINDOW]) == 0
    told = capsys.readouterr().out
    assert "1 row from the log group /flow" in told
    assert "\x1b" not in told
    assert aws.asked[0].json["logGroupName"] == "/flow"
    assert main(["insights", QUERY, "--log-group", "/flow", "--json", *WINDOW]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"][0]["srcAddr"], answer["bytes_scanned"], answer["complete"]) == ("10.0.0.1", 9, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fields @message"], "Name logs to run the query on, or a log group"),
        (["fields @message", "{log}", "--log-group", "/flow"], "Name logs to run the query on, or a log group"),
        (["fields @message", "--log-group", "/flow", *WINDOW, "--narrow", "dstport=443"], "by the query alone"),
        (["fields @message", "--log-group", "/flow"], "the window has no start"),
        (["fields @message", "{log}", "--limit", "5"], "Limit the query itself"),
        (["", "--log-group", "/flow", *WINDOW], "the query is empty"),
        (["filtre action = 'REJECT'", "{log}"], "line 1, column 1"),
    ],
)
def test_insights_that_cannot_be_asked(log, capsys, arguments, says):
    assert main(["insights", *(argument.format(log=log()) for argument in arguments)]) == 2
    assert says in capsys.readouterr().err


UNLOGGED = """{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "Status": "in-use",
  "TagSet": [{"Key": "Name", "Value": "\\u001b[2Jdb"}]}], "FlowLogs": []}"""


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [([], 0), (["--fail-on", "critical"], 0), (["--fail-on", "high"], 1), (["--fail-on", "info"], 1)],
)
def test_audit(tmp_path, capsys, fail_on, code):
    (tmp_path / "i.json").write_text(UNLOGGED, encoding="utf-8")
    assert main(["audit", str(tmp_path), *fail_on]) == code
    out = capsys.readouterr().out
    assert "high, unlogged: vpc-1: its 1 interface is not logged" in out
    assert "\x1b" not in out


def test_audit_for_machines(tmp_path, capsys):
    (tmp_path / "i.json").write_text(UNLOGGED, encoding="utf-8")
    assert main(["audit", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(p["severity"], p["kind"], p["resource"]) for p in told["problems"]] == [("high", "unlogged", "vpc-1")]
    assert [(row["interface_id"], row["covered"]) for row in told["interfaces"]] == [("eni-1", "no")]


def test_an_audit_without_problems_fails_on_nothing(capsys):
    assert main(["audit", "sample", "--fail-on", "low"]) == 0
    assert "Every interface is covered" in capsys.readouterr().out


def test_the_policy_is_printed_without_asking_anybody(capsys):
    assert main(["audit", "--policy"]) == 0
    assert "ec2:DescribeFlowLogs" in json.loads(capsys.readouterr().out)["Statement"][-1]["Action"]


def test_an_audit_of_what_is_not_there(tmp_path, capsys):
    assert main(["audit", str(tmp_path / "none")]) == 2
    assert "there is no file or folder" in capsys.readouterr().err


def test_snapshot_and_audit_of_it(aws, tmp_path, capsys):
    folder = tmp_path / "snap"
    assert main(["snapshot", str(folder), "--region", "eu-central-1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["folder"], told["places"]) == (str(folder), [["123456789012", "eu-central-1"]])
    assert main(["audit", str(folder)]) == 0
    assert "No network interface is in this snapshot" in capsys.readouterr().out
    asked = len(aws.asked)
    assert main(["snapshot", str(folder)]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert len(aws.asked) == asked


CONNECTIVITY = ["run", "connectivity", "sample", "--inventory", "sample", "--source", "app-a-1", "--port", "5432"]


def test_run_prints_the_verdict_and_writes_the_report(capsys, tmp_path):
    page = tmp_path / "report.html"
    assert main([*CONNECTIVITY, "--destination", "db-a-1", "--html", str(page), "--fail-on", "high"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Connectivity from app-a-1 to db-a-1, tcp port 5432: intermittent\n")
    assert "denies the reply [destination_nacl_outbound (acl-093602b30a851dbbd entry 32767)]: 98 of" in out
    assert "    aws ec2 describe-network-acls --network-acl-ids acl-093602b30a851dbbd  # to look: " in out
    assert "57344-60999" in page.read_text(encoding="utf-8")


def test_run_prints_findings_best_first_and_what_to_do(capsys):
    assert main(["run", "exfiltration", "sample", "--fail-on", "high"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Exfiltration: findings\n")
    assert "1. high: Upload, 10.0.11.10 and 203.0.113.77: 621,586,758 B out" in out
    assert "12 SKIPDATA lines" in out
    assert "tcpdump -ni any 'host 203.0.113.77 and port 443'" in out


def test_what_is_allowed_is_no_finding(capsys, tmp_path):
    entries = tmp_path / "allowed.csv"
    entries.write_text("address,reason\n203.0.113.77,our partner\n")
    assert main(["run", "exfiltration", "sample", "--fail-on", "high", "--allow", str(entries)]) == 0
    assert "Allowed, 203.0.113.77 in every finding: our partner (without an end)" in capsys.readouterr().out


def test_run_prints_json(capsys):
    assert main([*CONNECTIVITY, "--destination", "db-a-1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["cause"], told["pattern"]) == (
        "intermittent", "destination_nacl_outbound", "client_ports",
    )  # fmt: skip
    assert [(one["rule"], one["entry"]) for one in told["candidates"]] == [("acl-093602b30a851dbbd", 32767)]
    assert told["findings"][0]["peer"] == "10.0.2.20"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (CONNECTIVITY, "connectivity needs destination"),
        (["run", "conectivity", "sample"], "Did you mean connectivity?"),
        (["run", "flood", "sample", "--source", "app-a-1"], "flood takes no source. It takes: allow, start, end."),
        ([*CONNECTIVITY, "--destination", "db-a-9"], "Did you mean db-a-1?"),
    ],
)
def test_run_refuses_what_cannot_be_asked(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
