#!/bin/sh
# SQLite's own benchmark, in a database file: every statement's result goes into the
# verification hash of the last line. Times are cut away.
. "$(dirname "$0")/common"
need speedtest1.wasm
[ -z "${NACRE_SANITIZE:-}" ] || { echo "SKIPPED: a minute; sqlite.sh is shorter"; exit 77; }
mkdir "$work/data"
"$NACRE" run --dir "$work/data::/data" "$NACRE_GUESTS/speedtest1.wasm" \
    --size 20 --verify /data/speed.db > "$work/raw"
status=$?
expect_status 0
sed 's/\.\.\.*[ ]*[0-9.]*s$//' "$work/raw" > "$work/out"
same speedtest1.txt
