"""Seeded scenarios: small networks whose traffic passes real rules and ends up in real flow logs."""
