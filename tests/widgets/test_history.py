"""Undo and redo as a value."""

from flowkit.widgets.history import History


def test_back_and_forward():
    history = History(1).to(2).to(3)
    assert (history.back().present, history.back().back().present) == (2, 1)
    assert history.back().back().back() == history.back().back()
    assert history.back().forward() == history
    assert history.forward() == history


def test_a_step_after_going_back_forgets_what_was_taken_back():
    history = History(1).to(2).back().to(3)
    assert history == History(3, past=(1,))


def test_the_same_again_is_no_step():
    history = History(1).to(2).back()
    assert history.to(1) == history


def test_the_oldest_steps_are_forgotten():
    history = History(0)
    for number in range(1, 2_000):
        history = history.to(number)
    assert len(history.past) == 500
    assert history.past[-1] == 1_998
