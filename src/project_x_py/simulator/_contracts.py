"""The active contract of a product, as a market source lists it.

Invariant (``tests/simulator/test_source.py``): id, name and symbol id fit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.products import active_contract
from project_x_py.simulator._source import ListedContract

if TYPE_CHECKING:
    from datetime import date

    from project_x_py._core.products import Product

__all__ = ["listed"]


def listed(product: Product, on: date) -> ListedContract:
    """Return the contract of a product that is active on a day."""
    name = active_contract(product, on)
    return ListedContract(
        product=product,
        contract_id=name.contract_id,
        name=name.name,
        grid=product.grid,
        description=product.description,
    )
