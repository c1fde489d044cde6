"""What every example here asks before it orders: is this account a simulated one?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py import TradingSuite

__all__ = ["practice_only"]


def practice_only(suite: TradingSuite) -> None:
    """Go on with a simulated account only, or with any when ``--live`` was given.

    Practice, evaluation and express accounts are all simulated ones: an example that loses money
    there breaks the same rules as you would.

    Raises:
        SystemExit: The account is live.
    """
    account = suite.client.get_account_info()
    if not account.simulated and "--live" not in sys.argv[1:]:
        raise SystemExit(
            f"account {account.name} is live, and this example places orders: name a practice "
            "account in PROJECT_X_ACCOUNT_NAME, or add --live if you mean it"
        )
