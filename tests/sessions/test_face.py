"""What the package hands out, and what loading it costs."""

from __future__ import annotations

import subprocess
import sys

import project_x_py.sessions


def test_every_name_loads_and_is_listed() -> None:
    """Each name of __all__ is there and listed by dir."""
    listed = dir(project_x_py.sessions)
    for name in project_x_py.sessions.__all__:
        assert getattr(project_x_py.sessions, name) is not None
        assert name in listed


def test_a_configuration_loads_no_frame_library() -> None:
    """Configurations and questions about instants need neither polars nor numpy."""
    code = (
        "import sys; from project_x_py.sessions import SessionConfig, SessionTimes, SessionType; "
        "SessionConfig('RTH').sessions_of('ES'); "
        "print(sorted({'polars', 'numpy', 'talib'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
