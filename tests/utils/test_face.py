"""The face of the utilities."""

from __future__ import annotations

import subprocess
import sys

import pytest

from project_x_py import utils


def test_every_name_loads_and_others_are_refused() -> None:
    """The package loads its names lazily and lists exactly those."""
    assert dir(utils) == sorted(utils.__all__)
    assert all(callable(getattr(utils, name)) for name in utils.__all__)
    with pytest.raises(AttributeError, match="round_to_tik"):
        utils.round_to_tik  # noqa: B018


def test_loading_every_name_needs_no_frame_library() -> None:
    """polars is loaded by who makes a frame, not by the tools that look at one."""
    program = (
        "import sys\nfrom project_x_py import utils\n"
        "for name in utils.__all__: getattr(utils, name)\n"
        "print({'polars', 'numpy', 'talib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
