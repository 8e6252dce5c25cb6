"""The built wheel, installed elsewhere: whole, importable from there, and with nothing beside ``flowkit``."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder that the wheel was installed in; nothing is fetched on the way."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run([sys.executable, "-m", *build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = ["pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder / "site")]
    subprocess.run([sys.executable, "-m", *install, str(wheel)], cwd=folder, check=True)
    return folder / "site"


def files(folder):
    """Return what git would keep of a folder, by relative name."""
    passing = {"__pycache__", ".ipynb_checkpoints"}
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not passing & set(path.parts)}


def test_the_only_top_level_package_is_flowkit(installed):
    beside_metadata = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert beside_metadata - {"bin"} == {"etc", "flowkit", "share"}


def test_the_package_is_whole(installed):
    assert files(installed / "flowkit") == files(ROOT / "flowkit")


@pytest.mark.parametrize("folder", ["notebooks", "playbooks"])
def test_notebooks_and_playbooks_lie_under_share(installed, folder):
    assert files(installed / "share" / "flowkit" / folder) == files(ROOT / folder)


def test_the_extension_lies_where_jupyterlab_looks(installed):
    assert files(installed / "share/jupyter/labextensions") == files(ROOT / "labextension/prebuilt")
    assert (installed / "etc/jupyter/jupyter_server_config.d/vpc-flowkit.json").is_file()


def test_the_copy_imports_by_the_same_rules(installed, tmp_path):
    for name in ("test_layers.py", "test_public.py"):
        copy(ROOT / "tests" / name, tmp_path)
    # PYTHONPATH goes before the checkout, which the environment has as an editable install.
    environment = os.environ | {"PYTHONPATH": str(installed)}
    where = "import flowkit; print(flowkit.__file__)"

    def python(*arguments):
        command, text = [sys.executable, *arguments], {"capture_output": True, "text": True}
        run = subprocess.run(command, cwd=tmp_path, env=environment, check=False, **text)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout.strip()

    assert Path(python("-c", where)).is_relative_to(installed)
    python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))
