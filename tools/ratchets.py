"""Take from the lists of what is missing whatever holds by now: ``python tools/ratchets.py``.

The lists are the documented names that the package lacks and the statements of the seeds that no
test proves. Nothing is ever added to either; what got lost makes the tests fail instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.architecture import documented_api  # noqa: E402 - found through the path above
from tests.checklist import statements  # noqa: E402 - found through the path above
from tools import promises  # noqa: E402 - likewise

__all__ = ["main"]


def shorten(path: Path, before: int, lines: Iterable[str]) -> None:
    """Write the lines that are left, and tell how many there were."""
    left = list(lines)
    path.write_text("".join(f"{line}\n" for line in left), encoding="utf-8")
    print(f"{path.relative_to(ROOT).as_posix()}: {before} -> {len(left)}")


def main() -> None:
    """Shorten both lists, and name the proofs of what holds."""
    listed = documented_api.listed_as_missing()
    gone = documented_api.missing()
    shorten(documented_api.MISSING, len(listed), [name for name in listed if name in gone])
    waiting = statements.pending()
    left = sorted(waiting - statements.proven())
    shorten(statements.PENDING_FILE, len(waiting), map(str, left))
    promises.main()


if __name__ == "__main__":
    main()
