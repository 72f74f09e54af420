"""A morning's script, run from a process of its own: `python -m benchmarks.morning` reads one JSON task a line.

People come at a rate that does not wait for answers (so a slow server cannot slow the question). Each goes from desk to
desk as in a polyclinic; at every desk a free member of staff of that role serves them, with that person's own session, and
thinks between two requests. Walls and boards ask by themselves all the while.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from benchmarks.browsing import Browser, Ledger, Unexpected

UUID = "[0-9a-f]{8}-[0-9a-f-]{27}"
THINK = (0.3, 1.2)  # seconds between two requests of one person; a real desk takes ten times as long
INSURED, MEASURED, ORDERED, PRESCRIBED = 0.8, 0.9, 0.4, 0.7  # shares of visits; assumed
WALLS_EACH, WALL_SECONDS, BOARD_SECONDS = 2, 4.0, 30.0  # as the pages themselves ask
TESTS = {"23.0075.1494": "5,4", "23.0051.1494": "80"}  # glucose, creatinine
PICTURE = "18.0119.0028"
HTMX = {"HX_Request": "true"}


@dataclass(frozen=True)
class Plan:
    """What one visit will hold."""

    insured: bool
    measured: bool
    ordered: bool
    prescribed: bool

    @classmethod
    def drawn(cls, chance: Random) -> Plan:
        """By the shares above."""
        return cls(*(chance.random() < share for share in (INSURED, MEASURED, ORDERED, PRESCRIBED)))


@dataclass
class House:
    """A clinic with its free staff by role."""

    code: str
    rooms: list[tuple[int, str]]
    people: Any
    free: dict[str, asyncio.Queue[Browser]]
    walls: Browser
    turn: Any = field(default_factory=itertools.count)


class Morning:
    """Everybody in every clinic."""

    def __init__(self, port: int, clinics: list[dict[str, Any]], seed: int, think: float) -> None:
        """think: times THINK."""
        self.ledger, self.chance = Ledger(), Random(seed)
        self.coming = Random(seed + 1)  # who comes when for what: the same in every run, however fast the server is
        self.think = (THINK[0] * think, THINK[1] * think)
        self.done = self.all_done = 0
        self.told = 0  # faults that an answer has carried already
        self.asked: Counter[str] = Counter()
        self.going: set[asyncio.Task[None]] = set()
        self.houses = [self._house(port, one) for one in clinics]

    def _house(self, port: int, said: dict[str, Any]) -> House:
        free: dict[str, asyncio.Queue[Browser]] = {}
        for role, cookies in said["staff"].items():
            free[role] = asyncio.Queue()
            for cookie in cookies:
                free[role].put_nowait(Browser(port, cookie, self.ledger))
        walls = Browser(port, said["staff"]["receptionist"][0], self.ledger)
        return House(said["code"], said["rooms"], iter(said["people"]), free, walls)

    @asynccontextmanager
    async def _served(self, house: House, role: str) -> AsyncIterator[Browser]:
        """A free member of staff of the role, for as long as the block lasts."""
        browser = await house.free[role].get()
        try:
            await self._pause()
            yield browser
        finally:
            house.free[role].put_nowait(browser)

    async def _pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.think))

    async def step(self, rate: float, seconds: float, settle: float) -> dict[str, Any]:
        """People come at `rate` a second for settle + seconds; only what is answered in the second part counts."""
        self.ledger = self._fresh()
        walls = [asyncio.create_task(self._wall(house, n)) for house in self.houses for n in range(WALLS_EACH)]
        walls += [asyncio.create_task(self._board(house)) for house in self.houses]
        begun = time.perf_counter()
        due, counted = begun, 0.0
        while True:
            due += self.coming.expovariate(rate)
            if not self.ledger.counts and due >= begun + settle:
                self.ledger.counts, counted, self.done = True, time.perf_counter(), 0
            if due > begun + settle + seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._comes(self.coming.choice(self.houses), Plan.drawn(self.coming))
        took = time.perf_counter() - counted
        self.ledger.counts = False
        for wall in walls:
            wall.cancel()
        await asyncio.gather(*walls, return_exceptions=True)
        self.told = len(self.ledger.faults)
        return {"seconds": took, "kinds": self.ledger.seconds, "faults": self.ledger.faults, "visits": self.done}

    def _fresh(self) -> Ledger:
        """A new ledger in everybody's hands."""
        ledger = Ledger(asked=self.asked)
        for house in self.houses:
            house.walls.ledger = ledger
            for queue in house.free.values():
                for browser in list(queue._queue):  # type: ignore[attr-defined]
                    browser.ledger = ledger
        return ledger

    async def finish(self) -> dict[str, Any]:
        """Everybody who is under way is served to the end; then walls and boards show once more how it ended."""
        await asyncio.gather(*self.going, return_exceptions=True)
        for house in self.houses:
            await self._shows_the_wall(house.walls, house.rooms[0][1])
            await self._shows_the_board(house.walls)
        return {"faults": self.ledger.faults[self.told :], "visits": self.all_done, "asked": self.asked}

    def _comes(self, house: House, plan: Plan) -> None:
        person = next(house.people, None)
        if person is None:
            self.ledger.faults.append(f"{house.code}: nobody is left to come")
            return
        task = asyncio.create_task(self._visit(house, person, plan))
        self.going.add(task)
        task.add_done_callback(self.going.discard)

    async def _visit(self, house: House, person: dict[str, str], plan: Plan) -> None:
        try:
            await self._from_desk_to_door(house, person, plan)
            self.done += 1
            self.all_done += 1
        except (Unexpected, OSError, asyncio.IncompleteReadError, TimeoutError) as fault:
            self.ledger.faults.append(f"{type(fault).__name__}: {fault}"[:600])

    async def _from_desk_to_door(self, house: House, person: dict[str, str], plan: Plan) -> None:
        visit = await self._reception(house, person, insured=plan.insured)
        if plan.measured:
            await self._nurse(house, visit)
        ordered = await self._doctor_begins(house, visit, orders=plan.ordered)
        if ordered:
            await self._laboratory(house, ordered)
        prescription = await self._doctor_ends(house, visit, prescribes=plan.prescribed)
        await self._cashier(house, visit)
        if prescription:
            await self._pharmacy(house, prescription)

    async def _reception(self, house: House, person: dict[str, str], *, insured: bool) -> str:
        """A card is scanned, the form is confirmed, the slip is printed. Gives the visit."""
        room, _code = house.rooms[next(house.turn) % len(house.rooms)]
        async with self._served(house, "receptionist") as page:
            await page.get("desk: page", "/tiep-nhan/")
            await self._pause()
            to = await page.post("desk: card scanned", "/tiep-nhan/", {"q": person["scan"]})
            form = f"/tiep-nhan/{person['id']}/"
            if form not in to.location:
                raise Unexpected(f"desk: card scanned → {to.location}")
            await page.get("desk: check-in form", form)
            await self._pause()
            said = {"reason": "Ho, sốt 2 ngày", "priority": "none", "care_type": "01", "room_id": str(room)}
            card = {
                "card": person["card"], "benefit": "4", "registered_at": house.code, "valid_from": "01/01/2026",
                "valid_to": "31/12/2027",
            } if insured else {}  # fmt: skip
            payer = "insurance" if insured else "self-pay"
            slip = await page.post("desk: check in", form, said | card | {"payer": payer})
            shown = await page.get("desk: slip", slip.location)
        return shown.one(f"/kham-benh/({UUID})/")

    async def _nurse(self, house: House, visit: str) -> None:
        async with self._served(house, "nurse") as page:
            await page.get("nurse: worklist", f"/kham-benh/?phong={self.chance.choice(house.rooms)[1]}")
            await self._pause()
            await page.get("nurse: visit", f"/kham-benh/{visit}/")
            await self._pause()
            taken = {"temperature": "37,2", "pulse": "82", "systolic": "124", "diastolic": "78", "weight": "58"}
            await page.post("nurse: vitals", f"/kham-benh/{visit}/sinh-hieu/", taken)

    async def _doctor_begins(self, house: House, visit: str, *, orders: bool) -> str:
        """The worklist, the visit, a first diagnosis; perhaps an order. Gives something ordered."""
        at = f"/kham-benh/{visit}/"
        async with self._served(house, "doctor") as page:
            await page.get("doctor: worklist", "/kham-benh/")
            await self._pause()
            await page.get("doctor: visit", at)
            await page.post("doctor: begin", f"{at}bat-dau/", {})
            await page.get("doctor: visit", at)
            for typed in ("viem", "viem hong"):
                await page.get("doctor: ICD-10 list", f"/kham-benh/icd-10/?main={typed.replace(' ', '+')}")
                await self._pause()
            await page.post("doctor: draft", f"{at}phieu-kham/", {"main": "J02.9", "nhap": "1", "course": "Ho, sốt"})
            if not orders:
                return ""
            await page.get("doctor: service list", "/kham-benh/dich-vu/?services=gluc", **HTMX)
            await self._pause()
            codes = "; ".join((*TESTS, PICTURE))
            await page.post("doctor: order", f"{at}chi-dinh/", {"services": codes, "urgency": "routine"})
            shown = await page.get("doctor: visit", at)
            await page.post("doctor: wait for results", f"{at}cho-ket-qua/", {})
        return shown.one(f"/can-lam-sang/muc/({UUID})/")

    async def _laboratory(self, house: House, ordered: str) -> None:
        """Drawn, received, entered, signed: two tests and a picture."""
        async with self._served(house, "technician") as page:
            await page.get("lab: worklist", "/can-lam-sang/")
            await self._pause()
            first = await page.get("lab: item", f"/can-lam-sang/muc/{ordered}/")
            at = first.one(f"(/can-lam-sang/phieu/{UUID}/)")
            await page.get("lab: order", at)
            await page.post("lab: draw", f"{at}lay-mau/", {})
            drawn = await page.get("lab: order", at)
            items = drawn.all(f"/can-lam-sang/muc/({UUID})/")
            for vessel in drawn.all(r'<li><span><span class="code">([^<]+)</span>'):
                await self._pause()
                await page.post("lab: receive", "/can-lam-sang/nhan-mau/", {"number": vessel})
            for item in items:
                await self._result(page, item)

    async def _result(self, page: Browser, item: str) -> None:
        at = f"/can-lam-sang/muc/{item}/"
        form = await page.get("lab: item", at)
        await self._pause()
        answer = {"description": "Hai phế trường sáng đều", "conclusion": "Bình thường"}
        if 'name="a0"' in form.text:
            answer = {"a0": next(value for code, value in TESTS.items() if _names(form.text, code))}
        await page.post("lab: result", at, answer)

    async def _doctor_ends(self, house: House, visit: str, *, prescribes: bool) -> str:
        """Results read, medicines prescribed and signed, the visit closed. Gives the prescription."""
        at, prescription = f"/kham-benh/{visit}/", ""
        async with self._served(house, "doctor") as page:
            seen = await page.get("doctor: visit", at)
            if "/bat-dau/" in seen.text:
                await page.post("doctor: begin", f"{at}bat-dau/", {})
                await page.get("doctor: visit", at)
            if prescribes:
                prescription = await self._prescribe(page, visit)
            await self._pause()
            said = {"main": "J02.9", "conclusion": "Nghỉ ngơi, uống nhiều nước", "outcome_code": "2"}
            await page.post("doctor: close", f"{at}phieu-kham/", said)
        return prescription

    async def _prescribe(self, page: Browser, visit: str) -> str:
        at = f"/kham-benh/{visit}/don-thuoc/"
        await page.get("doctor: prescription", at)
        fields: dict[str, str] = {"lines": "0", "pregnant": "no", "lactating": "no"}
        for code in ("TD.0001", "TD.0015"):
            await page.get("doctor: medicine list", "/kham-benh/thuoc/?them=para", **HTMX)
            await self._pause()
            answer = await page.post("doctor: add medicine", at, fields | {"them": code}, **HTMX)
            fields = _fields(answer.text) | {"pregnant": "no", "lactating": "no"}
        await self._pause()
        signed = await page.post("doctor: sign prescription", at, fields | {"lam": "ky"})
        await page.get("doctor: signed prescription", signed.location)
        return signed.location.rstrip("/").rpartition("/")[2]

    async def _cashier(self, house: House, visit: str) -> None:
        at = f"/thu-ngan/{visit}/"
        async with self._served(house, "cashier") as page:
            await page.get("till: list", "/thu-ngan/")
            await self._pause()
            await page.get("till: bill", at)
            await page.post("till: charge what was done", f"{at}tinh/", {})
            bill = await page.get("till: bill", at)
            owed = _fields(bill.text).get("amount", "0")
            if owed not in ("", "0"):
                await self._pause()
                await page.post("till: pay", f"{at}thu/", {"amount": owed, "method": "cash"})
                await page.get("till: bill", at)

    async def _pharmacy(self, house: House, prescription: str) -> None:
        at = f"/nha-thuoc/don/{prescription}/"
        async with self._served(house, "pharmacist") as page:
            await page.get("pharmacy: list", "/nha-thuoc/")
            await self._pause()
            form = await page.get("pharmacy: counter", at)
            await self._pause()
            fields = {name: value for name, value in _fields(form.text).items() if name not in ("quantity", "reason")}
            await page.post("pharmacy: hand over", at, fields)

    async def _wall(self, house: House, number: int) -> None:
        code = house.rooms[number % len(house.rooms)][1]
        browser = Browser(house.walls.port, house.walls.cookie, self.ledger)
        await self._asks_by_itself(partial(self._shows_the_wall, browser, code), WALL_SECONDS)

    async def _shows_the_wall(self, browser: Browser, code: str) -> None:
        await self._looks(browser, "wall", f"/man-hinh/{code}/", HTMX | {"HX_Target": "man-hinh"})

    async def _board(self, house: House) -> None:
        browser = Browser(house.walls.port, house.walls.cookie, self.ledger)
        await self._asks_by_itself(partial(self._shows_the_board, browser), BOARD_SECONDS)

    async def _shows_the_board(self, browser: Browser) -> None:
        await self._looks(browser, "day board", "/phong-kham/hom-nay/", {})

    async def _asks_by_itself(self, look: Callable[[], Awaitable[None]], every: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, min(every, 2.0)))
        while True:
            await look()
            await asyncio.sleep(every)

    async def _looks(self, browser: Browser, kind: str, path: str, headers: dict[str, str]) -> None:
        try:
            await browser.get(kind, path, **headers)
        except (Unexpected, OSError, asyncio.IncompleteReadError, TimeoutError) as fault:
            self.ledger.faults.append(f"{type(fault).__name__}: {fault}"[:600])


def _fields(page: str) -> dict[str, str]:
    """Names and values of a page's inputs, each name once."""
    found: dict[str, str] = {}
    for tag in _tags(page, "input"):
        name = _attribute(tag, "name")
        if name and name != "csrfmiddlewaretoken" and 'type="radio"' not in tag:
            found.setdefault(name, _attribute(tag, "value"))
    return found


def _tags(page: str, name: str) -> list[str]:
    return [piece.partition(">")[0] for piece in page.split(f"<{name} ")[1:]]


def _attribute(tag: str, name: str) -> str:
    return f" {tag}".partition(f' {name}="')[2].partition('"')[0]


def _names(page: str, code: str) -> bool:
    """Whether the page asks for this test's analyte: told by the words of its heading."""
    words = {"23.0075.1494": "Glucose", "23.0051.1494": "Creatinin"}
    return words[code] in page.partition("<h1")[2].partition("</h1>")[0]


async def _main() -> None:
    tasks: dict[str, Callable[..., Any]] = {}
    morning: Morning | None = None
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = json.loads(line)
        kind = task.pop("kind")
        if kind == "open":
            morning = Morning(**task)
            tasks = {"step": morning.step, "finish": morning.finish}
            answer: dict[str, Any] = {}
        else:
            answer = await tasks[kind](**task)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
