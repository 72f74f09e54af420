"""FHIR R4 face of the record."""
