#!/bin/sh
# SQLite's shell on a database in a granted directory; three processes, one database.
. "$(dirname "$0")/common"
need sqlite.wasm
mkdir "$work/data" "$work/other"

sqlite() { "$NACRE" run --dir "$work/data::/data" "$NACRE_GUESTS/sqlite.wasm" "$@"; }

sqlite /data/test.db < "$here/guests/fill.sql" > "$work/out" || fail "could not make the database"
[ -s "$work/data/test.db" ] || fail "there is no database on the host"
sqlite -batch /data/test.db < "$here/guests/query.sql" >> "$work/out"
status=$?
expect_status 0
"$NACRE" run --dir "$work/data::/data:ro" "$NACRE_GUESTS/sqlite.wasm" /data/test.db \
    "select count(*) from event" >> "$work/out" || fail "could not read a read-only folder"
"$NACRE" run --dir "$work/data::/data:ro" "$NACRE_GUESTS/sqlite.wasm" /data/test.db \
    "delete from event" > "$work/refused" 2>&1 && fail "a read-only database was changed"
grep -q 'readonly database' "$work/refused" || fail "unexpected: $(cat "$work/refused")"
same sqlite.txt

# What was not granted is not there.
sqlite "$work/other/escape.db" "create table t(a)" > "$work/refused" 2>&1 &&
    fail "opened a database outside of the granted folder"
sqlite /data/../other/escape.db "create table t(a)" >> "$work/refused" 2>&1 &&
    fail "left the granted folder through .."
[ -z "$(ls -A "$work/other")" ] || fail "wrote outside of the granted folder"
grep -q 'unable to open database' "$work/refused" || fail "unexpected: $(cat "$work/refused")"
