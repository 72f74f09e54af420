"""In English no page says anything in Vietnamese but data: what people are called, wrote, or chose from a Vietnamese list.

Every role walks the demonstration city link by link, two addresses of each view. What a reader or a screen reader meets
(text, labels, placeholders, titles) and is Vietnamese must be a value of the database or stand under `lang="vi"`.
"""

from __future__ import annotations

import io
import json
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve

from clinics.rules.tickets import short_room
from hanoi_ehr.catalogues import VIETNAMESE, read_po
from hanoi_ehr.demo.facilities import ACCOUNTS
from hanoi_ehr.management.commands.catalogues import catalogue_path
from registry.models import Room, Staff

READ = {"placeholder", "title", "alt", "aria-label", "aria-description", "data-label", "data-confirm", "content"}
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"}
EACH_VIEW = 2  # addresses visited of one view, by one role
MOST_PAGES = 60
OPENS = {200, 409}  # a page, or one that says what stands in the way
APPS = ("registry", "records", "clinics", "screening", "migration")
LAW = re.compile(r"\b(?:qđ|nđ|tt) [\d/]+(?:[a-zđ-]+)?")  # decisions go by their Vietnamese names
MONEY = re.compile(r"\b\d[\d.]* đ(?!\w)")  # the đồng is written so in either language
REFERENCE = "/quan-tri/"  # reference data bear names that are words elsewhere: code systems "Dân tộc", "Giới tính"
# Printed forms of a circular, the English switch in its own language, files for machines.
NOT_READ = ("/tai-khoan/logout", "/tai-khoan/login", "/api/", "/static/", "/giao-dien")


class Reader(HTMLParser):
    """What a page says, outside scripts and outside `lang="vi"`, and where it links."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self.open: list[tuple[str, str]] = []

    @property
    def language(self) -> str:
        """The language of the innermost element that names one."""
        return next((language for _tag, language in reversed(self.open) if language), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append((tag, values.get("lang", "")))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if self.language != "vi" and values.get("lang") != "vi":
            self.said += [values[name] for name in sorted(READ & values.keys())]
            self.said += [values.get("value", "")] if values.get("type") in {"submit", "button"} else []

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag not in VOID:
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.language != "vi" and self.open and self.open[-1][0] not in {"script", "style", "textarea"}:
            self.said.append(data)


def normal(text: str) -> str:
    return " ".join(text.split()).casefold()


def values_of(kept: Any) -> Iterator[str]:
    """The strings of a column's value, those inside JSON too."""
    if isinstance(kept, str):
        yield kept
    elif isinstance(kept, dict | list):
        for part in kept.values() if isinstance(kept, dict) else kept:
            yield from values_of(part)


def data_of_the_city() -> list[str]:
    """Every Vietnamese value of the apps' tables, longest first."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type = 'jsonb' FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('character varying', 'text', 'jsonb')"
            " AND split_part(table_name, '_', 1) = ANY(%s)",
            [list(APPS)],
        )
        for table, column, is_json in cursor.fetchall():
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}"::text ~ \'[^[:ascii:]]\'')
            kept = (json.loads(one) if is_json else one for (one,) in cursor.fetchall())  # jsonb comes as text
            found.update(normal(value).rstrip(". ") for one in kept for value in values_of(one))
    found.update(
        normal(short_room(name)) for name in Room.objects.values_list("name", flat=True)
    )  # as it is called out
    return sorted((value for value in found if VIETNAMESE.search(value)), key=len, reverse=True)


def left_over(said: str, data: list[str], ours: set[str]) -> str:
    """What of a text is Vietnamese and no data; a whole text that the catalogue has English for is never data."""
    rest = normal(said)
    if not VIETNAMESE.search(stripped(rest)):
        return ""
    if rest in ours:
        return rest
    rest = " · ".join(part for part in rest.split(" · ") if not shortened(part, data))
    for value in data:
        if value in rest:
            rest = rest.replace(value, " ")
            if not VIETNAMESE.search(rest):
                return ""
    rest = stripped(rest)
    return rest if VIETNAMESE.search(rest) else ""


def stripped(text: str) -> str:
    """The text without what is written so in either language."""
    return MONEY.sub(" ", LAW.sub(" ", text))


def shortened(part: str, data: list[str]) -> bool:
    """Whether it is the beginning of a value that was too long to show."""
    return part.endswith("…") and any(part[:-1].rstrip() in value for value in data)


def view_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def walk(client: Client, doors: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(path, HTML, what it says) of every page a role can reach by links; no link may be refused.

    EACH_VIEW addresses of each view.
    """
    waiting, seen, visits = [(door, "") for door in doors], set(doors), Counter[str]()
    while waiting and sum(visits.values()) < MOST_PAGES:
        asked, came_from = waiting.pop(0)
        path = asked.partition("?")[0]
        view = view_of(path)
        if not view or visits[view] >= EACH_VIEW or path.startswith(NOT_READ):
            continue
        visits[view] += 1
        answer = client.get(asked, follow=True)
        closed = "records/closed.html" in {template.name for template in answer.templates}
        assert closed or answer.status_code in OPENS, f"{came_from} links to {asked}: {answer.status_code}"
        if not str(answer.headers.get("Content-Type")).startswith("text/html") or answer.streaming:
            continue
        text = answer.content.decode()
        reader = read(text)
        yield path, text, reader.said
        for link in links_of(reader, path):
            if link not in seen:
                seen.add(link)
                waiting.append((link, path))


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def links_of(reader: Reader, path: str) -> Iterator[str]:
    for link in reader.links:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://testserver{path}", link))
        if parts.netloc == "testserver":
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def signed_in(username: str) -> Client:
    client = Client(HTTP_HOST="testserver")
    client.force_login(Staff.objects.get(username=username))
    session = client.session
    session["second_factor"] = True
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def demo_city(db: None, settings: Any) -> list[str]:
    settings.EHR_DEMO = True
    settings.EHR_DEMO_PASSWORD = "mat-khau-mau-2026"
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("load_demo", residents=400, seed=3, stderr=io.StringIO(), stdout=io.StringIO())
    return data_of_the_city()


def found_by_search(client: Client) -> list[str]:
    """Records that the search box finds: no page links to them before."""
    answer = client.post("/ho-so/tim/", {"q": "Nguyễn"})
    found = links_of(read(answer.content.decode()), "/ho-so/tim/")
    return [link for link in found if re.match(r"/ho-so/[0-9a-f]{8}-", link)]


def test_no_page_of_any_role_speaks_vietnamese_in_english(demo_city: list[str]) -> None:
    faults: dict[str, str] = {}
    pages = Counter[str]()
    words = {normal(text.text) for text in read_po(catalogue_path("en", "po"))}
    for account in ACCOUNTS:
        client = signed_in(account.username)
        for path, text, spoken in walk(client, ["/", *found_by_search(client)[:4]]):
            pages[view_of(path)] += 1
            ours = set() if path.startswith(REFERENCE) else words
            assert '<html lang="en"' in text, path
            for said in spoken:
                if VIETNAMESE.search(said) and said not in faults and (rest := left_over(said, demo_city, ours)):
                    faults[said] = f"{account.username} {path}: {' '.join(said.split())[:150]} [{rest[:80]}]"
    assert len(pages) > 40, sorted(pages)
    assert not faults, "\n".join(sorted(set(faults.values())))
