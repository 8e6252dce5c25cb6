"""A question in, a DataFrame out: ``fk.analysis.NAME(flows, ...)``.

Every frame carries in ``attrs`` what its picture and caption need: `analysis` (its name), `caption`
(one sentence: scope, unit, what was left out) and, for timelines, `every` (s) and `gaps`.
"""

from flowkit.analysis.contents import summary
from flowkit.analysis.rejects import reject_timeline
from flowkit.analysis.talkers import talker_edges, talker_measures, top_talkers
from flowkit.analysis.traffic import traffic_timeline

__all__ = ["reject_timeline", "summary", "talker_edges", "talker_measures", "top_talkers", "traffic_timeline"]
