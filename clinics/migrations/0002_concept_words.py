"""The index that finds ICD-10 names by the beginnings of their words, for the doctor's typeahead over 15,844 rows."""

from django.db import migrations

CREATE = """
CREATE INDEX clinics_concept_words ON registry_concept
    USING gin (to_tsvector('simple'::regconfig, COALESCE(search_key, '')));
"""


class Migration(migrations.Migration):
    dependencies = [("clinics", "0001_initial"), ("registry", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX clinics_concept_words;")]
