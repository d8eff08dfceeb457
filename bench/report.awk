# report.awk - what bench/run measured, as tables (printed) and as JSON (written to a file).
#
#   awk -v json=FILE -v by=median -f bench/report.awk ABOUT SAMPLES
#
# The tables are by the median of an engine's times, or by=least; the JSON has both.
# ABOUT has a fact a line: its name and value, tabs between; for an engine `engine`, its name and
# version. SAMPLES has a run a line: group, program, engine, `ok`, checksum, milliseconds of the
# timed part, of the process, and on a processor, resident KiB, dataset; or, instead of what comes
# after the engine, `failed` and why. Fails when checksums differ, or a program failed natively or
# by Nacre. Needs nothing that POSIX awk does not have.

BEGIN {
    FS = "\t"
    kinds = split("timed process processor", kind, " ")
}

FILENAME == ARGV[1] {
    if ($1 == "engine") {
        engine[++engines] = $2
        version[engines] = $3
    } else {
        fact[++facts] = $1
        value[facts] = $2
    }
    next
}

!(($1, $2) in known) {
    known[$1, $2] = 1
    group[++programs] = $1
    program[programs] = $2
}

$4 != "ok" {
    if (!(($2, $3) in error)) failures++
    error[$2, $3] = $5 == "" ? "failed" : $5
    next
}

{
    n = ++count[$2, $3]
    for (k = 1; k <= kinds; k++) time[$2, $3, k, n] = $(5 + k) == "" ? -1 : $(5 + k) / 1000
    dataset[$2] = $10
    if ($9 + 0 > resident[$2, $3] + 0) resident[$2, $3] = $9
    if (!(($2, $3) in checksum)) checksum[$2, $3] = $5
    else if (checksum[$2, $3] != $5) differs[$2, $3] = $5
}

# The times of a program by an engine: least, middle, most.
function summarise(p, e, k,    n, i, j, t, sorted) {
    n = count[p, e]
    for (i = 1; i <= n; i++) {
        t = time[p, e, k, i]
        if (t < 0) return
        for (j = i - 1; j > 0 && sorted[j] > t; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = t
    }
    if (n == 0) return
    least[p, e, k] = sorted[1]
    most[p, e, k] = sorted[n]
    middle[p, e, k] = n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function spread(p, e, k) {
    return middle[p, e, k] > 0 ? (most[p, e, k] - least[p, e, k]) / middle[p, e, k] : 0
}

# By what the tables are.
function shown(p, e, k) { return by == "least" ? least[p, e, k] : middle[p, e, k] }

# To the base's time; 0 if there is none.
function ratio(figures, p, e, k) {
    if (!((p, e, k) in figures) || !((p, base, k) in figures)) return 0
    return figures[p, base, k] > 0 ? figures[p, e, k] / figures[p, base, k] : 0
}

# The geometric mean of a group's ratios; `counted` says of how many.
function mean(figures, g, e, k,    i, r, sum) {
    sum = counted = 0
    for (i = 1; i <= programs; i++) {
        if (group[i] != g) continue
        r = ratio(figures, program[i], e, k)
        if (r <= 0) continue
        sum += log(r)
        counted++
    }
    return counted ? exp(sum / counted) : 0
}

function compare_checksums(    i, j, p, e, reference) {
    for (i = 1; i <= programs; i++) {
        p = program[i]
        reference = ""
        if ((p, base) in checksum) reference = checksum[p, base]
        for (j = 1; j <= engines; j++) {
            e = engine[j]
            if (!((p, e) in checksum)) continue
            if (reference == "") reference = checksum[p, e]
            if ((p, e) in differs) disagree(p, e, checksum[p, e] " and " differs[p, e])
            else if (checksum[p, e] != reference) disagree(p, e, checksum[p, e])
        }
        agreed[p] = reference
    }
}

function disagree(p, e, found) {
    wrong[p, e] = 1
    problem[++problems] = "checksums of " p " differ: " base " has " checksum[p, base] ", " e \
        " has " found
}

function gather_failures(    i, j) {
    for (i = 1; i <= programs; i++)
        for (j = 1; j <= engines; j++)
            if ((program[i], engine[j]) in error) {
                problem[++problems] = program[i] " failed by " engine[j] ": " \
                    error[program[i], engine[j]]
                if (engine[j] == "native" || engine[j] == "nacre") serious++
            }
}

# The tables: rows of cells, then columns as wide as they have to be.

function begin_table() { rows = columns = 0 }

function add_row(name) {
    rows++
    cell[rows, 1] = name
    used = 1
}

function add_cell(text) {
    cell[rows, ++used] = text
    if (used > columns) columns = used
}

function print_table(    i, j, width, line) {
    for (j = 1; j <= columns; j++) {
        width[j] = 3
        for (i = 1; i <= rows; i++)
            if (length(cell[i, j]) > width[j]) width[j] = length(cell[i, j])
    }
    for (i = 1; i <= rows; i++) {
        line = "|"
        for (j = 1; j <= columns; j++)
            line = line sprintf(j == 1 ? " %-" width[j] "s |" : " %" width[j] "s |", cell[i, j])
        print line
        if (i > 1) continue
        line = "|"
        for (j = 1; j <= columns; j++) line = line (j == 1 ? " " : " -") dashes(width[j], j) " |"
        gsub(/- \|/, "-:|", line)
        sub(/-:\|/, "- |", line)
        print line
    }
    print ""
}

function dashes(width, j,    text) {
    for (text = ""; length(text) < width - (j > 1); text = text "-") continue
    return text
}

function figure(x) { return sprintf(x < 9.995 ? "%.2f" : x < 99.95 ? "%.1f" : "%.0f", x) }

function milliseconds(s) {
    return (s < 1e-3 ? sprintf("%.4f", s * 1000) : figure(s * 1000)) " ms"
}

function result_cell(p, e, k,    r, text) {
    if ((p, e) in wrong) return "WRONG"
    if ((p, e) in error) return "failed"
    if (!((p, e, k) in middle)) return "-"
    r = by == "least" ? ratio(least, p, e, k) : ratio(middle, p, e, k)
    text = e == base || r <= 0 ? milliseconds(shown(p, e, k)) : figure(r)
    return text sprintf(" (%.0f%%)", spread(p, e, k) * 100)
}

function add_head(name, second,    j) {
    add_row(name)
    if (second != "") add_cell(second)
    for (j = 1; j <= engines; j++) add_cell(engine[j])
}

function print_times(k,    i, j) {
    begin_table()
    add_head("program", "dataset")
    for (i = 1; i <= programs; i++) {
        for (j = 1; j <= engines; j++)
            if ((program[i], engine[j], k) in middle || (program[i], engine[j]) in error) break
        if (j > engines) continue
        add_row(program[i])
        add_cell(dataset[program[i]] == "" ? "-" : dataset[program[i]])
        for (j = 1; j <= engines; j++) add_cell(result_cell(program[i], engine[j], k))
    }
    print_table()
}

function mean_row(name, figures, g, k,    j, r, all) {
    if (mean(figures, g, base, k) == 0) return
    all = counted
    add_row(g ", " name)
    for (j = 1; j <= engines; j++) {
        r = mean(figures, g, engine[j], k)
        add_cell(r > 0 ? figure(r) (counted < all ? " of " counted : "") : "-")
    }
}

function print_means(    i) {
    begin_table()
    add_head("geometric mean of ratios", "")
    for (i = 1; i <= programs; i++) {
        if (i > 1 && group[i] == group[i - 1]) continue
        mean_row("timed part, median times", middle, group[i], 1)
        mean_row("timed part, least times", least, group[i], 1)
        mean_row("process, median times", middle, group[i], 2)
        mean_row("process, least times", least, group[i], 2)
    }
    print_table()
}

function print_all(    i) {
    for (i = 1; i <= facts; i++) print "- " fact[i] ": " value[i]
    for (i = 1; i <= engines; i++) print "- " engine[i] ": " version[i]
    print "\nRatios of " by " times to " base "'s, so lower is faster. In brackets: the spread,"
    print "(most - least) / median, of that engine's own times.\n\nTimed part:\n"
    print_times(1)
    print "Process:\n"
    print_times(2)
    print_means()
    for (i = 1; i <= problems; i++) print "PROBLEM: " problem[i]
}

# JSON.

function quoted(text,    i, c, out) {
    out = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\\" || c == "\"") c = "\\" c
        else if (c ~ /[[:cntrl:]]/) c = " "
        out = out c
    }
    return "\"" out "\""
}

function number(x) { return x > 0 ? sprintf("%.6g", x) : "null" }

function times_json(p, e, k) {
    if (!((p, e, k) in middle)) return "null"
    return sprintf("{\"min_s\": %.9g, \"median_s\": %.9g, \"max_s\": %.9g, \"spread\": %.4g, " \
                   "\"ratio\": %s, \"ratio_of_minima\": %s}", least[p, e, k], middle[p, e, k], \
                   most[p, e, k], spread(p, e, k), number(ratio(middle, p, e, k)), \
                   number(ratio(least, p, e, k)))
}

function engine_json(p, e,    k, text) {
    if ((p, e) in error) return "{\"error\": " quoted(error[p, e]) "}"
    text = sprintf("{\"runs\": %d, \"checksum\": %s, \"agrees\": %s", count[p, e], \
                   quoted(checksum[p, e]), (p, e) in wrong ? "false" : "true")
    for (k = 1; k <= kinds; k++) text = text ",\n        \"" kind[k] "\": " times_json(p, e, k)
    return text ",\n        \"resident_kib\": " resident[p, e] + 0 "}"
}

function program_json(i,    j, p, text) {
    p = program[i]
    text = "    {\"name\": " quoted(p) ", \"group\": " quoted(group[i]) ", \"dataset\": " \
        quoted(dataset[p]) ",\n     \"checksum\": " quoted(agreed[p]) ", \"engines\": {"
    separator = "\n"
    for (j = 1; j <= engines; j++) {
        if (!((p, engine[j]) in count) && !((p, engine[j]) in error)) continue
        text = text separator "      " quoted(engine[j]) ": " engine_json(p, engine[j])
        separator = ",\n"
    }
    return text "\n    }}"
}

function mean_json(g, e, k,    all, minima) {
    minima = mean(least, g, e, k)
    all = mean(middle, g, e, k)
    return sprintf("{\"ratio\": %s, \"ratio_of_minima\": %s, \"programs\": %d}", number(all), \
                   number(minima), counted)
}

function means_json(g,    j, k, text) {
    text = "    " quoted(g) ": {"
    for (j = 1; j <= engines; j++) {
        text = text (j > 1 ? "," : "") "\n      " quoted(engine[j]) ": {"
        for (k = 1; k <= kinds; k++)
            text = text (k > 1 ? ",\n        " : "") quoted(kind[k]) ": " \
                mean_json(g, engine[j], k)
        text = text "}"
    }
    return text "}"
}

function write_json(    i, name) {
    print "{\n  \"about\": {" > json
    for (i = 1; i <= facts; i++) {
        name = fact[i]
        gsub(/ /, "_", name)
        print "    " quoted(name) ": " quoted(value[i]) (i < facts ? "," : "") > json
    }
    print "  },\n  \"engines\": {" > json
    for (i = 1; i <= engines; i++)
        print "    " quoted(engine[i]) ": " quoted(version[i]) (i < engines ? "," : "") > json
    print "  },\n  \"ratios_to\": " quoted(base) ",\n  \"programs\": [" > json
    for (i = 1; i <= programs; i++) print program_json(i) (i < programs ? "," : "") > json
    print "  ],\n  \"geometric_means\": {" > json
    separator = ""
    for (i = 1; i <= programs; i++) {
        if (i > 1 && group[i] == group[i - 1]) continue
        printf "%s%s", separator, means_json(group[i]) > json
        separator = ",\n"
    }
    print "\n  },\n  \"problems\": [" > json
    for (i = 1; i <= problems; i++)
        print "    " quoted(problem[i]) (i < problems ? "," : "") > json
    print "  ]\n}" > json
    close(json)
}

END {
    base = engine[1]
    for (i = 1; i <= engines; i++) if (engine[i] == "native") base = "native"
    for (i = 1; i <= programs; i++)
        for (j = 1; j <= engines; j++)
            for (k = 1; k <= kinds; k++) summarise(program[i], engine[j], k)
    compare_checksums()
    serious = problems
    gather_failures()
    print_all()
    write_json()
    exit serious > 0
}
