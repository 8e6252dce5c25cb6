"""A permutation: each string of a length becomes another one, no two the same, and back."""

import itertools

import pytest

from flowkit.redaction.digits import Permutation

SECRET = bytes(range(32))


@pytest.mark.parametrize(("radix", "length"), [(2, 8), (10, 2), (16, 2), (7, 3)])
def test_it_is_one_to_one(radix, length):
    permutation = Permutation(SECRET, radix)
    given = [list(digits) for digits in itertools.product(range(radix), repeat=length)]
    made = [permutation.forward(digits) for digits in given]
    assert sorted(made) == given
    assert made != given
    assert [permutation.backward(digits) for digits in made] == given


@pytest.mark.parametrize(("radix", "length"), [(10, 12), (16, 8), (16, 17), (256, 8), (256, 300)])
def test_it_goes_back(radix, length):
    permutation = Permutation(SECRET, radix)
    given = [(7 * place) % radix for place in range(length)]
    made = permutation.forward(given)
    assert len(made) == length
    assert max(made) < radix
    assert permutation.backward(made) == given != made


def test_another_key_makes_others():
    assert Permutation(SECRET, 16).forward([1] * 17) != Permutation(SECRET[::-1], 16).forward([1] * 17)
    assert "secret" not in repr(Permutation(SECRET, 16))
