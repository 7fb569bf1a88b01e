#!/usr/bin/env bash
# Makes the secrets that compose.yaml hands to its services, each in a file; keeps those that are there.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets
umask 077
# 32 bytes, as the receipt key must have; more than enough for the passwords.
mkdir -p "$folder"
for secret in postgres migrator command relay projector query vault alerts integration loader janitor backup hsm-pin hsm-so-pin receipt-key; do
    [ -s "$folder/$secret" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$secret"
    # Compose mounts the files as they are, and each container has a user of its own.
    chmod 644 "$folder/$secret"
done
chmod 700 "$folder"
echo "secrets are in $folder"
