from __future__ import annotations

import pytest

from tiscam_emu.errors import UnknownModel
from tiscam_emu.spec.catalog import find_key, model_keys

KEYS = ["33GP1300", "38GX541-a", "38UX253", "38UX267", "39GX265-Z20"]


def test_the_five_models_are_known_in_order() -> None:
    assert model_keys() == KEYS


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prefix", ["", "DFK ", "DMK ", "dfk ", "DFK-", "dmk_", "DFK"])
def test_model_is_found_with_or_without_prefix_in_any_case(key: str, prefix: str) -> None:
    assert find_key(prefix + key) == key
    assert find_key(prefix + key.lower()) == key
    assert find_key(f"  {prefix}{key.upper()} ") == key


def test_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownModel) as caught:
        find_key("DFK 33UX290")
    paths = "the path of a YAML file, a camera's own description, or a folder"
    assert str(caught.value) == f"unknown model 'DFK 33UX290'; known models: {', '.join(KEYS)}; or {paths}"
