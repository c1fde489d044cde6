"""``python -m project_x_py.cli`` is the same as ``projectx``."""

from __future__ import annotations

from project_x_py.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
