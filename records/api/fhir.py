"""Residents as FHIR R4 resources. Identifier systems: hl7vn/vn-core-ig 1.0.0 (draft), http://fhir.ehealth.gov.vn/core/sid/…"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from records.queries.exchange import SharedPage, SharedPatient
from registry.rules.names import split_name

SID = "http://fhir.ehealth.gov.vn/core/sid/"
SYSTEMS = {
    "cccd": SID + "citizen_id",
    "cmnd": SID + "national_id",
    "bhyt": SID + "insurance_number",
    "bhxh": "urn:hanoi-ehr:sid:social-insurance",  # no URI published
    "passport": SID + "passport_number",
    "facility": SID + "patient-internal-id",
}
KINDS = {system: kind for kind, system in SYSTEMS.items()}
GENDERS = {"male": "male", "female": "female", "unknown": "unknown"}
USES = {"active": "official", "old": "old", "doubtful": "temp"}


def patient_resource(patient: SharedPatient) -> dict[str, Any]:
    """A Patient resource. Absent facts are left out: FHIR has no empty values."""
    name = split_name(patient.name)
    human: dict[str, Any] = {"use": "official", "text": patient.name}
    if name.family:
        human["family"] = name.family
    if given := [part for part in (name.given, name.middle) if part]:
        human["given"] = given
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(patient.id),
        "meta": {"versionId": str(patient.version), "lastUpdated": timezone.localtime(patient.changed_at).isoformat()},
        "active": patient.merged_into is None,
        "name": [human],
        "gender": GENDERS[patient.sex],
        "birthDate": partial_date(patient),
    }
    if identifiers := identifier_list(patient.identifiers):
        resource["identifier"] = identifiers
    if patient.phone:
        resource["telecom"] = [{"system": "phone", "value": patient.phone}]
    if address := address_of(patient):
        resource["address"] = [address]
    if patient.deceased_on:
        resource["deceasedDateTime"] = patient.deceased_on.isoformat()
    if patient.merged_into:
        resource["link"] = [{"other": {"reference": f"Patient/{patient.merged_into}"}, "type": "replaced-by"}]
    return resource


def partial_date(patient: SharedPatient) -> str:
    """yyyy, yyyy-MM or yyyy-MM-dd: as much as is known."""
    length = {"year": 4, "month": 7}.get(patient.birth_precision, 10)
    return patient.birth_date.isoformat()[:length]


def identifier_list(identifiers: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Identifiers in a stable order."""
    return [
        {"use": USES.get(state, "official"), "system": SYSTEMS.get(kind, SID + kind), "value": value}
        for kind, value, state in sorted(identifiers, key=list)
    ]


def address_of(patient: SharedPatient) -> dict[str, Any]:
    """Street text, ward and city; empty when nothing is known."""
    address: dict[str, Any] = {}
    if patient.address:
        address["text"] = patient.address
    if patient.ward_name:
        address |= {"district": patient.ward_name, "state": "Hà Nội", "country": "VN"}
    return address


def search_bundle(page: SharedPage, base: str, self_url: str, next_url: str) -> dict[str, Any]:
    """A searchset Bundle without total: counting a city's Nguyễns helps nobody."""
    links = [{"relation": "self", "url": self_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if page.patients:
        bundle["entry"] = [
            {"fullUrl": f"{base}/Patient/{p.id}", "resource": patient_resource(p), "search": {"mode": "match"}}
            for p in page.patients
        ]
    return bundle


def capability_statement(base: str, day: str) -> dict[str, Any]:
    """What this server can do (FHIR R4 CapabilityStatement)."""
    parameters = {
        "_id": "token", "identifier": "token", "name": "string", "family": "string", "given": "string",
        "birthdate": "date", "gender": "token", "phone": "token",
    }  # fmt: skip
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": day,
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "software": {"name": "Hanoi EHR", "version": "0.1.0"},
        "implementation": {"description": "Hồ sơ sức khoẻ điện tử thành phố Hà Nội", "url": base},
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ],
                            "text": "OAuth 2.0 client credentials",
                        }
                    ],
                },
                "resource": [
                    {
                        "type": "Patient",
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "versioning": "versioned",
                        "readHistory": False,
                        "searchParam": [{"name": name, "type": kind} for name, kind in parameters.items()],
                    }
                ],
            }
        ],
    }
