"""The same base name in analysis/, views/ and tests/: from a public name to where it is written, drawn and tested."""

from pathlib import Path

import pytest

from flowkit import analysis, views

TESTS = Path(__file__).parent


def module_of(function, package):
    home, _, module = function.__module__.rpartition(".")
    assert home == package.__name__
    return module


PUBLIC = [(package, name) for package in (analysis, views) for name in package.__all__]


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=lambda value: value if isinstance(value, str) else "")
def test_a_public_name_has_a_module_and_the_module_its_tests(package, name):
    module = module_of(getattr(package, name), package)
    tests = TESTS / package.__name__.removeprefix("flowkit.") / f"test_{module}.py"
    assert name in tests.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", [analysis, views])
def test_no_module_bears_the_name_of_a_public_function_beside_it(package):
    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")}
    assert not modules & set(package.__all__)


# suspects draws what any detector returned
@pytest.mark.parametrize("name", [name for name in views.__all__ if name != "suspects"])
def test_a_view_lies_in_the_module_of_its_analysis(name):
    draws = {"talker_sankey": "talker_edges", "talker_graph": "talker_edges"}.get(name, name)
    assert module_of(getattr(views, name), views) == module_of(getattr(analysis, draws), analysis)


@pytest.mark.parametrize("package", [analysis, views])
def test_public_names_are_sorted_and_documented(package):
    assert list(package.__all__) == sorted(package.__all__)
    assert all(getattr(package, name).__doc__ for name in package.__all__)
