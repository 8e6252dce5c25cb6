"""Every question of `fk.analysis` with what it is asked of the rich log, and every playbook."""

import os
from datetime import timedelta

import pandas as pd
import pytest

from flowkit import analysis
from flowkit.errors import MissingFieldError

_SCAN = {"ports": 5, "hosts": 5, "sources": 4}
_FLOOD = {"syn_rate": 0.1, "icmp_rate": 1, "quiet": 0}
ARGUMENTS = {
    "address_facts": {},
    "background_noise": {"top": 50},
    "beacons": {"fewest_calls": 6},
    "brute_force": {"attempts": 5},
    "cleartext": {},
    "connection_attempts": {"clients": "10.0.9.4", "servers": "10.0.9.5", "port": 443},
    "conversation_rules": {},
    "conversations": {},
    "coverage": {"every": timedelta(minutes=30)},
    "data_transfer_cost": {},
    "did_talk": {"a": "10.0.9.4", "b": "10.0.9.5", "port": 443},
    "direct_egress": {},
    "egress_volume": {},
    "events": {"top": 200},
    "exposed_admin": {},
    "first_seen": {"history": 600},
    "floods": _FLOOD,
    "holders": {},
    "lateral_movement": {},
    "logging_cost": {},
    "logging_gaps": {},
    "long_conversations": {"least_seconds": 600},
    "observations": {},
    "port_scans": _SCAN,
    "reject_timeline": {"every": timedelta(minutes=10)},
    "rejected_tuples": {},
    "rule_effects": {},
    "summary": {},
    "sweeps": _SCAN,
    "talker_edges": {"by": "subnet"},
    "talker_path": {"source": "10.0.9.4", "destination": "10.0.9.5"},
    "top_talkers": {},
    "traffic_timeline": {"every": timedelta(minutes=10), "by": "dstport"},
    "tunnels": {"least_bytes": 1000, "icmp_packet": 100},
    "uploads": {"least_bytes": 1000},
    "what_changed": {"at": "2026-03-10T08:20:00Z", "window": timedelta(minutes=20)},
}
"""The arguments beside the flows, by the analysis's name; detectors are set so that there is something to find."""
NEEDED = {"encryption_statuses": "encryption-status", "unencrypted": "encryption-status"}
"""Analyses of fields that the log lacks, and the field that they name."""
WITHOUT_FLOWS = {"detector_settings", "talker_measures"}
"""They take no flows: they never reach an engine."""
POLICY = """version: 1
name: what the rich log keeps to, and what it does not
default: deny
segments:
  client: {cidr: [10.0.9.4, 2001:db8:1::/64], within: deny}
  server: {cidr: [10.0.9.5]}
  db: {subnet: [subnet-0d5635235b20f4325, subnet-0f9a526a028029b9b]}
  shop: {group: [shop-app, shop-web]}
  empty: {cidr: [192.0.2.0/28]}
rules:
  - {allow: client, to: server, ports: [443], why: orders}
  - {allow: client, to: internet, protocol: icmp, why: is it up}
  - {deny: shop, to: internet, why: data stays}
exceptions:
  - {from: client, to: server, ports: [5000-5999], owner: Jane Doe, until: 2999-01-31, why: ticket 4711}
"""
PLAYBOOKS = {
    "compliance": {"policy": POLICY},
    "connectivity": {"source": "10.0.9.4", "destination": "10.0.9.5", "port": 443},
    "cost": {},
    "exfiltration": {},
    "flood": {},
    "intrusion": {},
}
"""The parameters beside the flows, by the playbook's name."""


def chosen(every, *sample):
    """Return what another engine is asked, a second or more each: of *every* name a sample, in `make soak` all."""
    assert {*sample} <= {*every}
    rest = sorted({*every} - {*sample}) if os.environ.get("FLOWKIT_SOAK") else ()
    return [*sample, *rest]


def answer(flows, name):
    """Return the frame of an analysis with its arguments."""
    return getattr(analysis, name)(flows, **ARGUMENTS[name])


def refusal(flows, name):
    """Return what an analysis says that lacks a field."""
    with pytest.raises(MissingFieldError, match=NEEDED[name]) as caught:
        getattr(analysis, name)(flows)
    return str(caught.value)


def assert_same(found, expected):
    """Hold two frames equal: columns, types, values, order; floats within 1e-9."""
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-9, atol=1e-9)
