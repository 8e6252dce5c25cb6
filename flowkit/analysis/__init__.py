"""A question in, a DataFrame out: ``fk.analysis.NAME(flows, ...)``.

Every frame carries in ``attrs`` what its picture and caption need: `analysis` (its name), `caption`
(one sentence: scope, unit, what was left out) and, for timelines, `every` (s) and `gaps`.
"""

from flowkit.analysis.addressing import address_facts, holders
from flowkit.analysis.admin import exposed_admin
from flowkit.analysis.appearing import first_seen
from flowkit.analysis.attempts import connection_attempts
from flowkit.analysis.beaconing import beacons
from flowkit.analysis.changes import what_changed
from flowkit.analysis.contents import summary
from flowkit.analysis.conversing import conversations, events
from flowkit.analysis.costing import logging_cost
from flowkit.analysis.direct import direct_egress
from flowkit.analysis.egress import egress_volume
from flowkit.analysis.encrypting import encryption_statuses, unencrypted
from flowkit.analysis.flooding import floods
from flowkit.analysis.guessing import brute_force
from flowkit.analysis.lasting import long_conversations
from flowkit.analysis.lateral import lateral_movement
from flowkit.analysis.legacy import cleartext
from flowkit.analysis.missing import logging_gaps
from flowkit.analysis.observing import observations
from flowkit.analysis.paths import talker_path
from flowkit.analysis.rejected import rejected_tuples
from flowkit.analysis.rejects import reject_timeline
from flowkit.analysis.ruling import conversation_rules, rule_effects
from flowkit.analysis.scans import background_noise, port_scans, sweeps
from flowkit.analysis.talkers import talker_edges, talker_measures, top_talkers
from flowkit.analysis.thresholds import detector_settings
from flowkit.analysis.traffic import traffic_timeline
from flowkit.analysis.transferring import data_transfer_cost
from flowkit.analysis.tunnelling import tunnels
from flowkit.analysis.uploading import uploads
from flowkit.analysis.watched import coverage, did_talk

__all__ = [
    "address_facts",
    "background_noise",
    "beacons",
    "brute_force",
    "cleartext",
    "connection_attempts",
    "conversation_rules",
    "conversations",
    "coverage",
    "data_transfer_cost",
    "detector_settings",
    "did_talk",
    "direct_egress",
    "egress_volume",
    "encryption_statuses",
    "events",
    "exposed_admin",
    "first_seen",
    "floods",
    "holders",
    "lateral_movement",
    "logging_cost",
    "logging_gaps",
    "long_conversations",
    "observations",
    "port_scans",
    "reject_timeline",
    "rejected_tuples",
    "rule_effects",
    "summary",
    "sweeps",
    "talker_edges",
    "talker_measures",
    "talker_path",
    "top_talkers",
    "traffic_timeline",
    "tunnels",
    "unencrypted",
    "uploads",
    "what_changed",
]
