"""Seeded scenarios: small networks whose traffic passes real rules and ends up in real flow logs."""

from flowkit.training.lessons import scenario, scenarios

__all__ = ["scenario", "scenarios"]
