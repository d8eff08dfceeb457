# calls.awk - makes code and documentation of tee/calls.def, which says what its lines mean.
#
#   awk -v make=WHAT [-v intro=FILE] -f tools/calls.awk tee/calls.def
#
#   header   calls_list.h   the numbers, and what the core calls
#   core     calls_core.c   which puts arguments in a slot, and checks what comes back
#   host     calls_host.c   which checks what is asked, and calls the host's port
#   docs     docs/boundary.md, behind what `intro` has
#
# A call's parameters are numbered from 1; P[call, i, "way"], "kind", "name", "more" (what stands
# behind the name: a limit, a record) and "type". Fields of records the same in F.

function fail(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    failed = 1
    exit 1
}

# The words of the line from `from` on.
function rest(from,   i, text) {
    for (i = from; i <= NF; i++) text = text (i > from ? " " : "") $i
    return text
}

function size_of(r) { return "CALLS_" toupper(r) "_WORDS" }
function line(text) { print text }
function note(text) { return "/* " text " */" }

/^#/ || NF == 0 { next }

$1 == "kind" {
    kinds[$2] = 1
    kind_names[++kind_count] = $2
    kind_text[$2] = rest($4 ~ /^\[/ ? 5 : 4)
    next
}

/^ / && call_count == 0 && record == "" {
    kind_text[kind_names[kind_count]] = kind_text[kind_names[kind_count]] " " rest(1)
    next
}

$1 == "record" {
    record = $2
    call = ""
    ctype[record] = rest(3)
    next
}

$1 == "call" {
    call = $2
    record = ""
    if ($3 in used) fail("call number " $3 " is used twice")
    used[$3] = 1
    names[++call_count] = call
    number[call] = $3
    text[call] = rest(4)
    next
}

record != "" {
    way = "both"
    if ($1 == "in" || $1 == "out") {
        way = $1
        $1 = ""
        $0 = $0
    }
    i = ++fields[record]
    F[record, i, "way"] = way
    F[record, i, "kind"] = $1
    F[record, i, "name"] = $2
    F[record, i, "more"] = $3
    F[record, i, "type"] = NF > 3 ? rest(4) : "uint32_t"
    words[record] += $1 == "label" ? 33 : 1
    next
}

call != "" && ($1 == "optional" || $1 == "own" || $1 == "served" || $1 == "waits") {
    marked[call, $1] = 1
    next
}

call != "" {
    if ($1 == "each") {
        $0 = "both " $0
    }
    if ($1 !~ /^(in|out|both)$/ || !($2 in kinds)) fail("what is " $1 " " $2 "?")
    i = ++params[call]
    P[call, i, "way"] = $1
    P[call, i, "kind"] = $2
    P[call, i, "name"] = $3
    P[call, i, "more"] = $4
    P[call, i, "type"] = NF > 4 ? rest(5) : "uint32_t"
    if (($2 == "struct" || $2 == "list" || $2 == "each") && !($4 in ctype)) fail("no record " $4)
    next
}

{ fail("neither in a record nor in a call") }

# --- What both sides need ---

# A parameter as C declares it.
function declared(c, i,   kind, way, name, type, star) {
    kind = P[c, i, "kind"]
    way = P[c, i, "way"]
    name = P[c, i, "name"]
    type = P[c, i, "more"] in ctype ? ctype[P[c, i, "more"]] : ""
    star = way == "out" ? "*" : ""
    if (kind == "number" || is_file(kind) || kind == "new") return "uint64_t " star name
    if (kind == "signed") return "int64_t " star name
    if (kind == "choice") return P[c, i, "type"] " " star name
    if (kind == "bits" || kind == "how" || kind == "stream") return "uint32_t " star name
    if (kind == "flag") return "bool " star name
    if (kind ~ /^(grant|name|place|text)$/) return "const char *" name
    if (kind == "bytes") return "const struct port_span *" name ", uint32_t count"
    if (kind == "buffer") return "char *" name ", size_t capacity"
    if (kind == "moved") return "size_t *" name
    if (kind == "struct") return (way == "in" ? "const " : "") type " *" name
    if (kind == "list") return type " *" name ", uint32_t capacity, uint32_t *count"
    return type " *" name ", uint32_t count"
}

function is_file(kind) { return kind == "file" || kind == "changed" || kind == "gone" }

function prototype(c,   i, text) {
    text = "enum port_errno calls_" c "(void *context"
    for (i = 1; i <= params[c]; i++) text = text ", " declared(c, i)
    return wrapped(text ")", 4)
}

# Lines of less than 100 columns, broken behind commas.
function wrapped(text, indent,   out, at, last) {
    while (length(text) > 96) {
        last = 0
        for (at = 1; at <= 96; at++) if (substr(text, at, 2) == ", ") last = at
        if (!last) break
        out = out substr(text, 1, last) "\n"
        text = sprintf("%" indent "s", "") substr(text, last + 2)
    }
    return out text
}

# What a word must be, as a condition of C; "" if it may be anything.
function rule(kind, more, word) {
    if (kind == "number" && more != "") return word " <= " more
    if (kind == "choice") return word " < " more
    if (kind == "bits" || kind == "how") return "(" word " & ~(uint64_t)" more ") == 0"
    if (kind == "flag") return word " <= 1"
    return ""
}

function ruled_text(kind, more) {
    if (kind == "number") return "is more than " more
    if (kind == "choice") return "is none of " more
    if (kind == "bits") return "has bits beyond " more
    return "is neither 0 nor 1"
}

# --- The header ---

function make_header(   i, c) {
    line(note("calls_list.h - made of tee/calls.def by tools/calls.awk"))
    line("#ifndef CALLS_LIST_H\n#define CALLS_LIST_H\n")
    line("#include \"port/files.h\"\n#include \"port/port.h\"\n#include \"proto/order.h\"\n")
    line("enum calls_call {")
    for (i = 1; i <= call_count; i++) {
        c = names[i]
        line("    CALLS_" toupper(c) " = " number[c] ",")
        if (number[c] + 0 > last + 0) last = number[c]
        if ((c, "waits") in marked) waits = waits "UINT64_C(1) << CALLS_" toupper(c) " | "
    }
    line("    CALLS_COUNT = " last + 1 "\n};\n")
    line("/* Those that may take long: a bit each. */")
    line("#define CALLS_THAT_WAIT (" substr(waits, 1, length(waits) - 3) ")\n")
    line("/* How many words each record takes. */\nenum {")
    for (i = 1; i <= record_count; i++)
        line("    CALLS_" toupper(sorted[i]) "_WORDS = " words[sorted[i]] ",")
    line("};\n")
    for (i = 1; i <= call_count; i++) line(note(text[names[i]]) "\n" prototype(names[i]) ";\n")
    line("#endif")
}

function sort_records(   i, j, r, t) {
    for (r in ctype) sorted[++record_count] = r
    for (i = 2; i <= record_count; i++)
        for (j = i; j > 1 && sorted[j] < sorted[j - 1]; j--) {
            t = sorted[j]
            sorted[j] = sorted[j - 1]
            sorted[j - 1] = t
        }
}

# --- The core's side ---

function caught(c, text) { line("        return calls_caught(p, \"" c ": " text "\");") }

# Statements that check a word, and say what was wrong with it.
function check(c, kind, name, more, word,   condition) {
    condition = rule(kind, more, word)
    if (condition == "") return
    line("    if (!(" condition "))")
    caught(c, name " " ruled_text(kind, more))
}

function put_record(r, at,   i, kind) {
    for (i = 1; i <= fields[r]; i++) {
        if (F[r, i, "way"] == "out") line("    words[" i - 1 "] = 0;")
        else line("    words[" i - 1 "] = (uint64_t)item->" F[r, i, "name"] ";")
    }
}

function record_makers(r,   i, kind, name) {
    if (is_sent[r]) {
        line("static void put_" r "(const " ctype[r] " *item, uint64_t *words) {")
        put_record(r)
        line("}\n")
    }
    if (!is_got[r]) return
    line(wrapped("static enum port_errno get_" r "(struct calls_pass *p, const uint64_t *words, " \
                 ctype[r] " *item) {", 4))
    for (i = 1; i <= fields[r]; i++) {
        if (F[r, i, "way"] == "in") continue
        kind = F[r, i, "kind"]
        name = F[r, i, "name"]
        if (kind == "label") {
            line("    if (!calls_is_label(words + " i - 1 ", item->name, &item->name_size))")
            caught(r, name " is no component of a path")
            continue
        }
        check(r, kind, name, F[r, i, "more"], "words[" i - 1 "]")
    }
    for (i = 1; i <= fields[r]; i++) {
        if (F[r, i, "way"] == "in" || F[r, i, "kind"] == "label") continue
        if (F[r, i, "kind"] == "number") line("    item->" F[r, i, "name"] " = words[" i - 1 "];")
        else line("    item->" F[r, i, "name"] " = (" F[r, i, "type"] ")words[" i - 1 "];")
    }
    line("    return PORT_OK;\n}\n")
}

function core_put(c, i,   kind, name, r) {
    if (P[c, i, "way"] == "out") return core_room(c, i)
    kind = P[c, i, "kind"]
    name = P[c, i, "name"]
    r = P[c, i, "more"]
    if (kind == "name" || kind == "place")
        line("    calls_put_text(p, " name ", PORT_NAME_MAX);")
    else if (kind == "grant") line("    calls_put_text(p, " name ", CALLS_GRANT_MAX);")
    else if (kind == "text") line("    calls_put_text(p, " name ", " r ");")
    else if (kind == "bytes") line("    calls_put_bytes(p, " name ", count);")
    else if (kind == "struct")
        line("    put_" r "(" name ", calls_put_words(p, " size_of(r) "));")
    else if (kind == "each") {
        line("    calls_put_list(p, count, " size_of(r) ");")
        line("    for (uint32_t i = 0; i < count && p->error == PORT_OK; i++) {")
        line("        uint64_t words[" size_of(r) "];")
        line("        put_" r "(&" name "[i], words);")
        line("        calls_put_item(p, i, words, " size_of(r) ");\n    }")
    } else {
        if (kind == "gone") line("    calls_forget(p, " name ");")
        line("    calls_put(p, (uint64_t)" name ");")
    }
}

# Space for what comes back.
function core_room(c, i,   kind, r) {
    kind = P[c, i, "kind"]
    r = P[c, i, "more"]
    if (kind == "bytes") line("    calls_put_room(p, calls_total(" P[c, i, "name"] ", count));")
    if (kind == "buffer") line("    calls_put_room(p, capacity);")
    if (kind == "list") line("    calls_put_items(p, capacity, " size_of(r) ");")
}

function core_get(c, i,   kind, name, r, source) {
    kind = P[c, i, "kind"]
    name = P[c, i, "name"]
    r = P[c, i, "more"]
    if (kind == "each") {
        line("    for (uint32_t i = 0; i < count; i++) {")
        line("        uint64_t words[" size_of(r) "];")
        line("        calls_get_item(p, i, words, " size_of(r) ");")
        line("        TRY_CALL(get_" r "(p, words, &" name "[i]));\n    }")
    }
    if (P[c, i, "way"] != "out") return
    if (kind == "bytes" || kind == "buffer") {
        moves = kind
        moved = name
        return
    }
    if (kind == "struct") {
        line("    TRY_CALL(get_" r "(p, calls_get_words(p, " size_of(r) "), " name "));")
        return
    }
    source = "word_" name
    if (kind == "list") source = "word_count"
    line("    uint64_t " source " = calls_get(p);")
    if (kind == "moved" || kind == "list") {
        line("    if (" source " > p->room)")
        caught(c, "more than was asked for")
    }
    check(c, kind, name, r, source)
    if (kind == "new") {
        line("    if (!calls_is_new(p, " source "))")
        caught(c, "the number of a file that is open, or none")
    }
    if (kind == "list") {
        line("    for (uint32_t i = 0; i < (uint32_t)word_count; i++) {")
        line("        uint64_t words[" size_of(r) "];")
        line("        calls_get_item(p, i, words, " size_of(r) ");")
        line("        TRY_CALL(get_" r "(p, words, &" name "[i]));\n    }")
        line("    *count = (uint32_t)word_count;")
        return
    }
    if (kind == "moved" && moves == "bytes")
        line("    calls_get_bytes(p, " moved ", count, (size_t)word_" name ");")
    if (kind == "moved" && moves == "buffer")
        line("    memcpy(" moved ", p->slot->data, (size_t)word_" name ");")
    if (kind == "choice") line("    *" name " = (" P[c, i, "type"] ")word_" name ";")
    else if (kind == "moved") line("    *" name " = (size_t)word_" name ";")
    else line("    *" name " = word_" name ";")
}

function arguments(c,   i, text, kind) {
    for (i = 1; i <= params[c]; i++) {
        kind = P[c, i, "kind"]
        text = text ", " P[c, i, "name"]
        if (kind == "bytes" || kind == "each") text = text ", count"
        if (kind == "buffer") text = text ", capacity"
        if (kind == "list") text = text ", capacity, count"
    }
    return text
}

# Does the reply have anything to check?
function has_reply(c,   i) {
    for (i = 1; i <= params[c]; i++) if (P[c, i, "way"] != "in") return 1
    return 0
}

# What a reply's reader has to be handed: all but what only goes there.
function reply_parameters(c, named,   i, text, kind) {
    for (i = 1; i <= params[c]; i++) {
        if (P[c, i, "way"] == "in") continue
        kind = P[c, i, "kind"]
        text = text ", " (named ? P[c, i, "name"] : declared(c, i))
        if (named && (kind == "bytes" || kind == "each")) text = text ", count"
        if (named && kind == "list") text = text ", count"
    }
    if (!named) {
        gsub(/, size_t capacity/, "", text)
        gsub(/, uint32_t capacity/, "", text)
    }
    return text
}

function make_core(   i, j, c) {
    line(note("calls_core.c - made of tee/calls.def by tools/calls.awk"))
    line("#include \"proto/core.h\"\n")
    for (i = 1; i <= record_count; i++) record_makers(sorted[i])
    for (i = 1; i <= call_count; i++) {
        c = names[i]
        moves = ""
        if (has_reply(c)) {
            line(wrapped("static enum port_errno reply_" c "(struct calls_pass *p" \
                         reply_parameters(c, 0) ") {", 4))
            for (j = 1; j <= params[c]; j++) core_get(c, j)
            line("    return PORT_OK;\n}\n")
        }
        line(prototype(c) " {")
        line("    struct calls_pass pass, *p = &pass;")
        line("    TRY_CALL(calls_begin(p, context, CALLS_" toupper(c) "));")
        for (j = 1; j <= params[c]; j++) core_put(c, j)
        line("    enum port_errno e = calls_exchange(p);")
        if (has_reply(c))
            line("    if (e == PORT_OK) e = reply_" c "(p" reply_parameters(c, 1) ");")
        line("    calls_end(p);\n    return e;\n}\n")
    }
}

# Which records go there, and which come back?
function mark_records(   i, j, c, kind, way, r) {
    for (i = 1; i <= call_count; i++) {
        c = names[i]
        for (j = 1; j <= params[c]; j++) {
            r = P[c, j, "more"]
            if (!(r in ctype)) continue
            if (P[c, j, "way"] != "out") is_sent[r] = 1
            if (P[c, j, "way"] != "in") is_got[r] = 1
        }
    }
}

# --- The host's side ---

function host_record(r,   i, kind, name) {
    if (is_sent[r]) {
        line("static enum port_errno take_" r "(struct served *s, struct served_pass *p,\n" \
             "    const uint64_t *words, " ctype[r] " *item) {")
        line("    (void)s;\n    (void)p;")
        for (i = 1; i <= fields[r]; i++) {
            if (F[r, i, "way"] == "out") continue
            kind = F[r, i, "kind"]
            name = F[r, i, "name"]
            if (kind == "file") {
                line("    TRY_CALL(served_file(s, p, words[" i - 1 "], &item->" name "));")
                continue
            }
            if (rule(kind, F[r, i, "more"], "x") != "")
                refuse(rule(kind, F[r, i, "more"], "words[" i - 1 "]"))
            line("    item->" name " = (" field_type(r, i) ")words[" i - 1 "];")
        }
        line("    return PORT_OK;\n}\n")
    }
    if (!is_got[r]) return
    line("static void give_" r "(const " ctype[r] " *item, uint64_t *words) {")
    for (i = 1; i <= fields[r]; i++) {
        if (F[r, i, "way"] == "in") line("    words[" i - 1 "] = 0;")
        else if (F[r, i, "kind"] == "label")
            line("    served_label(words + " i - 1 ", item->name, item->name_size);")
        else line("    words[" i - 1 "] = (uint64_t)item->" F[r, i, "name"] ";")
    }
    line("}\n")
}

function field_type(r, i) { return F[r, i, "kind"] == "number" ? "uint64_t" : F[r, i, "type"] }
function refuse(unless) { line("    if (!(" unless ")) return PORT_EINVAL;") }
function take_items(name, r, count) {
    line("    TRY_CALL(served_items(s, p, sizeof *" name ", " size_of(r) ", &" count "));")
    line("    " name " = p->scratch;")
}

function host_take(c, i,   kind, name, r, type, condition) {
    kind = P[c, i, "kind"]
    name = P[c, i, "name"]
    r = P[c, i, "more"]
    type = r in ctype ? ctype[r] : ""
    if (P[c, i, "way"] == "out") {
        if (kind == "bytes" || kind == "buffer") {
            line("    struct port_span span_" name ";")
            line("    TRY_CALL(served_room(p, &span_" name "));")
        } else if (kind == "list") {
            line("    uint32_t count = 0, capacity;")
            line("    " type " *" name ";")
            take_items(name, r, "capacity")
        } else if (kind == "struct") line("    " type " " name ";")
        else if (kind == "moved") line("    size_t " name " = 0;")
        else if (kind == "choice")
            line("    " P[c, i, "type"] " " name " = (" P[c, i, "type"] ")0;")
        else line("    uint64_t " name " = 0;")
        return
    }
    if (kind == "gone") {
        line("    TRY_CALL(served_gone(s, p, served_word(p)));")
    } else if (is_file(kind)) {
        line("    uint64_t " name ";")
        line("    TRY_CALL(served_" kind "(s, p, served_word(p), &" name "));")
    } else if (kind == "name" || kind == "place") {
        line("    char " name "[PORT_NAME_MAX + 1];")
        line("    TRY_CALL(served_" kind "(p, " name "));")
    } else if (kind == "text") {
        line("    char " name "[" r " + 1];")
        line("    TRY_CALL(served_text(p, " name ", " r "));")
    } else if (kind == "grant") {
        line("    const char *" name ";")
        line("    TRY_CALL(served_grant(p, &s->grants." r ", &" name "));")
    } else if (kind == "stream") {
        line("    uint32_t " name ";")
        line("    TRY_CALL(served_stream(s, p, served_word(p), &" name "));")
    } else if (kind == "bytes") {
        line("    struct port_span span_" name ";")
        line("    TRY_CALL(served_bytes(p, &span_" name "));")
    } else if (kind == "struct") {
        line("    " type " " name ";")
        line("    TRY_CALL(take_" r "(s, p, served_words(p, " size_of(r) "), &" name "));")
    } else if (kind == "each") {
        line("    uint32_t count;")
        line("    " type " *" name ";")
        take_items(name, r, "count")
        line("    for (uint32_t i = 0; i < count; i++) {")
        line("        uint64_t words[" size_of(r) "];")
        line("        served_item(p, i, words, " size_of(r) ");")
        line("        " name "[i] = (" type "){0};")
        line("        TRY_CALL(take_" r "(s, p, words, &" name "[i]));\n    }")
    } else {
        line("    uint64_t word_" name " = served_word(p);")
        condition = rule(kind, r, "word_" name)
        if (condition != "") refuse(condition)
        if (kind == "how") line("    TRY_CALL(served_how(p, (uint32_t)word_" name "));")
    }
}

function host_argument(c, i,   kind, name, star, type) {
    kind = P[c, i, "kind"]
    name = P[c, i, "name"]
    star = P[c, i, "way"] == "out" ? "&" : ""
    if (kind == "bytes") return "&span_" name ", 1"
    if (kind == "buffer") return "(char *)span_" name ".bytes, span_" name ".size"
    if (kind == "list") return name ", capacity, &count"
    if (kind == "each") return name ", count"
    if (kind == "struct") return "&" name
    if (kind ~ /^(number|signed|choice|bits|how|flag)$/) {
        if (star) return star name
        type = kind == "number" ? "uint64_t" : kind == "signed" ? "int64_t" : \
               kind == "flag" ? "bool" : P[c, i, "type"]
        return "(" type ")word_" name
    }
    return star name
}

function host_give(c, i,   kind, name, r) {
    kind = P[c, i, "kind"]
    name = P[c, i, "name"]
    r = P[c, i, "more"]
    if (kind == "each" || (kind == "list" && P[c, i, "way"] == "out")) {
        if (kind == "list") line("    served_give(p, count);")
        line("    for (uint32_t i = 0; i < count; i++) {")
        line("        uint64_t words[" size_of(r) "];")
        line("        give_" r "(&" name "[i], words);")
        line("        served_give_item(p, i, words, " size_of(r) ");\n    }")
        return
    }
    if (P[c, i, "way"] != "out" || kind == "bytes" || kind == "buffer") return
    if (kind == "struct") line("    give_" r "(&" name ", served_give_words(p, " size_of(r) "));")
    else if (kind == "new") line("    TRY_CALL(served_new(s, p, " name "));")
    else line("    served_give(p, (uint64_t)" name ");")
}

function make_host(   i, j, c, text) {
    line(note("calls_host.c - made of tee/calls.def by tools/calls.awk"))
    line("#include \"proto/host.h\"\n")
    for (i = 1; i <= record_count; i++) host_record(sorted[i])
    for (i = 1; i <= call_count; i++) {
        c = names[i]
        line("static enum port_errno serve_" c "(struct served *s, struct served_pass *p) {")
        if (!params[c]) line("    (void)p;")
        if ((c, "optional") in marked) line("    if (!" of_port(c) ") return PORT_ENOSYS;")
        for (j = 1; j <= params[c]; j++) host_take(c, j)
        text = (c, "own") in marked ? "s->orders_env" : \
               (c, "served") in marked ? "s" : \
               "s->port->" (c ~ /^clock_/ ? "" : "files_") "context"
        for (j = 1; j <= params[c]; j++) text = text ", " host_argument(c, j)
        text = of_port(c) "(" text ")"
        if (c ~ /^clock_/) text = "served_errno(" text ")"
        if (!closes(c)) line(wrapped("    TRY_CALL(" text ");", 8))
        for (j = 1; j <= params[c]; j++) host_give(c, j)
        line("    return PORT_OK;\n}\n")
    }
    line("const served_function served_functions[CALLS_COUNT] = {")
    for (i = 1; i <= call_count; i++)
        line("    [CALLS_" toupper(names[i]) "] = serve_" names[i] ",")
    line("};")
}

# What is closed is closed when nobody uses it any more, which the served functions see to.
function closes(c) { return P[c, 1, "kind"] == "gone" }

# Clocks are the port's own, and give a status.
function of_port(c) {
    if ((c, "own") in marked) return "s->orders->" c
    if ((c, "served") in marked) return "served_" c
    return "s->port->" (c ~ /^clock_/ ? "" : "files->") c
}

# --- Documentation ---

function cell(c, i,   kind, more, text) {
    kind = P[c, i, "kind"]
    more = P[c, i, "more"]
    text = "`" P[c, i, "name"] "` " kind
    if (more in ctype) return text " [" more "](#" more ")"
    return text (more == "" ? "" : " " more)
}

# The parameters of a call that do not only go the other way.
function cells(c, other,   i, text) {
    for (i = 1; i <= params[c]; i++)
        if (P[c, i, "way"] != other) text = text (text ? ", " : "") cell(c, i)
    return text
}

function make_docs(   i, j, c, r) {
    while ((getline text_line < intro) > 0) line(text_line)
    line("\n## Calls\n")
    line("| number | call | to the host | back |\n|---|---|---|---|")
    for (i = 1; i <= call_count; i++) {
        c = names[i]
        line("| " number[c] " | `" c "`: " text[c] " | " cells(c, "out") " | " cells(c, "in") " |")
    }
    line("\n## Kinds\n\n| kind | what it must be |\n|---|---|")
    for (i = 1; i <= kind_count; i++) line("| " kind_names[i] " | " kind_text[kind_names[i]] " |")
    line("\n## Records")
    for (i = 1; i <= record_count; i++) {
        r = sorted[i]
        line("\n### " r "\n\n| field | kind | |\n|---|---|---|")
        for (j = 1; j <= fields[r]; j++)
            line("| `" F[r, j, "name"] "` | " F[r, j, "kind"] " " F[r, j, "more"] " | " \
                 (F[r, j, "way"] == "in" ? "to the host" : \
                  F[r, j, "way"] == "out" ? "back" : "") " |")
    }
}

END {
    if (failed) exit 1
    sort_records()
    mark_records()
    if (make == "header") make_header()
    else if (make == "core") make_core()
    else if (make == "host") make_host()
    else if (make == "docs") make_docs()
    else fail("make what?")
}
