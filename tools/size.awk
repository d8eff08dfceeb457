# size.awk - reads lld's maps of trusted cores, and judges what they say. See tools/size.sh.
#
#   make=sizes    a map: rows `core machine part bytes` of what is loaded
#   make=table    such rows: a table
#   make=check    such rows, then the budget, CHANGELOG.md, docs/size.md: what is wrong

BEGIN {
    split("base wasm image exec exec/interp exec/no_interp wasi pfs api port/calls tee/core" \
          " tee/proto texts alignment sum", order, " ")
    column_count = split("full:x86_64 full:aarch64 compiled:x86_64 compiled:aarch64", columns, " ")
    off_by = 0.01 # of a sum in docs/size.md
}

function hex(digits,    value, i) {
    value = 0
    for (i = 1; i <= length(digits); i++)
        value = value * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
    return value
}

# 1234567 as 1,234,567
function grouped(number,    text) {
    text = number ""
    while (match(text, /[0-9][0-9][0-9][0-9](,|$)/))
        text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
    return text
}

# The folder of an object's source; what the linker merged has none.
function part_of(object) {
    if (object !~ /\.dir\//) return "texts"
    sub(/.*\.dir\/(\.\/)?/, "", object)
    sub(/\/[^\/]*$/, "", object)
    sub(/^src\//, "", object)
    sub(/\/(x86_64|aarch64)$/, "", object)
    return object == "proto" ? "tee/proto" : object # made of tee/calls.def
}

# A map's lines: two addresses, size, alignment, then an output section one column on, an input
# section, as object:(section), or a symbol further on.
make == "sizes" && FNR > 1 && $1 != "0" {
    if (/^ *[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +[0-9]+ \./) size["sum"] += hex($3)
    else if ($5 ~ /:\(.*\)$/) {
        sub(/:\([^(]*\)$/, "", $5)
        size[part_of($5)] += hex($3)
    }
}

FNR == 1 { file++ }

make == "table" || (make == "check" && file == 1) { bytes[$1 ":" $2, $3] = $4 }

make == "check" && file == 2 && NF >= 2 && $1 !~ /^#/ { budget[$1] = $2 }

make == "check" && file == 3 {
    for (core in budget)
        if (index($0, grouped(budget[core]) " bytes")) is_named[core] = 1
}

make == "check" && file == 4 && /^\| sum/ {
    is_described = 1
    split($0, cells, "|")
    for (i = 1; i <= column_count; i++) {
        gsub(/[ ,]/, "", cells[i + 2])
        described[columns[i]] = cells[i + 2]
    }
}

function put_sizes(    part) {
    size["alignment"] = size["sum"]
    for (part in size)
        if (part != "sum" && part != "alignment") size["alignment"] -= size[part]
    for (part in size) print core, machine, part, size[part]
}

function put_table(    i, n, line) {
    print "| part | full, x86-64 | full, aarch64 | compiled only, x86-64 |" \
          " compiled only, aarch64 |"
    print "|---|--:|--:|--:|--:|"
    for (i = 1; i in order; i++) {
        line = "| " order[i] " |"
        for (n = 1; n <= column_count; n++)
            line = line " " grouped(bytes[columns[n], order[i]] + 0) " |"
        print line
    }
}

function wrong(text) {
    print "size: " text
    problems++
}

function compare(what, have, most) {
    if (have > most)
        wrong(what " has " grouped(have) " bytes, of " grouped(most) ": make it" \
              " smaller, or give a reason in CHANGELOG.md and raise tools/size-budget.txt")
}

function check(    core, n, parts, have, sum) {
    for (core in budget)
        if (!is_named[core])
            wrong("tools/size-budget.txt has " grouped(budget[core]) " bytes for " core \
                  ", and no line of CHANGELOG.md says so, and why")
    if (!is_described) wrong("docs/size.md has no sum: make it by tools/size.sh page")
    for (n = 1; n <= column_count; n++) {
        split(columns[n], parts, ":")
        sum = bytes[columns[n], "sum"]
        if (!(parts[1] in budget) || sum + 0 == 0)
            wrong(columns[n] " has no size, or no budget in tools/size-budget.txt")
        compare("the core " columns[n], sum - bytes[columns[n], "pfs"], budget[parts[1]])
        compare("pfs of " columns[n], bytes[columns[n], "pfs"], budget["pfs"])
        have = described[columns[n]]
        if (is_described && (have > sum * (1 + off_by) || have < sum * (1 - off_by)))
            wrong("docs/size.md says " grouped(have) " bytes for " columns[n] ", and it has " \
                  grouped(sum) ": make it anew by tools/size.sh page")
    }
    exit problems > 0
}

END {
    if (make == "sizes") put_sizes()
    if (make == "table") put_table()
    if (make == "check") check()
}
