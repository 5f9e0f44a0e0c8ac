import pytest

from core.colors import contrast, readable_on


def test_letters_on_any_grey_can_be_read():
    for level in range(256):
        grey = f"#{level:02x}{level:02x}{level:02x}"
        assert contrast(readable_on(grey), grey) >= 4.5


def test_black_on_white_is_as_much_contrast_as_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#0f766e", "#0f766e") == 1
