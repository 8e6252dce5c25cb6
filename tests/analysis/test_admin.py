"""`exposed_admin`: who administers from outside, and which rule lets them."""

import pytest

from flowkit import analysis
from flowkit.analysis.admin import ADMINISTRATION
from tests.analysis.dialled import call, log, refusal, rejection
from tests.inventory.network import GROUPS, interface, rule, snapshot

OUT, SERVER = "198.51.100.7", "10.0.1.20"
BAR = interface("10.0.1.20", SERVER, "subnet-a1", "sg-open")
RULES = (*GROUPS["sg-app"], rule("sg-open", protocol=6, first=22, rule_id="sgr-22"))
TALK = log(
    call(OUT, SERVER, 22, 0),
    call("198.51.100.8", SERVER, 22, 5, there=(5, 500)),
    refusal(OUT, SERVER, 3389, 10),
    rejection(OUT, SERVER, 5900, 20),
    call("10.0.1.11", SERVER, 5432, 30),
    call(OUT, SERVER, 443, 40),
    call("192.168.9.9", SERVER, 22, 50),
)


@pytest.mark.parametrize(("inventory", "admitted"), [(None, ""), (snapshot(interfaces=(BAR,), rules=RULES), "sgr-22")])
def test_a_row_per_server_and_port_with_the_rule_where_it_is_known(load_lines, inventory, admitted):
    frame = analysis.exposed_admin(load_lines(TALK, inventory=inventory))
    assert frame[["server", "server_port", "client", "clients", "established"]].to_numpy().tolist() == [
        [SERVER, 22, OUT, 2, 2],
        [SERVER, 3389, OUT, 1, 0],
    ]
    assert frame.rule.tolist() == [admitted, ""]
    assert set(frame.kind) == {"remote access"}


def test_without_action_the_traffic_is_told_and_no_rule(load_lines):
    lines = [line.split() for line in TALK.splitlines() if "REJECT" not in line]
    lines = [" ".join(line[:11] + line[12:]) for line in lines]
    inventory = snapshot(interfaces=(BAR,), rules=RULES)
    frame = analysis.exposed_admin(load_lines("\n".join(lines), inventory=inventory))
    assert (22 in set(frame.server_port), set(frame.rule)) == (True, {""})


def test_each_port_is_listed_once():
    keys = [(port, protocol) for port, protocol, _name, _kind in ADMINISTRATION]
    assert len(keys) == len(set(keys))
