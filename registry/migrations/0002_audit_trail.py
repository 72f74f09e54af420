"""The audit trail's table: partitioned by month, append-only for everybody, its owner included."""

from django.db import migrations

CREATE = """
CREATE TABLE registry_auditevent (
    id uuid NOT NULL DEFAULT uuidv7(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    action varchar(30) NOT NULL CHECK (action <> ''),
    outcome varchar(10) NOT NULL CHECK (outcome IN ('ok', 'refused')),
    code varchar(60) NOT NULL DEFAULT '',
    permission varchar(40) NOT NULL DEFAULT '',
    actor_kind varchar(10) NOT NULL,
    actor_id varchar(60) NOT NULL,
    actor_label varchar(120) NOT NULL,
    role varchar(30) NOT NULL DEFAULT '',
    facility_id bigint,
    facility_code varchar(5) NOT NULL DEFAULT '',
    patient_id uuid,
    target_type varchar(40) NOT NULL DEFAULT '',
    target_id varchar(60) NOT NULL DEFAULT '',
    purpose varchar(12) NOT NULL,
    channel varchar(16) NOT NULL,
    request_id uuid NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX auditevent_patient ON registry_auditevent (patient_id, at DESC) WHERE patient_id IS NOT NULL;
CREATE INDEX auditevent_xact ON registry_auditevent USING brin (xact) WITH (pages_per_range = 32);
CREATE TABLE registry_auditevent_rest PARTITION OF registry_auditevent DEFAULT;

CREATE FUNCTION ehr_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON registry_auditevent
    FOR EACH ROW EXECUTE FUNCTION ehr_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON registry_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION ehr_refuse_change();

-- Makes the coming months' partitions. The application's role may call it and nothing else: it owns no table.
-- A month that already has rows in the default partition keeps them there; the next month is made in time.
CREATE FUNCTION ehr_prepare_audit_months(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    month date;
    made integer := 0;
    part text;
BEGIN
    FOR n IN 0..least(greatest(ahead, 0), 24) LOOP
        month := first + make_interval(months => n);
        part := 'registry_auditevent_' || to_char(month, 'YYYY_MM');
        IF to_regclass('public.' || part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.registry_auditevent FOR VALUES FROM (%L) TO (%L)',
                part, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            EXECUTE format(
                'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.ehr_refuse_change()', part);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
SELECT ehr_prepare_audit_months(3);
"""

DROP = """
DROP FUNCTION ehr_prepare_audit_months(integer);
DROP TABLE registry_auditevent;
DROP FUNCTION ehr_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
