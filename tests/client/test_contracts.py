"""A symbol names one contract, or none: never a similar one."""

from __future__ import annotations

from datetime import date

import pytest

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client._contracts import choose_contract, find_contract
from project_x_py.exceptions import ProjectXInstrumentError
from project_x_py.models import Instrument


def _contract(code: str, expiry: str, ticker: str, *, active: bool = True) -> Instrument:
    name = f"{ticker}{expiry[0]}{expiry[-1]}"
    return Instrument(
        f"CON.F.US.{code}.{expiry}", name, f"{ticker} future", 0.25, 5.0, active, f"F.US.{code}"
    )


ES, MES = _contract("EP", "Z26", "ES"), _contract("MES", "Z26", "MES")
NQ_DEC, NQ_MAR = _contract("ENQ", "Z26", "NQ"), _contract("ENQ", "H27", "NQ", active=False)
LISTED = [MES, ES, NQ_MAR, NQ_DEC, _contract("CLE", "F27", "CL"), _contract("JY6", "Z26", "6J")]


def _find(symbol: str, listed: list[Instrument], cap: int = 99) -> tuple[Instrument, list[str]]:
    asked: list[str] = []

    async def search(text: str, live: bool) -> list[Instrument]:
        asked.append(text)
        hits = [c for c in listed if text.upper() in f"{c.name} {c.id} {c.description}".upper()]
        return hits[:cap]

    async def available(live: bool) -> list[Instrument]:
        asked.append("available")
        return [c for c in listed if c.activeContract]

    async def by_id(contract_id: str) -> Instrument | None:
        asked.append(contract_id)
        return next((c for c in listed if c.id == contract_id), None)

    async def main() -> Instrument:
        return await find_contract(
            symbol,
            live=False,
            search=search,
            available=available,
            by_id=by_id,
            today=date(2026, 11, 21),
        )

    return run_virtual(main()), asked


@pytest.mark.parametrize(
    ("symbol", "contract_id"),
    [
        ("ES", "CON.F.US.EP.Z26"),
        ("EP", "CON.F.US.EP.Z26"),
        ("NQ", "CON.F.US.ENQ.Z26"),
        ("NQZ6", "CON.F.US.ENQ.Z26"),
        ("NQH7", "CON.F.US.ENQ.H27"),
        ("6J", "CON.F.US.JY6.Z26"),
        ("CL", "CON.F.US.CLE.F27"),
        ("con.f.us.mes.z26", "CON.F.US.MES.Z26"),
    ],
)
def test_every_way_of_naming_a_contract(symbol: str, contract_id: str) -> None:
    """Ticker, product code, contract name and contract id all lead to the one contract."""
    assert _find(symbol, LISTED)[0].id == contract_id


def test_the_active_month_wins_then_the_nearest() -> None:
    """Months are compared by year and month, never as text."""
    far = _contract("ENQ", "Z26", "NQ", active=False)
    near = _contract("ENQ", "U26", "NQ", active=False)
    later = _contract("ENQ", "H27", "NQ", active=False)
    assert choose_contract("NQ", [later, far, near]) is near
    assert choose_contract("NQ", [near, later, NQ_DEC]) is NQ_DEC


def test_a_similar_contract_is_not_the_one() -> None:
    """ES is not MES: without ES there is an error that names what comes close."""
    with pytest.raises(ProjectXInstrumentError, match="ES"):
        _find("ES", [MES])


def test_a_name_that_drowns_in_the_search_is_found_in_the_list() -> None:
    """Twenty descriptions with an EP in September hide EP itself; the list of actives has it."""
    crowd = [_contract(f"X{letter}", "U26", f"X{letter}") for letter in "ABCDEFGHIJKLMNOPQRSTUV"]
    for contract in crowd:
        contract.description = "September 2026"
    found, asked = _find("EP", [*crowd, ES], cap=20)
    assert found is ES
    assert asked == ["EP", "available"]


def test_a_typing_error_gets_close_matches() -> None:
    """An unknown symbol is refused with the names that it may have meant."""
    with pytest.raises(ProjectXInstrumentError, match="MNQ"):
        _find("MNQQ", LISTED)
