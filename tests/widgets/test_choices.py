"""A list of choices: the best matches, counted, in lines that nothing from a log can break."""

from flowkit.scope import Scope
from flowkit.widgets.choices import Choice, ChoiceList, best, labels
from flowkit.widgets.parts import Turn

WEB = Choice("eni-0abc", "web-1", 12_345, "10.0.1.10")
APP = Choice("eni-0def", "app-1", 7, "10.0.2.10")
NAMELESS = Choice("eni-0123", "", 90)
MANY = [Choice(f"eni-{number:05}", "", 5_000 - number) for number in range(5_000)]


def made(choices):
    edits = []
    found = ChoiceList("interface", "interface_id", lambda _scope: choices, Turn(), lambda _p, keys: edits.append(keys))
    return found, edits


def plain(lines):
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def test_most_records_first_and_lines_in_columns():
    listed, more = best([APP, NAMELESS, WEB], "", ())
    assert (listed, more) == ([WEB, NAMELESS, APP], 0)
    assert plain(labels(listed)) == [
        "web-1     12,345  eni-0abc",
        "eni-0123      90",
        "app-1          7  eni-0def",
    ]


def test_every_word_must_be_in_name_id_or_what_else_it_is_found_by():
    assert best([APP, WEB], "WEB 0abc", ())[0] == [WEB]
    assert best([APP, WEB], "10.0.2", ())[0] == [APP]
    assert best([APP, WEB], "nothing", ()) == ([], 0)


def test_chosen_ones_are_always_listed_and_keep_their_place():
    assert best([APP, WEB], "web", [APP.id]) == ([WEB, APP], 0)
    listed, more = best(MANY, "", ["eni-04999", "eni-00003"])
    assert [c.id for c in listed[:4]] == ["eni-00000", "eni-00001", "eni-00002", "eni-00003"]
    assert listed[-1].id == "eni-04999"
    assert (len(listed), more) == (101, 4_899)


def test_of_many_the_best_are_listed_and_the_rest_is_told():
    found, _edits = made(MANY)
    found.show(Scope())
    assert len(found.list.options) == 100
    assert found.note.value == "… 4,900 more: type to find them"
    found.search.value = "eni-0499"
    assert [value for _label, value in found.list.options] == [f"eni-0499{n}" for n in range(10)]
    assert found.note.value == ""
    found.search.value = "none such"
    assert (found.list.options, found.note.value) == ((), "no match")


def test_choosing_is_an_edit_and_filling_is_none():
    found, edits = made([WEB, APP])
    found.show(Scope())
    found.show(Scope(interface_id="eni-0def"))
    assert (found.list.value, edits) == (("eni-0def",), [])
    found.list.value = ("eni-0abc", "eni-0def")
    assert edits == [{"interface_id": ("eni-0abc", "eni-0def")}]


def test_values_of_the_key_that_the_list_does_not_offer_stay():
    edits = []
    blocks = [Choice("10.0.1.0/24")]
    found = ChoiceList("subnet", "address", lambda _scope: blocks, Turn(), lambda _part, keys: edits.append(keys))
    found.show(Scope(address="192.0.2.1"))
    found.list.value = ("10.0.1.0/24",)
    assert edits == [{"address": ("192.0.2.1", "10.0.1.0/24")}]


def test_without_any_choice_it_says_so():
    found, _edits = made([])
    found.show(Scope())
    assert found.note.value == "no records in this scope"


def test_control_and_bidirectional_characters_are_written_out():
    line = labels([Choice("eni-a\n\x1b[2J", "we\u202eb")])[0]
    assert line.isprintable() or "\N{NO-BREAK SPACE}" in line
    assert "\\x1b" in line
    assert "\\u202e" in line
