"""The scope picker: each control sets the scope and the code, what is wrong is said and changes nothing."""

import ibis
import ipywidgets
import pytest

import flowkit
from flowkit.errors import MissingFieldError, ScopeError
from flowkit.scope import Scope
from flowkit.widgets.picker import ScopePicker
from flowkit.widgets.running import Runner
from flowkit.widgets.windows import written

V2 = """
2 111122223333 eni-a 10.0.0.1 10.0.0.2 40000 443 6 1 100 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-a 10.0.0.2 10.0.0.1 443 40000 6 1 100 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-b 10.0.1.7 10.0.0.2 40000 22 6 1 100 1773129660 1773129700 REJECT OK
2 111122223333 - - - - - - - - 1773129660 1773129700 - NODATA
"""


@pytest.fixture(scope="module")
def sample():
    return flowkit.load("sample", inventory="sample")


@pytest.fixture(scope="module")
def v2(load_lines):
    return load_lines(V2)


@pytest.fixture(autouse=True)
def _closed():
    """Let go of the pickers: ipywidgets holds every widget that is not closed, and so its flows."""
    yield
    ipywidgets.Widget.close_all()


def made(flows, **options):
    return ScopePicker(flows, runner=Runner(threaded=False), **options)


@pytest.fixture
def picker(sample):
    return made(sample)


def listed(picker, key):
    """Return what a list of the picker offers, by id: its line without padding."""
    options = next(part for part in picker.lists if part.key == key).list.options
    return {value: " ".join(label.replace("\N{NO-BREAK SPACE}", " ").split()) for label, value in options}


def choose(picker, key, *values):
    next(part for part in picker.lists if part.key == key).list.value = values


def type_in(picker, key, words):
    picker.terms[key].field.value = words


def by_code(picker, given):
    return eval(picker.code, {"flows": given})  # noqa: S307 - the code that the picker wrote


def test_nothing_is_picked_to_begin_with(picker, sample):
    assert (picker.code, picker.picked, picker.message) == ("flows", Scope(), "")
    assert picker.flows.scope == sample.scope
    assert "55,361 of 55,361 records" in picker.caption.value
    assert (picker.buttons["undo"].disabled, picker.buttons["redo"].disabled, picker.buttons["reset"].disabled) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("key", "words", "code"),
    [
        ("address", "10.0.1.10, 10.0.2.0/24", "address=['10.0.1.10', '10.0.2.0/24']"),
        ("srcaddr", "10.0.1.10", "srcaddr='10.0.1.10'"),
        ("dstaddr", "2001:DB8::/32", "dstaddr='2001:db8::/32'"),
        ("port", "443 5432;22", "port=[443, 5432, 22]"),
        ("srcport", " 40000 ", "srcport=40000"),
        ("dstport", "5432", "dstport=5432"),
        ("protocol", "TCP, 17", "protocol=['tcp', 'udp']"),
    ],
)
def test_what_is_typed(picker, sample, key, words, code):
    type_in(picker, key, words)
    assert picker.code == f"flows.narrow({code})"
    assert picker.flows.scope == by_code(picker, sample).scope
    assert f"{picker.flows.count():,} of 55,361 records" in picker.caption.value
    type_in(picker, key, "")
    assert picker.code == "flows"


@pytest.mark.parametrize(
    ("key", "number", "code"),
    [
        ("action", 1, "action='ACCEPT'"),
        ("action", 2, "action='REJECT'"),
        ("direction", 1, "direction='ingress'"),
        ("direction", 2, "direction='egress'"),
    ],
)
def test_what_is_switched(picker, key, number, code):
    picker.switches[key].buttons.index = number
    assert picker.code == f"flows.narrow({code})"
    picker.switches[key].buttons.index = 0
    assert picker.code == "flows"


def test_both_actions_picked_is_none_of_the_buttons(picker):
    picker.pick(Scope(action=["ACCEPT", "REJECT"]))
    assert picker.switches["action"].buttons.index is None


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("address", "10.0.1.5/24", "Did you mean 10.0.1.0/24?"),
        ("address", "10.0.1", "an address or a CIDR block"),
        ("port", "https", "a number from 0 to 65535"),
        ("dstport", "70000", "a number from 0 to 65535"),
        ("protocol", "tcpp", "no protocol is called 'tcpp'"),
    ],
)
def test_what_is_wrong_is_refused_in_words_and_nothing_changes(picker, key, words, said):
    type_in(picker, "srcport", "40000")
    before, changes = picker.flows, []
    picker.observe(changes.append, "flows")
    type_in(picker, key, words)
    assert said in picker.message
    assert 'role="alert"' in picker.terms[key].alert.value
    assert (picker.flows, picker.code, changes) == (before, "flows.narrow(srcport=40000)", [])
    assert picker.terms[key].field.value == words
    picker.switches["action"].buttons.index = 1
    assert said in picker.message, "it stands until it is corrected"
    type_in(picker, key, "")
    assert (picker.message, len(changes)) == ("", 1)


def test_a_refused_field_gives_way_to_what_is_picked_elsewhere(picker):
    type_in(picker, "address", "wrong")
    picker.narrow(Scope(address="10.0.2.20"))
    assert (picker.terms["address"].field.value, picker.message) == ("10.0.2.20", "")


def test_flows_change_exactly_once_with_each_pick(picker):
    changes = []
    picker.observe(changes.append, "flows")
    type_in(picker, "dstport", "5432")
    picker.narrow(Scope(dstport=5432))
    assert len(changes) == 1
    picker.pick(Scope(dstport=443, action="REJECT"))
    picker.undo()
    picker.redo()
    picker.reset()
    assert len(changes) == 5
    assert [change["new"].scope for change in changes[-2:]] == [Scope(dstport=443, action="REJECT"), Scope()]


def test_undo_redo_reset(picker):
    type_in(picker, "dstport", "5432")
    picker.switches["action"].buttons.index = 2
    picker.buttons["undo"].click()
    assert (picker.code, picker.switches["action"].buttons.index) == ("flows.narrow(dstport=5432)", 0)
    picker.buttons["redo"].click()
    assert picker.code == "flows.narrow(dstport=5432, action='REJECT')"
    picker.buttons["reset"].click()
    assert (picker.code, picker.terms["dstport"].field.value) == ("flows", "")
    picker.undo()
    assert picker.code == "flows.narrow(dstport=5432, action='REJECT')"
    picker.pick(Scope())
    assert picker.buttons["redo"].disabled


def test_the_same_key_twice_must_hold_twice_and_stands_as_a_button(picker, sample):
    type_in(picker, "address", "10.0.1.10")
    picker.narrow(Scope(address="10.0.2.20", dstport=5432))
    picker.narrow(Scope(dstport=[5432, 443]))
    assert picker.code == (
        "flows.narrow(address='10.0.1.10', dstport=5432).narrow(address='10.0.2.20', dstport=[5432, 443])"
    )
    assert picker.flows.scope == by_code(picker, sample).scope
    assert [chip.description for chip in picker.chips.children] == [
        "and address 10.0.2.20 \N{MULTIPLICATION SIGN}",
        "and dstport 5432 or 443 \N{MULTIPLICATION SIGN}",
    ]
    picker.chips.children[0].click()
    assert picker.code == "flows.narrow(address='10.0.1.10', dstport=5432).narrow(dstport=[5432, 443])"
    type_in(picker, "dstport", "")
    assert picker.code == "flows.narrow(address='10.0.1.10', dstport=[5432, 443])", "what is left moves to the field"
    assert (picker.chips.children, picker.terms["dstport"].field.value) == ((), "5432, 443")


def test_lists_depend_on_what_is_chosen_before_them(picker, sample):
    assert listed(picker, "vpc_id") == {"vpc-0e2360f87dfe84da0": "shop 55,361 vpc-0e2360f87dfe84da0"}
    interfaces, database = listed(picker, "interface_id"), "eni-0d27b779c1270da8c"
    assert interfaces[database] == f"db-a-1 8,373 {database}"
    choose(picker, "subnet_id", "subnet-0d5635235b20f4325")
    assert picker.code == "flows.narrow(subnet_id='subnet-0d5635235b20f4325')"
    assert listed(picker, "interface_id").keys() < interfaces.keys()
    assert database in listed(picker, "interface_id")
    assert len(listed(picker, "subnet_id")) > 1, "the list itself is not narrowed by what is chosen in it"
    type_in(picker, "dstport", "5432")
    count = sample.narrow(interface_id=database, dstport=5432).count()
    assert listed(picker, "interface_id")[database] == f"db-a-1 {count:,} {database}"


def test_what_is_chosen_is_listed_even_without_records(picker):
    choose(picker, "interface_id", "eni-0d27b779c1270da8c")
    picker.narrow(Scope(start="2020-01-01T00:00Z", end="2020-01-02T00:00Z"))
    assert listed(picker, "interface_id") == {"eni-0d27b779c1270da8c": "db-a-1 0 eni-0d27b779c1270da8c"}
    assert listed(picker, "subnet_id") == {}
    assert "0 of 55,361 records" in picker.caption.value


def test_an_interface_is_found_by_its_address(picker):
    found = next(part for part in picker.lists if part.key == "interface_id")
    found.search.value = "10.0.2.20"
    assert list(listed(picker, "interface_id").values()) == ["db-a-1 8,373 eni-0d27b779c1270da8c"]


SCOPES = [
    Scope(dstport=443),
    Scope(address="10.0.2.0/24", action="REJECT"),
    Scope(direction="ingress", start="2026-03-10T09:00Z"),
    Scope(interface_id="eni-0d27b779c1270da8c") & Scope(interface_id="eni-07a7eb17e89b06ac2"),
    Scope(vpc_id="vpc-0e2360f87dfe84da0", port=[22, 53]) & Scope(port=53),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_counts_are_those_of_the_flows_whether_or_not_facts_are_at_hand(sample, scope, monkeypatch):
    def counts():
        picker = made(sample, scope=scope)
        assert f"{picker.flows.count():,} of 55,361 records" in picker.caption.value
        return [part.list.options for part in picker.lists]

    _ = sample.origin.facts
    with_facts = counts()
    monkeypatch.setattr(type(sample), "numbers", None)
    assert counts() == with_facts


def test_the_time_by_text(picker):
    picker.window.start.value = "2026-03-10 09:00:30"
    assert picker.code == "flows.narrow(start='2026-03-10T09:00:30Z')"
    picker.window.end.value = "2026-03-10T11:00+01:00"
    assert picker.code == "flows.narrow(start='2026-03-10T09:00:30Z', end='2026-03-10T10:00:00Z')"
    assert picker.window.slider.label == ("09:00", "10:00")
    picker.window.end.value = "2026-03-10T09:00"
    assert "the window is empty" in picker.message
    assert picker.window.end.value == "2026-03-10T09:00"
    picker.window.end.value = "soon"
    assert "end is no time: 'soon'" in picker.message
    assert picker.code.endswith("end='2026-03-10T10:00:00Z')")
    picker.window.end.value = ""
    assert (picker.code, picker.message) == ("flows.narrow(start='2026-03-10T09:00:30Z')", "")


def test_the_slider_changes_only_the_end_that_moves(picker):
    picker.window.start.value = "2026-03-10T09:00:30Z"
    first, last = picker.window.slider.index
    picker.window.slider.index = (first, last - 60)
    assert picker.code == "flows.narrow(start='2026-03-10T09:00:30Z', end='2026-03-10T13:00:00Z')"
    picker.window.slider.index = (0, last)
    assert picker.code == "flows"
    picker.window.slider.index = (5, 5)
    assert "the window is empty" in picker.message
    assert picker.window.slider.index == (0, last)


@pytest.mark.parametrize(
    ("names", "start", "end"),
    [
        (["first hour"], "08:00", "09:00"),
        (["last hour"], "13:00", "14:00"),
        (["last 15 min"], "13:45", "14:00"),
        (["last hour", "earlier"], "12:00", "13:00"),
        (["first hour", "later", "later"], "10:00", "11:00"),
        (["\N{MINUS SIGN}"], "09:30", "12:30"),
        (["first hour", "later", "+"], "08:30", "10:30"),
    ],
)
def test_quick_ranges(picker, names, start, end):
    for name in names:
        picker.window.quick[name].click()
    assert (written(picker.picked.start)[11:16], written(picker.picked.end)[11:16]) == (start, end)
    picker.window.quick["all"].click()
    assert picker.code == "flows"


def test_a_move_that_leads_nowhere_says_so(picker):
    picker.window.quick["later"].click()
    assert "nothing later" in picker.message
    picker.window.quick["last hour"].click()
    assert picker.message == ""


def test_code_pasted_in_is_read(picker):
    picker.code_line.field.value = "flows.narrow(dstport=443).narrow(dstport=[443, 22])"
    assert picker.picked == Scope(dstport=443) & Scope(dstport=[443, 22])
    picker.code_line.field.value = "print('hello')"
    assert "no code of a scope" in picker.message
    assert picker.picked == Scope(dstport=443) & Scope(dstport=[443, 22])


def test_a_scope_to_begin_with_and_reset_to_it(sample):
    picker = made(sample, scope="flows.narrow(dstport=5432)")
    assert picker.flows.scope == Scope(dstport=5432)
    picker.pick(Scope())
    picker.reset()
    assert picker.code == "flows.narrow(dstport=5432)"
    with pytest.raises(ScopeError):
        made(sample, scope="nonsense(")


def test_what_was_given_stays(sample):
    given = sample.narrow(dstport=5432)
    picker = made(given)
    picker.narrow(Scope(dstport=[5432, 443], action="ACCEPT"))
    assert picker.picked == Scope(dstport=[5432, 443], action="ACCEPT")
    assert picker.scope == Scope(dstport=5432) & picker.picked
    assert picker.scope == by_code(picker, given).scope


def test_what_cannot_hold_with_what_was_given_is_told_under_the_picker(sample):
    picker = made(sample.narrow(start="2026-03-10T09:00Z"))
    picker.narrow(Scope(end="2026-03-10T08:30Z"))
    assert "the window is empty" in picker.alert.words
    assert picker.code == "flows"


def test_whatever_fails_in_a_callback_is_told_in_words(picker, monkeypatch):
    def broken(_change):
        raise KeyError("somebody else's")

    picker.observe(broken, "flows")
    type_in(picker, "dstport", "443")
    assert "KeyError" in picker.message
    assert "somebody else's" in picker.message
    assert picker.flows.scope == Scope(dstport=443)
    picker.unobserve(broken, "flows")
    picker.narrow(None)
    assert "TypeError" in picker.message
    monkeypatch.setattr("flowkit.widgets.resources.counted", lambda *_: 1 // 0)
    picker.pick(Scope(dstport=22))
    assert "not counted: ZeroDivisionError" in picker.message
    assert picker.flows.scope == Scope(dstport=22)


def test_counts_come_from_another_thread_and_are_shown(sample):
    runner = Runner()
    picker = ScopePicker(sample, runner=runner)
    picker.observe(lambda _change: runner.wait(20), "flows")  # whoever waits must not wait for ever
    type_in(picker, "dstport", "5432")
    assert runner.wait(20)
    assert f"{picker.flows.count():,} of 55,361 records" in picker.caption.value


def test_a_v2_log_has_interfaces_only(v2):
    picker = made(v2)
    assert [part.key for part in picker.lists] == ["interface_id"]
    assert listed(picker, "interface_id") == {"eni-a": "eni-a 2", "eni-b": "eni-b 1"}
    picker.narrow(Scope(vpc_id="vpc-1"))
    assert "vpc-id" in picker.message
    assert picker.code == "flows"
    picker.switches["direction"].buttons.index = 1
    assert picker.code == "flows.narrow(direction='ingress')"
    with pytest.raises(MissingFieldError):
        made(v2, scope=Scope(vpc_id="vpc-1"))


def test_subnets_by_their_blocks_where_the_log_lacks_subnet_id(load_lines, sample):
    snapshot = sample.identities.snapshot
    picker = made(load_lines(V2, inventory=snapshot))
    assert [part.key for part in picker.lists] == ["address", "interface_id"]
    assert listed(picker, "address") == {
        "10.0.0.0/24": "shop-public-a 3 10.0.0.0/24",
        "10.0.1.0/24": "shop-app-a 1 10.0.1.0/24",
    }
    choose(picker, "address", "10.0.1.0/24")
    assert picker.code == "flows.narrow(address='10.0.1.0/24')"
    assert listed(picker, "interface_id") == {"eni-b": "eni-b 1"}
    assert len(listed(picker, "address")) == 2
    type_in(picker, "address", "10.0.1.0/24, 192.0.2.1")
    choose(picker, "address", "10.0.0.0/24")
    assert picker.picked == Scope(address=["192.0.2.1", "10.0.0.0/24"])


def test_a_transit_gateway_log_has_the_other_fields(load_lines):
    header = (
        "version resource-type account-id tgw-id tgw-attachment-id start end srcaddr dstaddr srcport dstport protocol"
    )
    row = "6 TransitGateway 111122223333 tgw-1 tgw-attach-1 1773129600 1773129650 10.0.0.1 10.9.0.2 40000 443 6"
    picker = made(load_lines(f"{header}\n{row}"))
    assert picker.lists == []
    assert picker.switches == {}
    assert "1 of 1 records" in picker.caption.value
    type_in(picker, "dstport", "443")
    assert picker.flows.count() == 1


def test_a_log_without_times_ports_and_resources(load_lines):
    picker = made(load_lines("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 100"))
    assert (picker.window, picker.lists, sorted(picker.terms)) == (None, [], ["address", "dstaddr", "srcaddr"])
    type_in(picker, "address", "10.0.0.9")
    assert "0 of 1 records" in picker.caption.value


def test_an_empty_log(load_lines):
    picker = made(load_lines(V2.strip().splitlines()[-1]))
    assert picker.window is None
    assert listed(picker, "interface_id") == {}
    assert "0 of 0 records" in picker.caption.value


def test_a_table_of_another_engine():
    table = ibis.memtable({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "interface_id": ["eni-a"]})
    picker = made(flowkit.load(table))
    choose(picker, "interface_id", "eni-a")
    assert picker.code == "flows.narrow(interface_id='eni-a')"


def test_five_thousand_interfaces(load_lines):
    line = "2 111122223333 eni-{} 10.0.0.1 10.0.0.2 40000 443 6 1 100 1773129600 1773129650 ACCEPT OK"
    picker = made(load_lines("\n".join(line.format(f"{number:05}") for number in range(5_000))))
    found = picker.lists[0]
    assert (len(found.list.options), found.note.value) == (100, "… 4,900 more: type to find them")
    found.search.value = "04321"
    choose(picker, "interface_id", "eni-04321")
    found.search.value = ""
    assert len(found.list.options) == 101
    assert found.list.value == ("eni-04321",)
    assert "1 of 5,000 records" in picker.caption.value


def test_hostile_names_reach_the_page_as_text(load_lines):
    eni = "<img/src=x>\u202e'\""
    given = load_lines(V2.replace("eni-a", eni))
    picker = made(given)
    choose(picker, "interface_id", eni)
    assert picker.flows.count() == 2
    type_in(picker, "address", "<b>x</b>")
    shown = [picker.caption.value, picker.terms["address"].alert.value]
    assert not any("<img" in html or "<b>" in html or "\u202e" in html for html in shown)
    assert "&lt;img" in picker.caption.value
    assert all("\u202e" not in label for label, _value in picker.lists[0].list.options)
    assert "\u202e" not in picker.code
    assert picker.flows.scope == by_code(picker, given).scope
