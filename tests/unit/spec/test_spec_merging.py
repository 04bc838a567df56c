from __future__ import annotations

from pathlib import Path

from tiscam_emu.spec.files import read_merged


def _write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")


def test_later_base_wins_over_earlier_and_the_file_over_its_bases(tmp_path: Path) -> None:
    _write(
        tmp_path,
        first="a: 1\nb: 1\nc: 1",
        second="b: 2\nc: 2",
        model="extends: [first.yaml, second.yaml]\nc: 3",
    )
    assert read_merged(tmp_path / "model.yaml").content == {"a": 1, "b": 2, "c": 3}


def test_rows_merge_key_by_key_and_lists_are_replaced(tmp_path: Path) -> None:
    _write(
        tmp_path,
        base="Count: {min: 1, max: 1000, source: here}\nSource: {entries: [Any, Line1]}",
        model="extends: [base.yaml]\nCount: {max: 65535, source: there}\nSource: {entries: [Any]}",
    )
    assert read_merged(tmp_path / "model.yaml").content == {
        "Count": {"min": 1, "max": 65535, "source": "there"},
        "Source": {"entries": ["Any"]},
    }


def test_bases_of_bases_are_found_beside_their_own_file(tmp_path: Path) -> None:
    (tmp_path / "families").mkdir()
    _write(tmp_path / "families", common="a: 1", gige="extends: [common.yaml]\nb: 2")
    _write(tmp_path, model="extends: [families/gige.yaml]")
    assert read_merged(tmp_path / "model.yaml").content == {"a": 1, "b": 2}


def test_on_and_off_are_words_and_true_and_false_are_not(tmp_path: Path) -> None:
    _write(tmp_path, model="mode: [On, Off, yes]\nflag: [true, false]")
    assert read_merged(tmp_path / "model.yaml").content == {"mode": ["On", "Off", "yes"], "flag": [True, False]}
