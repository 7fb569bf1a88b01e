#!/bin/sh
# Makes the SoftHSM token once, in the volume that the command service reads.
set -eu
mkdir -p /hsm/tokens
printf 'directories.tokendir = /hsm/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' >/hsm/softhsm2.conf
softhsm2-util --show-slots | grep -q 'Label: *seatledger' && exit 0
softhsm2-util --init-token --free --label seatledger \
    --pin "$(cat /run/secrets/hsm-pin)" --so-pin "$(cat /run/secrets/hsm-so-pin)"
