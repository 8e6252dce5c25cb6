"""%flows, %playbook, %%flowsql and %%insights in a real IPython shell: what they do, their help, their completion."""

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import flowkit
from flowkit.errors import FlowkitError, QueryError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setenv("PLOTLY_RENDERER", "")
    monkeypatch.delenv("PLOTLY_RENDERER")
    import plotly.io as pio

    monkeypatch.setattr(pio.renderers, "default", pio.renderers.default)
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "flowkit")
    yield shell
    shell.run_line_magic("reset", "-f")
    InteractiveShell.clear_instance()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "a log.log"
    path.write_text(V5.strip() + "\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("shell")
def test_figures_are_put_into_notebooks_for_every_front_end_and_no_network():
    import plotly.io as pio

    assert pio.renderers.default == "plotly_mimetype+notebook"


@pytest.mark.usefixtures("shell")
def test_a_figure_in_a_notebook_asks_no_server():
    import plotly.graph_objects as go
    import plotly.io as pio

    bundle = pio.renderers["notebook"].to_mimebundle(go.Figure(go.Bar(y=[1])).to_dict())
    assert "Plotly.newPlot" in bundle["text/html"]
    assert "src=" not in bundle["text/html"]


def test_a_renderer_the_user_chose_stays(monkeypatch):
    import plotly.io as pio

    monkeypatch.setattr(pio.renderers, "default", "json")
    monkeypatch.setenv("PLOTLY_RENDERER", "json")
    shell = InteractiveShell.instance()
    flowkit.load_ipython_extension(shell)
    InteractiveShell.clear_instance()
    assert pio.renderers.default == "json"


def test_flows_loads_binds_and_returns(shell, log):
    answer = shell.run_line_magic("flows", f"'{log}'")
    assert answer is shell.user_ns["flows"]
    assert answer.count() == 2


def test_flows_takes_the_options_of_load(shell, log, tmp_path):
    options = f"--start 2026-03-10T08:00Z --end 2026-03-10T08:01Z --case '{tmp_path / 'case'}'"
    assert shell.run_line_magic("flows", f"'{log}' {options}").count() == 1
    assert (tmp_path / "case").is_dir()
    headerless = tmp_path / "headerless.log"
    headerless.write_text("10.0.0.1 10.0.0.2 40\n", encoding="utf-8")
    formatted = f"{headerless} --log-format '${{srcaddr}} ${{dstaddr}} ${{bytes}}'"
    assert shell.run_line_magic("flows", formatted).fields == ["srcaddr", "dstaddr", "bytes"]


def test_flows_takes_several_paths(shell, log, tmp_path):
    other = tmp_path / "other.log"
    other.write_text(V5.replace("443", "444").strip() + "\n", encoding="utf-8")
    assert shell.run_line_magic("flows", f"'{log}' '{other}'").count() == 4


def test_a_cell_of_sql_reads_from_flows(shell, log):
    shell.run_line_magic("flows", f"'{log}'")
    answer = shell.run_cell_magic("flowsql", "", "SELECT action, bytes FROM flows ORDER BY bytes;\n")
    assert answer.to_dict("list") == {"action": ["REJECT", "ACCEPT"], "bytes": [1000, 4000]}


def test_sql_over_another_variable_and_into_a_variable(shell, log):
    shell.run_line_magic("flows", f"'{log}'")
    shell.user_ns["rejected"] = shell.user_ns["flows"].narrow(action="REJECT")
    answer = shell.run_cell_magic("flowsql", "--flows rejected --to found", "SELECT count(*) AS n FROM flows")
    assert answer.n.tolist() == [1]
    assert shell.user_ns["found"] is answer
    assert isinstance(answer, pd.DataFrame)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "usage: %flows"),
        ("--start", "PATH"),
        ("sample --colour red", "unrecognized arguments: --colour red"),
        ("sample # it's mine", "No closing quotation"),
    ],
)
def test_wrong_usage_of_flows_is_told_without_leaving(shell, line, told):
    with pytest.raises(UsageError, match=told):
        shell.run_line_magic("flows", line)


@pytest.mark.parametrize("line", ["--flows", "sample", "--to a b", "--to 'a"])
def test_wrong_usage_of_flowsql_is_told_without_leaving(shell, line):
    with pytest.raises(UsageError, match="usage: %%flowsql"):
        shell.run_cell_magic("flowsql", line, "SELECT 1")


TOP = 'parse @message "* * *" as accountId, interfaceId, srcaddr | stats count(*) as n by accountId'


def test_a_cell_of_insights_says_what_to_know_above_its_answer(shell, log, capsys):
    shell.run_line_magic("flows", f"'{log}'")
    answer = shell.run_cell_magic("insights", "--to found", f"{TOP}\n| limit 1\n")
    assert answer.to_dict("list") == {"accountId": ["5"], "n": [2]}
    assert shell.user_ns["found"] is answer
    told = capsys.readouterr().out
    assert told.startswith("Note: parse takes 3 columns, and the log's records have 13")
    assert "With the log's own columns, not run:\nparse @message" in told


def test_insights_over_another_variable_with_nothing_to_say(shell, log, capsys):
    shell.run_line_magic("flows", f"'{log}'")
    shell.user_ns["rejected"] = shell.user_ns["flows"].narrow(action="REJECT")
    assert shell.run_cell_magic("insights", "--flows rejected", "stats count(*) as n").n.tolist() == [1]
    assert capsys.readouterr().out == ""


def test_a_wrong_insights_query_says_where(shell, log):
    shell.run_line_magic("flows", f"'{log}'")
    with pytest.raises(QueryError, match="line 2, column 3: there is no command 'filtre'"):
        shell.run_cell_magic("insights", "", "fields @message\n| filtre bytes > 1")


@pytest.mark.parametrize("bound", [{}, {"flows": "a string"}])
def test_without_flows_it_says_how_to_load_them(shell, bound):
    shell.user_ns.update(bound)
    with pytest.raises(FlowkitError, match="Load some first: %flows PATH"):
        shell.run_cell_magic("flowsql", "", "SELECT 1 FROM flows")
    with pytest.raises(FlowkitError, match="Load some first: %flows PATH"):
        shell.run_cell_magic("insights", "", "stats count(*)")


def test_a_wrong_query_names_the_columns(shell, log):
    shell.run_line_magic("flows", f"'{log}'")
    with pytest.raises(QueryError, match="Its columns are: version, interface_id, srcaddr"):
        shell.run_cell_magic("flowsql", "", "SELECT nothing FROM flows")


def test_a_failed_load_leaves_the_flows_that_were_bound(shell, log):
    before = shell.run_line_magic("flows", f"'{log}'")
    with pytest.raises(FlowkitError):
        shell.run_line_magic("flows", "no/such/folder")
    assert shell.user_ns["flows"] is before


def test_playbook_runs_over_the_flows(shell, log):
    shell.run_line_magic("flows", f"'{log}'")
    asked = "connectivity source=10.0.0.1 destination=10.0.0.2 port=443 --to report"
    report = shell.run_line_magic("playbook", asked)
    assert shell.user_ns["report"] is report
    assert (report.name, report.verdict, report.cause) == ("connectivity", "cannot_tell", "not_logged")


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("conectivity", FlowkitError, "Did you mean connectivity"),
        ("connectivity source=10.0.0.1 destination=10.0.0.2 port=https", UsageError, "invalid literal"),
        ("connectivity source=10.0.0.1", FlowkitError, "connectivity needs destination"),
    ],
)
def test_playbook_refuses_what_cannot_be_asked(shell, log, line, error, message):
    shell.run_line_magic("flows", f"'{log}'")
    with pytest.raises(error, match=message):
        shell.run_line_magic("playbook", line)


def test_playbook_alone_lists_what_there_is(shell, capsys):
    assert shell.run_line_magic("playbook", "") is None
    out = capsys.readouterr().out
    assert [line.partition(":")[0] for line in out.splitlines() if line[:1].strip()] == flowkit.playbooks.names()
    assert "    source=  (needed)  who opens the connection" in out
    assert "    protocol=  tcp, udp, icmp, or a number [tcp]" in out


def test_playbook_help_prints_one_and_runs_nothing(shell, capsys):
    assert shell.run_line_magic("playbook", "flood --help") is None
    out = capsys.readouterr().out
    assert out.startswith("flood: ")
    assert "connectivity" not in out


def test_a_broken_playbook_of_another_package_is_told_in_the_list(shell, capsys, monkeypatch):
    from flowkit import magics

    monkeypatch.setattr(magics, "unusable", lambda: ("the playbook x of y cannot be used (no z).",))
    shell.run_line_magic("playbook", "")
    assert capsys.readouterr().out.endswith("the playbook x of y cannot be used (no z).\n")


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("line", "flows", ["usage: %flows", "--narrow KEY=VALUE"]),
        ("line", "playbook", ["usage: %playbook", "PARAMETER=VALUE", "--help"]),
        ("cell", "flowsql", ["usage: %%flowsql", "--to NAME"]),
        ("cell", "insights", ["usage: %%insights", "--flows NAME"]),
    ],
)
def test_a_question_mark_shows_what_a_magic_takes(shell, kind, name, told):
    text = shell.find_magic(name, kind).__doc__
    assert [part for part in told if part not in text] == []


def completions(shell, text):
    """Return what Tab offers, and where it would be put; where the cursor is at the end."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [one.text for one in found], {one.start for one in found}


@pytest.mark.parametrize(
    ("text", "offered", "at"),
    [
        ("%playbook CON", ["connectivity"], 10),
        ("answer = %playbook fl", ["flood"], 19),
        ("1 + 1\n%playbook ex", ["exfiltration"], 16),
        ("%playbook connectivity so", ["source="], 23),
        ("%playbook connectivity source=a so", [], None),
        ("%playbook connectivity protocol=", ["protocol=tcp", "protocol=udp", "protocol=icmp"], 23),
        ("%playbook flood --", ["--flows", "--to", "--help"], 16),
        ("%playbook flood --flows ", ["flows", "rejected"], 24),
        ("%flows --na", ["--narrow"], 7),
        ("%flows sample --narrow src", ["srcaddr=", "srcport="], 23),
        ("%flows sample --narrow action=r", ["action=REJECT"], 23),
        ("%%flowsql --", ["--flows", "--to"], 10),
        ("%%insights --flows re", ["rejected"], 19),
        ("%%flowsql\nSELECT src", ["srcaddr", "srcport"], 17),
        ("%%flowsql\nSELECT pkt_s", [], None),
        ("%%flowsql\nSELECT count(inter", ["interface_id"], 23),
        ("%%flowsql --flows none\nSELECT pkt_srca", ["pkt_srcaddr"], 30),
        ("%%insights\nfi", ["fields", "filter"], 11),
        ("%%insights\nfields srcA", ["srcAddr"], 18),
        ("%%insights\nfields srcAddr\n| so", ["sort"], 28),
        ("%%insights\nfields @m", ["@message"], 18),
        ("%playbook nothing_of_the_kind so", [], None),
    ],
)
def test_tab_completes(shell, log, text, offered, at):
    shell.run_line_magic("flows", f"'{log}'")
    shell.user_ns["rejected"] = shell.user_ns["flows"].narrow(action="REJECT")
    words, places = completions(shell, text)
    if offered:
        assert (words, places) == (offered, {at})
    else:
        assert not [word for word in words if word.startswith(("so", "pkt_s"))]


def test_tab_offers_every_playbook(shell):
    assert completions(shell, "%playbook ") == (flowkit.playbooks.names(), {10})


def test_behind_flows_there_are_files_and_the_sample(shell, log, monkeypatch):
    monkeypatch.chdir(log.parent)
    words, _ = completions(shell, "%flows ")
    assert "sample" in words
    assert any("a\\ log.log" in word or "a log.log" in word for word in words)


def test_loading_the_extension_again_offers_everything_once(shell):
    shell.run_line_magic("reload_ext", "flowkit")
    assert completions(shell, "%playbook con")[0] == ["connectivity"]
    assert "import" in completions(shell, "impo")[0]
