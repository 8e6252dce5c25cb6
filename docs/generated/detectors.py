"""A page per detector: its docstring, and each threshold and weight with its reason."""

import pandas as pd

import flowkit as fk
from generated.markdown import cell, code, table

__all__ = ["names", "pages"]


def names() -> list[str]:
    """Return the names of the detectors."""
    return sorted(set(fk.analysis.detector_settings().detector))


def pages() -> dict[str, str]:
    """Return the pages."""
    settings = fk.analysis.detector_settings()
    return {f"methods/detectors/{name}.md": _page(name, settings[settings.detector == name]) for name in names()}


def _page(name: str, settings: pd.DataFrame) -> str:
    rows = [
        (code(str(row["setting"])), f"{row['value']:,g}", cell(str(row["unit"])), cell(str(row["why"])))
        for row in settings.to_dict("records")
    ]
    return f"""---
title: {name.replace("_", " ").capitalize()}
---

::: flowkit.analysis.{name}
    options: {{heading_level: 1}}

## Settings

What it goes by; each is a keyword of the call, as in `fk.analysis.{name}(flows, {settings.setting.iloc[0]}=…)`.

{table(("Setting", "Default", "Unit", "Why"), rows)}
"""
