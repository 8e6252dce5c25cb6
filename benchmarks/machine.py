"""What figures depend on: processor, memory, system, versions."""

import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

VERSIONS = ("vpc-flowkit", "duckdb", "pyarrow", "ibis-framework", "pandas", "numpy", "pyspark")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    models = Path("/proc/cpuinfo")
    lines = models.read_text(encoding="utf-8").splitlines() if models.exists() else []
    named = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": named[0] if named else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": dict(_versions()),
    }


def _versions() -> Iterator[tuple[str, str]]:
    for name in VERSIONS:
        with suppress(PackageNotFoundError):
            yield name, version(name)


def told(facts: dict[str, Any]) -> str:
    """Return the machine in words."""
    memory = f"{facts['memory_gb']:.0f} GB"
    return f"{facts['cpu']}, {facts['cores']} cores, {memory}, {facts['system']}, Python {facts['python']}"
