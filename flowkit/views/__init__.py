"""A DataFrame in, a plotly Figure out: ``fk.views.NAME(frame)``, named as the analysis it draws."""

from flowkit.views.attempts import connection_attempts
from flowkit.views.costing import logging_cost
from flowkit.views.paths import talker_path
from flowkit.views.rejected import rejected_tuples
from flowkit.views.rejects import reject_timeline
from flowkit.views.ruling import rule_effects
from flowkit.views.suspected import suspects
from flowkit.views.talkers import talker_graph, talker_sankey, top_talkers
from flowkit.views.traffic import traffic_timeline
from flowkit.views.transferring import data_transfer_cost
from flowkit.views.watched import coverage

__all__ = [
    "connection_attempts",
    "coverage",
    "data_transfer_cost",
    "logging_cost",
    "reject_timeline",
    "rejected_tuples",
    "rule_effects",
    "suspects",
    "talker_graph",
    "talker_path",
    "talker_sankey",
    "top_talkers",
    "traffic_timeline",
]
