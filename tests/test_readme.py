"""The README's Python runs, in its order, as one program."""

import os
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def python_of(text):
    """Blank every line but those of python blocks, so that a traceback gives the README's line numbers."""
    block, kept = None, []
    for line in text.splitlines():
        fence = line.startswith("```")
        kept.append(line if block == "python" and not fence else "")
        if fence:
            block = line.removeprefix("```") if block is None else None
    return "\n".join(kept)


def test_the_readme_runs(tmp_path):
    script = tmp_path / "README.py"
    script.write_text(python_of(README.read_text(encoding="utf-8")), encoding="utf-8")
    assert "import flowkit" in script.read_text(encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    # The json renderer: figures are made whole and shown to nobody.
    environment = {"FLOWKIT_CACHE": str(tmp_path / "cache"), "PLOTLY_RENDERER": "json"}
    run = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
