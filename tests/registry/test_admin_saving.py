"""Saving in the admin: one command, one audit row, derived keys, refusals at their field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import Application

from registry.models import (
    AdministrativeUnit,
    ApiClient,
    Assignment,
    AuditEvent,
    CodeSystem,
    Concept,
    Department,
    Facility,
    Room,
    Staff,
)
from tests.factories.city import City

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
FACILITY = {
    "code": "01T77", "gln": "", "name": "  Trạm y tế phường Hoà Bình ", "short_name": "TYT Hoà Bình",
    "kind": "health-station", "care_level": "initial", "unit": "", "address": "", "source": "",
    "valid_from": "01/07/2025", "valid_to": "",
}  # fmt: skip
UNIT = {
    "level": "commune", "kind": "xã", "code": "99902", "name": "Xã Đông Hoà", "parent": "", "source": "thử",
    "valid_from": "01/07/2025", "valid_to": "",
}  # fmt: skip
NO_ASSIGNMENT = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
PASSWORD = "ngọn-núi-xanh-42"


@pytest.fixture
def officer(signed_in_as: SignedIn) -> Client:
    return signed_in_as("so.y.te")


def add(model: str) -> str:
    return reverse(f"admin:{model}_add")


def change(model: str, key: object, action: str = "change") -> str:
    return reverse(f"admin:{model}_{action}", args=[key])


def rows() -> list[tuple[str, str, dict[str, Any]]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "target_type", "detail"))


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer
    frame = answer.context.get("adminform")
    return dict(frame.form.errors if frame else answer.context["form"].errors)


def test_a_new_facility_is_one_row_and_finds_itself_by_its_folded_name(officer: Client) -> None:
    assert officer.post(add("registry_facility"), FACILITY).status_code == 302
    made = Facility.objects.get(code="01T77")
    assert (made.name, made.name_key) == ("Trạm y tế phường Hoà Bình", "tram y te phuong hoa binh")
    [(action, target, detail)] = rows()
    assert (action, target) == ("create", "Facility")
    assert {"code", "name", "kind"} <= set(detail["fields"])
    assert "Hoà" not in str(detail), "names of fields, never what they say"
    assert not LogEntry.objects.exists()
    assert "01T77" in officer.get(reverse("admin:registry_facility_changelist"), {"q": "HÒA bình"}).content.decode()


def test_a_change_names_the_changed_fields(officer: Client, city: City) -> None:
    officer.post(add("registry_facility"), FACILITY)
    made = Facility.objects.get(code="01T77")
    officer.post(change("registry_facility", made.pk), FACILITY | {"name": "Trạm y tế Thuỵ Khuê", "address": "Số 1"})
    made.refresh_from_db()
    assert made.name_key == "tram y te thuy khue"
    assert rows()[1:] == [("update", "Facility", {"fields": ["address", "name"]})]


@pytest.mark.parametrize(
    ("model", "data", "field"),
    [
        ("registry_facility", FACILITY | {"code": "01T01"}, "code"),
        ("registry_facility", FACILITY | {"code": "01"}, "code"),
        ("registry_facility", FACILITY | {"valid_to": "30/06/2025"}, "valid_to"),
        ("registry_administrativeunit", UNIT | {"code": "99903"}, "code"),
        ("registry_administrativeunit", UNIT | {"code": "99903", "valid_from": "01/08/2025"}, "valid_from"),
    ],
)
def test_what_is_refused_says_so_at_its_field(officer: Client, model: str, data: dict[str, str], field: str) -> None:
    AdministrativeUnit.objects.create(
        level="commune", code="99903", name="Xã cũ", name_key="xa cu", kind="xã", valid_from=date(2025, 7, 1)
    )
    found = errors(officer.post(add(model), data))
    assert list(found) == [field], found
    assert rows() == []


def test_a_code_that_ended_may_mean_something_else_afterwards(officer: Client) -> None:
    AdministrativeUnit.objects.create(
        level="commune", code="99902", name="Xã cũ", name_key="x", kind="xã",
        valid_from=date(2020, 1, 1), valid_to=date(2025, 6, 30),
    )  # fmt: skip
    assert officer.post(add("registry_administrativeunit"), UNIT).status_code == 302
    url = reverse("admin:registry_administrativeunit_changelist")
    officer.get(url)  # the message of success names the unit once
    before = officer.get(url, {"q": "99902", "ngay": "01/01/2024"}).content.decode()
    after = officer.get(url, {"q": "99902", "ngay": "01/01/2026"}).content.decode()
    assert ("Xã cũ" in before, "Xã Đông Hoà" in before) == (True, False)
    assert ("Xã cũ" in after, "Xã Đông Hoà" in after) == (False, True)


def test_a_room_belongs_to_a_department_of_its_facility(officer: Client, city: City) -> None:
    data = {
        "facility": city.elsewhere.pk,
        "department": city.room.department_id,
        "code": "P8",
        "name": "P8",
        "active": "on",
    }
    assert list(errors(officer.post(add("registry_room"), data))) == ["department"]
    assert officer.post(add("registry_room"), data | {"facility": city.here.pk}).status_code == 302
    assert [row[:2] for row in rows()] == [("create", "Room")]


def test_only_what_nothing_points_at_can_be_deleted(officer: Client, city: City) -> None:
    spare = Room.objects.create(facility=city.here, department=city.room.department, code="P99", name="Kho")
    assert officer.post(change("registry_room", spare.pk, "delete"), {"post": "yes"}).status_code == 302
    assert not Room.objects.filter(pk=spare.pk).exists()
    assert [row[:2] for row in rows()] == [("delete", "Room")]
    officer.post(change("registry_department", city.room.department_id, "delete"), {"post": "yes"})
    assert Department.objects.filter(pk=city.room.department_id).exists()
    assert len(rows()) == 1


def test_there_is_no_bulk_delete(officer: Client, city: City) -> None:
    data = {"action": "delete_selected", "_selected_action": [city.room.pk], "post": "yes"}
    officer.post(reverse("admin:registry_room_changelist"), data)
    assert Room.objects.filter(pk=city.room.pk).exists()


NEW_STAFF = {
    "username": "nguyen.van.an", "full_name": "Nguyễn Văn Ân", "email": "", "licence_number": "012345/HNO-CCHN",
    "password1": PASSWORD, "password2": PASSWORD,
}  # fmt: skip


def test_a_new_account_has_an_argon2_password_and_a_sort_key(officer: Client) -> None:
    assert officer.post(add("registry_staff"), NEW_STAFF).status_code == 302
    person = Staff.objects.get(username="nguyen.van.an")
    assert person.password.startswith("argon2$argon2id$")
    assert person.check_password(PASSWORD)
    assert person.sort_key.startswith("a|n 0 nguye{n")
    assert [row[:2] for row in rows()] == [("create", "Staff")]
    assert "Ân" not in str(rows())
    assert "nguyen.van.an" in officer.get(reverse("admin:registry_staff_changelist"), {"q": "van an"}).content.decode()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"username": "LE.TAN"}, "username"),
        ({"password1": "ngan", "password2": "ngan"}, "password1"),
        ({"password1": "password1234", "password2": "password1234"}, "password1"),
        ({"password2": "khac-han-mat-khau"}, "password2"),
        ({"full_name": ""}, "full_name"),
    ],
)
def test_a_refused_account_is_not_made_and_its_password_not_sent_back(
    officer: Client, data: dict[str, str], field: str
) -> None:
    before = Staff.objects.count()
    answer = officer.post(add("registry_staff"), NEW_STAFF | data)
    assert list(errors(answer)) == [field]
    assert PASSWORD not in answer.content.decode()
    assert (Staff.objects.count(), rows()) == (before, [])


def test_a_password_is_set_anew_and_open_sessions_end(officer: Client, signed_in_as: SignedIn, city: City) -> None:
    doctor = signed_in_as("bac.si")
    assert doctor.get("/giao-dien/").status_code == 200
    url = change("registry_staff", city.staff["bac.si"].pk).replace("change", "mat-khau")
    assert list(errors(officer.post(url, {"password1": "ngan", "password2": "ngan"}))) == ["password1"]
    assert officer.post(url, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert rows() == [("update", "Staff", {"fields": ["password"]})]
    assert doctor.get("/giao-dien/").status_code == 302


def test_accounts_are_switched_off_and_nobody_switches_off_their_own(officer: Client, city: City) -> None:
    def form(person: Staff) -> dict[str, str]:
        stated = {"username": person.username, "full_name": person.full_name, "email": "", "licence_number": ""}
        return stated | NO_ASSIGNMENT

    doctor, myself = city.staff["bac.si"], city.staff["so.y.te"]
    assert officer.post(change("registry_staff", doctor.pk), form(doctor)).status_code == 302
    doctor.refresh_from_db()
    assert not doctor.is_active
    assert list(errors(officer.post(change("registry_staff", myself.pk), form(myself)))) == ["is_active"]


def test_assignments_are_shown_with_the_person_and_keep_to_their_facility(officer: Client, city: City) -> None:
    person = city.staff["bac.si"]
    assert "PKĐK Kim Liên" in officer.get(change("registry_staff", person.pk)).content.decode()
    data = {
        "staff": person.pk, "role": "nurse", "facility": city.here.pk, "department": "", "room": city.other_room.pk,
        "valid_from": "01/01/2026", "valid_to": "",
    }  # fmt: skip
    assert list(errors(officer.post(add("registry_assignment"), data))) == ["room"]
    assert list(
        errors(officer.post(add("registry_assignment"), data | {"room": "", "role": "city-administrator"}))
    ) == ["role"]
    assert officer.post(add("registry_assignment"), data | {"room": city.room.pk}).status_code == 302
    assert list(errors(officer.post(add("registry_assignment"), data | {"room": ""}))) == ["valid_from"]
    later = data | {"room": "", "valid_from": "01/02/2026"}
    assert list(errors(officer.post(add("registry_assignment"), later))) == ["valid_from"]
    assert [row[:2] for row in rows()] == [("create", "Assignment")]


def test_the_last_administrator_cannot_be_ended(officer: Client, city: City) -> None:
    last = Assignment.objects.get(role="city-administrator")
    yesterday = timezone.localdate() - timedelta(days=1)
    data = {
        "staff": last.staff_id, "role": last.role, "facility": last.facility_id, "department": "", "room": "",
        "valid_from": "01/01/2020", "valid_to": f"{yesterday:%d/%m/%Y}",
    }  # fmt: skip
    assert list(errors(officer.post(change("registry_assignment", last.pk), data))) == ["valid_to"]
    other = Staff.objects.create(username="so.y.te.2", full_name="Người thứ hai")
    Assignment.objects.create(staff=other, facility=city.authority, role=last.role, valid_from=date(2020, 1, 1))
    assert officer.post(change("registry_assignment", last.pk), data).status_code == 302


def test_a_hospitals_key_is_shown_once_and_stored_hashed(officer: Client, city: City) -> None:
    answer = officer.post(add("oauth2_provider_application"), {"name": "HIS Đống Đa", "client_type": "public"})
    secret = answer.context["secret"]
    application = Application.objects.get(name="HIS Đống Đa")
    assert (application.client_type, application.authorization_grant_type) == ("confidential", "client-credentials")
    assert secret in answer.content.decode()
    assert answer["Cache-Control"].find("no-store") >= 0
    assert secret not in application.client_secret
    assert secret not in officer.get(change("oauth2_provider_application", application.pk)).content.decode()
    assert rows() == [("create", type(application).__name__, {"fields": ["name"]})]

    client = Client()
    ask = {"grant_type": "client_credentials", "client_id": application.client_id, "client_secret": secret}
    token = client.post("/o/token/", ask).json()["access_token"]
    assert token
    url = change("oauth2_provider_application", application.pk).replace("change", "cap-lai")
    assert officer.get(url).status_code == 200
    fresh = officer.post(url).context["secret"]
    assert client.post("/o/token/", ask).status_code == 401
    assert client.post("/o/token/", ask | {"client_secret": fresh}).status_code == 200

    unknown = officer.post(
        add("registry_apiclient"), {"client_id": "khong-co", "facility": city.here.pk, "active": "on"}
    )
    assert list(errors(unknown)) == ["client_id"]
    data = {"client_id": application.client_id, "facility": city.here.pk, "active": "on"}
    assert officer.post(add("registry_apiclient"), data).status_code == 302
    assert ApiClient.objects.get(client_id=application.client_id).facility == city.here


def upload(officer: Client, system: CodeSystem, text: str, **data: str) -> Any:
    file = SimpleUploadedFile("ma.csv", text.encode())
    form = {"file": file, "valid_from": "01/07/2025", "source": "QĐ thử", "complete": "on"} | data
    return officer.post(change("registry_codesystem", system.pk).replace("change", "nap"), form)


def test_a_code_list_is_loaded_whole_with_its_counts(officer: Client, samples: dict[str, Any]) -> None:
    before = len(rows())
    system = samples["codesystem"]
    answer = upload(officer, system, "ma;ten\nA;Một\nB;Hai\nC;Ba\n")
    assert answer.status_code == 302
    page = officer.get(answer["Location"]).content.decode()
    assert "thêm 2" in page
    assert "giữ nguyên 1" in page
    assert set(Concept.objects.filter(system=system).values_list("code", flat=True)) == {"A", "B", "C"}
    assert [row[:2] for row in rows()[before:]] == [("load", "reference")]


def test_a_faulty_list_loads_nothing_and_says_which_lines(officer: Client, samples: dict[str, Any]) -> None:
    system = samples["codesystem"]
    found = errors(upload(officer, system, "ma;ten\nB;Hai\n;Không mã\nC;\n"))
    assert list(found) == ["file"]
    assert any("Dòng 3" in text for text in found["file"])
    assert any("Dòng 4" in text for text in found["file"])
    assert Concept.objects.filter(system=system).count() == 1
    wrong = errors(officer.post(
        change("registry_codesystem", system.pk).replace("change", "nap"),
        {"file": SimpleUploadedFile("a.csv", "ma;ten\nA;Một".encode("utf-16")), "valid_from": "x", "source": ""},
    ))  # fmt: skip
    assert {"valid_from", "source"} <= set(wrong)
