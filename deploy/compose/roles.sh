#!/bin/sh
# Runs once, in the postgres container, when its cluster is new: the database, and a login for each role.
set -eu
password() { cat "/run/secrets/$1"; }
sql="create database seatledger;"
for role in command relay projector query vault alerts integration janitor; do
    sql="$sql create role seatledger_$role login password '$(password $role)';"
done
for role in loader backup; do
    sql="$sql create role seatledger_$role login bypassrls password '$(password $role)';"
done
# A superuser until the first migration is done: see compose.yaml.
sql="$sql create role seatledger_migrator login superuser password '$(password migrator)';"
echo "$sql" | psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres
