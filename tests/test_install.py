"""The look for another package of the same name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import project_x_py
from project_x_py._install import other_installations, warn_if_shadowed
from project_x_py._version import __version__


def upstream(folder: Path, version: str) -> Path:
    """Lay out what an installation leaves in ``folder``: the package and its metadata."""
    package = folder / "project_x_py"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    info = folder / f"project_x_py-{version}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: project-x-py\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    return folder


def test_this_installation_alone_is_not_reported(tmp_path: Path) -> None:
    """A path that holds only this package has no other installation."""
    ours = Path(project_x_py.__file__).resolve().parent.parent
    assert other_installations([str(ours), str(tmp_path), ""]) == []


def test_another_distribution_is_named_with_its_version(tmp_path: Path) -> None:
    """A second distribution of the name is found by its metadata, once."""
    folder = upstream(tmp_path / "site-packages", "3.5.7")
    found = other_installations([str(folder), str(folder)])
    assert found == [f"version 3.5.7 in {folder}"]


def test_same_version_elsewhere_is_reported(tmp_path: Path) -> None:
    """A package of the same name and version in another folder still shadows or is shadowed."""
    folder = upstream(tmp_path, __version__)
    assert other_installations([str(folder)]) == [f"version {__version__} in {folder}"]


def test_metadata_without_a_package_is_not_reported(tmp_path: Path) -> None:
    """The record that an installation from a checkout leaves elsewhere is no second package."""
    folder = upstream(tmp_path, "0.0.9")
    (folder / "project_x_py" / "__init__.py").unlink()
    assert other_installations([str(folder)]) == []


def test_package_without_metadata_is_reported(tmp_path: Path) -> None:
    """A bare package folder counts, since a script can import it; its version is unknown."""
    (tmp_path / "project_x_py").mkdir()
    (tmp_path / "project_x_py" / "__init__.py").touch()
    assert other_installations([str(tmp_path)]) == [f"an unknown version in {tmp_path}"]


def test_warning_is_given_once_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look of a process warns and says what to do; later looks are silent."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(upstream(tmp_path, "3.5.7"))])
    warn_if_shadowed.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match=r"version 3\.5\.7 .*uninstall one"):
            warn_if_shadowed()
        warn_if_shadowed()
    finally:
        warn_if_shadowed.cache_clear()
