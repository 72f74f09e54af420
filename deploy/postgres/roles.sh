#!/bin/sh
# Runs once, on an empty data folder: the owner, whom only the migration job knows, and the application's role, which
# owns nothing. Passwords come from the container's environment and reach psql as variables, quoted by psql itself.
set -eu
: "${EHR_OWNER_PASSWORD:?}" "${EHR_APP_PASSWORD:?}"
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password EHR_OWNER_PASSWORD
\getenv app_password EHR_APP_PASSWORD
SET log_statement = 'none';
CREATE ROLE ehr_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE ehr_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE ehr OWNER ehr_owner;
REVOKE ALL ON DATABASE ehr FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE ehr TO ehr_app;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
