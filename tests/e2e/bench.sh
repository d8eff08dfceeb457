#!/bin/sh
# The benchmark harness, on the smallest datasets: it measures, its JSON is JSON and says what was
# measured, and a checksum that differs makes it fail, as does a program that Nacre cannot run.
. "$(dirname "$0")/common"
need
[ -z "${NACRE_SANITIZE:-}" ] || { echo "SKIPPED: not measured under sanitizers"; exit 77; }
command -v node > /dev/null || { echo "bench.sh: no node, which reads the JSON"; exit 77; }

# bench ARGUMENT... - the harness with its results in $work.
bench() {
    sh "$NACRE_SOURCE/bench/run" --size mini --rounds 1 --repetitions 1 --out "$work/bench" "$@" \
        > "$work/table" 2> "$work/log"
}

# reads EXPRESSION - is it true of the results?
reads() {
    node -e "const r = JSON.parse(require('fs').readFileSync('$work/bench/results.json', 'utf8'));
        process.exit(($1) ? 0 : 1)" || fail "not so: $1: $(cat "$work/bench/results.json")"
}

bench --engines native,nacre --only 'jacobi-1d,nussinov,mix,hello' ||
    fail "it fails: $(cat "$work/log" "$work/table")"
reads "r.programs.map(p => p.name).join() === 'jacobi-1d,nussinov,mix,hello'"
reads "r.programs.every(p => ['native', 'nacre'].every(e => p.engines[e].agrees))"
reads "r.programs.every(p => /^[0-9a-f]{16}$/.test(p.checksum) || p.group === 'start-up')"
reads "r.programs.every(p => p.engines.nacre.process.median_s > 0)"
reads "r.programs.every(p => p.engines.nacre.timed.ratio > 0)"
reads "['min_s', 'median_s', 'max_s', 'spread'].every(
    n => typeof r.programs[0].engines.native.timed[n] === 'number')"
reads "r.geometric_means.kernels.nacre.timed.programs === 2"
reads "r.geometric_means.kernels.nacre.timed.ratio > 0 && r.geometric_means.mix.nacre"
reads "r.engines.nacre.startsWith('nacre ') && r.about.commit && r.about.cpu !== undefined"
reads "r.about.size === 'mini' && r.programs[0].dataset === 'mini' && r.problems.length === 0"
grep -q "^| kernels, timed part, median" "$work/table" ||
    fail "no geometric mean: $(cat "$work/table")"

# Cores, and what they may cost. How much they did is no test's business on a machine that is not
# quiet; that a goal is compared is.
if [ -x "$NACRE_BUILD/nacre-enclave" ] && [ -x "$NACRE_BUILD/nacre-compiler" ]; then
    bench --engines native,nacre-compiled,nacre-local,nacre-sgx \
        --only 'clock,read' || true
    reads "r.problems.length === 0 && r.programs.length === 2"
    reads "r.programs.every(p => p.engines['nacre-sgx'].agrees && p.engines['nacre-local'].agrees)"
    [ "$(grep -c '| \(met\|MISSED\) |$' "$work/table")" = 3 ] ||
        fail "goals are missing: $(cat "$work/table")"
    printf 'kernels\tk\tnative\tok\t-\t10\nkernels\tk\tnacre-sgx\tok\t-\t14\n' > "$work/samples"
    awk -f "$NACRE_SOURCE/bench/goals.awk" "$work/samples" /dev/null > "$work/goals" &&
        fail "a missed goal passes"
    grep -q '| at most 1.25 | 1.40 | MISSED |' "$work/goals" || fail "$(cat "$work/goals")"
fi

# Another engine on PATH, whose results are wrong in one digit, and one that runs nothing.
mkdir "$work/bin"
cat > "$work/bin/wasm3" << END
#!/bin/sh
[ "\$1" != --version ] || { echo "wasm3, so to say"; exit; }
'$NACRE' run "\$@" | sed 's/checksum=./checksum=x/'
END
printf '#!/bin/sh\necho "no such thing" >&2\nexit 1\n' > "$work/bin/wasmtime"
chmod +x "$work/bin/wasm3" "$work/bin/wasmtime"
PATH=$work/bin:$PATH
bench --engines native,nacre,wasm3 --only jacobi-1d &&
    fail "a wrong checksum passes: $(cat "$work/table")"
grep -q 'WRONG' "$work/table" || fail "the table does not show it: $(cat "$work/table")"
reads "r.programs[0].engines.wasm3.agrees === false && r.programs[0].engines.nacre.agrees"
reads "r.problems.length === 1 && r.engines.wasm3 === 'wasm3, so to say'"
bench --engines native,nacre,wasmtime --only jacobi-1d ||
    fail "another engine that fails is no failure: $(cat "$work/table")"
reads "r.programs[0].engines.wasmtime.error === 'no such thing' && r.problems.length === 1"

# Nacre itself that runs nothing.
(NACRE=$work/bin/wasmtime bench --engines native,nacre --only jacobi-1d) &&
    fail "Nacre fails, and it passes: $(cat "$work/table")"
reads "r.programs[0].engines.nacre.error === 'no such thing'"

bench --size enormous && fail "took a size that there is not"
bench --engines native,abacus && fail "took an engine that there is not"
exit 0
