"""A question as people ask it, answered gate by gate: as a table, as text, as a picture; and questions refused."""

import re
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from flowkit.errors import InventoryError
from flowkit.inventory import Snapshot, explain
from tests.inventory.network import SNAPSHOT, interface, snapshot

NASTY = '<script>alert("1")</script>\x1b[2J'
COLUMNS = ["way", "gate", "at", "verdict", "rule", "entry", "why"]


@pytest.mark.parametrize("source", ["10.0.1.10", "app", "eni-app", "i-app", " app "])
@pytest.mark.parametrize("destination", ["10.0.2.20", "db", "eni-db", "i-db"])
def test_ends_are_named_by_address_id_or_name(source, destination):
    (passage,) = explain(snapshot(), source, destination, 5432).passages
    assert (passage.source.address, passage.destination.address) == ("10.0.1.10", "10.0.2.20")


def test_an_address_may_be_spelt_in_full():
    six = interface("six", "10.0.1.60", "subnet-a1", "sg-app", more=("2001:db8::60",))
    found = explain(snapshot(interfaces=(six,)), "2001:0db8:0000::0060", "2001:db8:77::1", 443)
    assert found.passages[0].source.interface == six


def test_a_row_per_gate():
    frame = explain(snapshot(), "app", "db", 5433).to_frame()
    assert list(frame.columns) == COLUMNS
    assert frame.iloc[3].to_dict() == {
        "way": "request 10.0.1.10 to 10.0.2.20",
        "gate": "destination_nacl_inbound",
        "at": "10.0.2.20 (db, eni-db)",
        "verdict": "denies",
        "rule": "acl-db",
        "entry": 32767,
        "why": "acl-db: no entry allows TCP port 5433 from 10.0.1.10, so entry 32767 denies.",
    }
    assert frame.iloc[4].rule == "sg-extra, sg-db"
    assert frame.entry.isna().sum() == 4
    assert frame.way.str.startswith("reply 10.0.2.20 to").sum() == 3
    assert str(frame.entry.dtype) == "Int64"


def test_each_column_is_named_in_the_docstring():
    frame = explain(snapshot(), "app", "db", 5433)
    assert all(f"``{column}``" in type(frame).to_frame.__doc__ for column in frame.to_frame().columns)


@pytest.mark.parametrize(
    ("source", "destination", "port", "sentence"),
    [
        (
            "app",
            "db",
            5432,
            "TCP port 5432 from 10.0.1.10 (app, eni-app) to 10.0.2.20 (db, eni-db) is admitted in part",
        ),
        ("app", "app2", 8080, "is admitted by every gate."),
        ("app", "db", 22, "is denied by destination_nacl_inbound: acl-db: no entry allows TCP port 22"),
        ("app", "db", 22, "destination_security_group would deny it too."),
        ("app", "198.51.100.1", 443, "cannot be told whole: destination_nacl_inbound: 198.51.100.1 lies outside"),
        ("app", "10.0.0.2", 53, "is not asked about by any gate."),
    ],
)
def test_one_sentence_sums_it_up(source, destination, port, sentence):
    found = explain(snapshot(), source, destination, port)
    assert sentence in found.verdicts[0]
    assert found.verdicts[0] in str(found)
    assert len(str(found).splitlines()) == 9 + len(found.notes)


def test_narrower_client_ports_are_asked_about():
    assert explain(snapshot(), "app", "db", 5432, client_ports=(32768, 60999)).passages[0].verdict == "admits"


@pytest.mark.parametrize(
    ("protocol", "said"), [("icmp", "ICMP type 8 code 0"), ("gre", "GRE"), (47, "GRE"), ("tcp", "TCP all ports")]
)
def test_without_a_port(protocol, said):
    assert explain(snapshot(), "app", "db", protocol=protocol).verdicts[0].startswith(f"{said} from")


@pytest.mark.parametrize(
    ("source", "destination", "note"),
    [
        ("10.0.1.77", "db", "Nobody in the snapshot holds 10.0.1.77, an address of subnet-a1"),
        ("app", "198.51.100.1", "198.51.100.1 is outside"),
        ("10.77.0.1", "db", "10.77.0.1 is a private address of no VPC in the snapshot"),
        ("10.77.0.1", "db", "The snapshot is of account 111122223333."),
        ("app", "169.254.169.254", "is AWS's own"),
    ],
)
def test_what_the_snapshot_cannot_tell_is_said(source, destination, note):
    found = explain(snapshot(), source, destination, 443)
    assert any(note in one for one in found.notes)
    assert note in str(found)
    assert len(found.passages) == 1, "it answers as far as it goes"


@pytest.mark.parametrize(
    ("source", "destination", "port", "protocol", "message"),
    [
        ("app", "app", 443, "tcp", r"source and destination are the same: 10\.0\.1\.10 .*Name two different ends"),
        ("app", "10.0.1.10", 443, "tcp", "are the same"),
        ("app", "192.0.2.10", 443, "tcp", "are the same"),  # its own public address
        ("ap", "db", 443, "tcp", "nothing in the snapshot is called 'ap', the source; did you mean 'app'"),
        ("app", "zzz", 443, "tcp", r"the destination\. Give an address"),
        ("app", "", 443, "tcp", "called '', the destination"),
        ("app", "10.0.0.0/16", 443, "tcp", r"10\.0\.0\.0/16 is a block\. Name one address"),
        ("app", "2001:db8::1", 443, "tcp", "no IP version in common"),
        ("10.77.0.1", "198.51.100.1", 443, "tcp", "neither .* of account 111122223333, .*take a snapshot"),
        ("app", "db", 65536, "tcp", "port 65536 is none: ports are whole numbers from 0 to 65535"),
        ("app", "db", -1, "tcp", "port -1 is none"),
        ("app", "db", True, "tcp", "port True is none"),
        ("app", "db", "443", "tcp", "port 443 is none"),
        ("app", "db", 443, "icmp", "icmp has no ports, so leave out port 443"),
        ("app", "db", 443, "tpc", "there is no protocol 'tpc'"),
        ("app", "db", 443, "all", "there is no protocol 'all'"),
        (NASTY, "db", 443, "tcp", r"\\x1b"),
    ],
)
def test_questions_refused(source, destination, port, protocol, message):
    with pytest.raises(InventoryError, match=message):
        explain(snapshot(), source, destination, port, protocol)


@pytest.mark.parametrize("span", [(5, 4), (-1, 5), (0, 65536)])
def test_client_ports_that_are_none(span):
    with pytest.raises(InventoryError, match=r"client_ports .* is no range"):
        explain(snapshot(), "app", "db", 5432, client_ports=span)


def test_an_empty_snapshot_knows_nobody():
    with pytest.raises(InventoryError, match="neither"):
        explain(Snapshot(), "10.0.0.1", "10.0.0.2", 443)


def test_a_name_of_several_interfaces_means_each():
    twins = tuple(interface(f"w{n}", f"10.0.1.{n}", "subnet-a1", "sg-app", tags=()) for n in (1, 2))
    named = tuple(type(one)(**{k: getattr(one, k) for k in one.__slots__} | {"name": "workers"}) for one in twins)
    found = explain(snapshot(interfaces=(*SNAPSHOT["interfaces"], *named)), "workers", "db", 5432)
    assert [one.source.address for one in found.passages] == ["10.0.1.1", "10.0.1.2"]
    assert len(found.to_frame()) == 16


def drawn(found):
    """Return the pictures as parsed XML: what does not parse is no SVG."""
    pictures = re.findall(r"<svg.*?</svg>", found._repr_html_(), re.DOTALL)
    return [ET.fromstring(picture) for picture in pictures]  # noqa: S314 - our own


def test_the_picture_has_the_gates_in_their_order_each_with_its_verdict_in_words():
    (picture,) = drawn(explain(snapshot(), "app", "db", 5433))
    groups = picture.findall("g")
    lefts = [float(group.find("rect").get("x")) for group in groups]
    texts = [[text.text or "" for text in group.findall("text")] for group in groups]
    assert lefts[:5] == sorted(lefts[:5])
    assert lefts[5:] == [lefts[4], lefts[2], lefts[0]], "the reply's gates stand under the ends they belong to"
    assert texts[3] == ["destination ACL in", "✕ denies", "acl-db 32767"]
    assert [text[1] for text in texts] == ["✓ admits"] * 3 + ["✕ denies", "✓ admits", "◐ admits in part"] + [
        "✓ admits"
    ] * 2
    assert picture.get("role") == "img"
    assert "is denied by destination_nacl_inbound" in picture.get("aria-label")


def test_colour_is_never_the_only_sign_and_suits_light_and_dark():
    text = explain(snapshot(), "app", "db", 5433)._repr_html_()
    assert set(re.findall(r'fill="([^"]*)"', text)) == {"none", "currentColor"}
    assert set(re.findall(r"style=\"stroke:([^\"]*)\"", text)) <= {
        "currentColor", "light-dark(#00568c, #56b4e9)", "light-dark(#b34700, #ff9a4d)", "light-dark(#7a5c00, #e69f00)",
    }  # fmt: skip


def test_text_from_a_snapshot_is_no_markup():
    nasty = interface("x", "10.0.1.60", "subnet-a1", f"sg-{NASTY}", tags=())
    nasty = type(nasty)(**{k: getattr(nasty, k) for k in nasty.__slots__} | {"name": NASTY})
    found = explain(snapshot(interfaces=(*SNAPSHOT["interfaces"], nasty)), NASTY, "db", 5432)
    assert "<script" not in found._repr_html_()
    assert "\x1b" not in found._repr_html_() + str(found)
    assert drawn(found)


def test_many_passages_are_not_all_drawn():
    many = tuple(interface(f"w{n}", f"10.0.1.{n}", "subnet-a1", "sg-app") for n in range(1, 12))
    many = tuple(type(one)(**{k: getattr(one, k) for k in one.__slots__} | {"name": "w"}) for one in many)
    found = explain(snapshot(interfaces=(*SNAPSHOT["interfaces"], *many)), "w", "db", 5432)
    assert len(drawn(found)) == 6
    assert "The first 6 of 11 passages are drawn" in found._repr_html_()


def test_an_explanation_is_a_frame_of_the_same_types_whoever_is_asked():
    one, other = explain(snapshot(), "app", "db", 5432), explain(snapshot(), "app", "10.0.0.2", 53, "udp")
    pd.testing.assert_series_equal(one.to_frame().dtypes, other.to_frame().dtypes)
