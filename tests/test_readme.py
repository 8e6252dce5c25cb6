"""The README's Python runs, in its order, as one program."""

import os
import subprocess
import sys
from pathlib import Path

from tests import documents

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_runs(tmp_path):
    assert "import flowkit" in README.read_text(encoding="utf-8")
    # The json renderer: figures are made whole and shown to nobody.
    environment = {"FLOWKIT_CACHE": str(tmp_path / "cache"), "PLOTLY_RENDERER": "json"}
    run = subprocess.run(
        [sys.executable, documents.__file__, str(README)],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
