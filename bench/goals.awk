# goals.awk - what cores of TEEs may cost, beside what they did: a table.
#
#   awk -f bench/goals.awk SAMPLES CORES
#
# SAMPLES is as for report.awk; CORES is what bench/cores.c prints. Least times are compared, as on
# a machine that does other work they are what changes least. Fails if a goal is missed. What was
# not measured is no row.

BEGIN {
    FS = "\t"
    print "| goal | allowed | measured | |\n|---|--:|--:|---|"
}

FILENAME == ARGV[1] && $4 == "ok" {
    if (!(($2, $3) in best) || $6 + 0 < best[$2, $3]) best[$2, $3] = $6 + 0
    if ($1 == "kernels") kernel[$2] = 1
}

FILENAME == ARGV[2] { start[$1, $2] = $3 + 0 }

# The geometric mean of an engine's times by another's, over all kernels that both ran; or 0.
function kernels(engine, base,    k, sum, n) {
    for (k in kernel)
        if (best[k, engine] > 0 && best[k, base] > 0) {
            sum += log(best[k, engine] / best[k, base])
            n++
        }
    return n ? exp(sum / n) : 0
}

function ratio(program, engine, base) {
    return best[program, engine] > 0 ? best[program, base] / best[program, engine] : 0
}

function row(name, relation, allowed, unit, measured,    met) {
    if (measured <= 0) return
    met = relation == "at most" ? measured <= allowed : measured >= allowed
    printf "| %s | %s %s%s | %.2f%s | %s |\n", name, relation, allowed, unit, measured, unit,
        met ? "met" : "MISSED"
    if (!met) missed = 1
}

# Milliseconds of 1,000 calls are microseconds of one.
END {
    row("kernels in an enclave, to guard pages outside", "at most", 1.10, "",
        kernels("nacre-sgx", "nacre-compiled"))
    row("kernels in an enclave, to native", "at most", 1.25, "", kernels("nacre-sgx", "native"))
    row("call from an enclave (clock)", "at most", 1, " us", best["clock", "nacre-sgx"])
    row("call from local (seek)", "at most", 3, " us", best["seek", "nacre-local"])
    row("call from an enclave, host asleep", "at most", 30, " us", best["pause", "nacre-sgx"])
    row("call from local, host asleep", "at most", 30, " us", best["pause", "nacre-local"])
    row("speed of reading in an enclave, to outside", "at least", 0.5, "",
        ratio("read", "nacre-sgx", "nacre-compiled"))
    row("speed of reading in local, to outside", "at least", 0.5, "",
        ratio("read", "nacre-local", "nacre-compiled"))
    row("start of an enclave", "at most", 50, " ms", start["sgx-sim", "all"])
    exit missed
}
