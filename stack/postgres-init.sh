#!/bin/sh
# Run once by the Postgres image, when its data is laid out: the two roles and the database, as servers/postgres.ts
# makes them for the native server.
set -eu

psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 \
  --set ledger="$LEDGER_PASSWORD" --set readonly="$LEDGER_READONLY_PASSWORD" <<'SQL'
CREATE ROLE ledger LOGIN CREATEDB PASSWORD :'ledger';
CREATE ROLE ledger_readonly LOGIN PASSWORD :'readonly';
ALTER ROLE ledger_readonly SET default_transaction_read_only = on;
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
\connect template1
REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;
\connect postgres
CREATE DATABASE ledger OWNER ledger;
SQL
