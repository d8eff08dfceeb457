# protected.sh - suite.sh and guests.sh again, on directories that are volumes of protected files.
set -u
[ -z "$NACRE_SANITIZE" ] || { echo "SKIPPED: many short runs; tests/unit/pfs is better"; exit 77; }
NACRE_PLAIN=$NACRE
NACRE=$NACRE_SOURCE/tests/wasi/in-volumes
export NACRE NACRE_PLAIN
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for script in suite guests; do
    sh "$NACRE_SOURCE/tests/wasi/$script.sh" > "$log.$script" 2>&1 || failed=1
    grep -v ' passed, ' "$log.$script"
    tail -n 1 "$log.$script" >> "$log"
    rm -f "$log.$script"
done
awk '{ passed += $1; failed += $3; skipped += $5 }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$log"
exit $failed
