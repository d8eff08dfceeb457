# tidy.awk - the rules of tools/tidy. Files are given as paths relative to the project.
#
# rule layer: a file includes only what tools/layers.txt lets its folder include
# rule function-length: a function body has at most 70 lines, braces included
# rule file-length: a source file has at most 1,000 lines
# rule line-length: a line has fewer than 100 columns
# rule banned: functions that nobody may call, and those that the trusted core may not
# rule feature-if: #if only in port/, *config*.h, .def files, include guards, __cplusplus
# rule tab: no tabs, except where make wants one
# rule space: no space at the end of a line, no carriage return
# rule last-line: a file does not end with an empty line
# rule guard: a header is guarded by a name that ends with its own
# rule exception: an exception that nothing needs any more is removed

BEGIN {
    max_function = 70
    max_file = 1000
    max_columns = 99
    anywhere = "gets strcpy stpcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol" \
               " atoll tmpnam tempnam mktemp system alloca rand srand setjmp longjmp"
    core = "malloc calloc realloc free strdup strndup printf fprintf puts putchar fputs vprintf" \
           " vfprintf snprintf vsnprintf perror assert abort exit _exit getenv fopen open read" \
           " write close mmap time clock_gettime memmem qsort"
    split(anywhere, words, " ")
    for (i in words) banned[words[i]] = 1
    split(core, words, " ")
    for (i in words) banned_core[words[i]] = 1
    read_layers()
    read_exceptions()
}

# layers.txt: a folder, then what it may include.
function read_layers(    line, parts, n) {
    while ((getline line < layers_file) > 0) {
        sub(/#.*/, "", line)
        n = split(line, parts, " ")
        if (n == 0) continue
        layer_folder[++layer_count] = parts[1]
        sub(/^[ ]*[^ ]+[ ]*/, "", line)
        layer_allows[layer_count] = " " line " "
    }
    close(layers_file)
    if (layer_count == 0) {
        print "tidy: cannot read " layers_file
        exit 2
    }
}

# tidy-exceptions.txt: a rule and a path, for a function's length its name too.
function read_exceptions(    line, parts, n) {
    while ((getline line < exceptions_file) > 0) {
        sub(/#.*/, "", line)
        n = split(line, parts, " ")
        if (n >= 2) exception[parts[1] " " parts[2] (n > 2 ? " " parts[3] : "")] = 1
    }
    close(exceptions_file)
}

function report(line, rule, message, key) {
    if (key == "") key = rule " " path
    if (key in exception) {
        used[key] = 1
        return
    }
    problems++
    print path ":" line ": " rule ": " message
}

# The text of a C line without comments, strings and characters; `in_comment` goes on.
function strip(text,    out, i, c, two, quote) {
    if (!in_comment && text !~ /["'\/]/) return text
    out = ""
    quote = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        two = substr(text, i, 2)
        if (in_comment) {
            if (two == "*/") { in_comment = 0; i++ }
        } else if (quote != "") {
            if (c == "\\") i++
            else if (c == quote) { quote = ""; out = out c }
        } else if (two == "/*") { in_comment = 1; i++; out = out " " }
        else if (two == "//") break
        else {
            if (c == "\"" || c == "'") quote = c
            out = out c
        }
    }
    return out
}

function is_core(p) {
    if (p ~ /^src\/(base|wasm|image|exec|wasi|crypto|pfs|attest|api)\//) return 1
    return p ~ /^src\/port\/[^\/]*$/
}

function begin_file(    i) {
    path = FILENAME
    files++
    is_c = path ~ /\.[ch]$/ || path ~ /\.def$/
    is_core_file = is_core(path)
    in_comment = in_macro = depth = 0
    declaration = ""
    guard = guard_defined = ""
    layer = 0
    for (i = 1; i <= layer_count; i++) {
        if (path == layer_folder[i] || index(path, layer_folder[i] "/") == 1) {
            layer = i
            break
        }
    }
    if (is_c && layer == 0) report(1, "layer", "this folder is not in tools/layers.txt")
}

function end_file(    name) {
    if (path == "") return
    if (lines > max_file) report(lines, "file-length", lines " lines; at most " max_file)
    if (last == "") report(lines, "last-line", "an empty line at the end")
    if (path ~ /\.h$/) {
        name = path
        sub(/.*\//, "", name)
        name = toupper(name)
        gsub(/[^A-Z0-9]/, "_", name)
        if (guard == "" || guard != guard_defined)
            report(1, "guard", "no include guard; expected one that ends with " name)
        else if (substr(guard, length(guard) - length(name) + 1) != name)
            report(1, "guard", "guard " guard " does not end with " name)
    }
}

function check_text(text,    columns) {
    columns = text
    gsub(/[\200-\277]/, "", columns) # the further bytes of a UTF-8 character
    if (length(columns) > max_columns)
        report(FNR, "line-length", length(columns) " columns; at most " max_columns)
    if (text ~ /\t/ && path !~ /(^|\/)Makefile$/) report(FNR, "tab", "a tab")
    if (text ~ /[ \t\r]$/) report(FNR, "space", "space or carriage return at the end")
}

# An include is allowed as `folder`, as `folder/file`, or as the group of its <name>.
function check_include(text,    name, angled, folder, allows) {
    angled = text ~ /</
    name = text
    sub(/^[ ]*#[ ]*include[ ]*["<]/, "", name)
    sub(/[">].*/, "", name)
    allows = layer_allows[layer]
    if (index(allows, " anything ")) return
    if (name ~ /\.\./) {
        report(FNR, "layer", "\"..\" in the path " name)
        return
    }
    folder = name
    if (!sub(/\/[^\/]*$/, "", folder)) folder = ""
    if (angled && folder != "nacre") {
        if (index(allows, " system ")) return
        if (name ~ /^(stdbool|stddef|stdint|stdatomic|stdarg|stdalign|limits|float)\.h$/) return
        if (index(allows, " <" (folder == "" ? name : folder "/") "> ")) return
    } else {
        if (folder == "" && index(layer_folder[layer], "src/") != 1) return # its own folder
        if (folder != "" && index(allows, " " folder " ")) return
        if (index(allows, " " name " ")) return
    }
    report(FNR, "layer", layer_folder[layer] " may not include " name)
}

function check_directive(text,    name) {
    if (text ~ /^[ ]*#[ ]*include/) check_include($0)
    if (path ~ /\.h$/ && guard == "" && text ~ /^#ifndef /) {
        guard = text
        sub(/^#ifndef[ ]+/, "", guard)
        sub(/[ ].*/, "", guard)
        return
    }
    if (guard != "" && guard_defined == "" && text ~ /^#define /) {
        guard_defined = text
        sub(/^#define[ ]+/, "", guard_defined)
        sub(/[ ].*/, "", guard_defined)
    }
    if (text !~ /^[ ]*#[ ]*(if|ifdef|ifndef|elif)([ (!]|$)/) return
    if (text ~ /^#ifdef __cplusplus$/) return
    if (path !~ /^(src|include|cli)\// || path ~ /^src\/port\// || path ~ /\.def$/) return
    if (path ~ /config[^\/]*\.h$/) return
    report(FNR, "feature-if", "conditional code outside port/, config and .def files")
}

function check_calls(text,    rest, word, before) {
    rest = text
    before = ""
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ ]*\(/)) {
        word = substr(rest, RSTART, RLENGTH - 1)
        sub(/[ ]+$/, "", word)
        before = before substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        # A member of the same name is somebody else's function.
        if (before !~ /(\.|->)[ ]*$/) {
            if (word in banned) report(FNR, "banned", word "()")
            else if (is_core_file && word in banned_core)
                report(FNR, "banned", word "() in the trusted core")
        }
        before = before word "("
    }
}

# Follows braces. A body at depth 0 whose declaration has parentheses and no `=` is a function.
function check_braces(text,    i, c, length_lines) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "{") {
            if (depth == 0) {
                is_function = declaration ~ /\(/ && declaration !~ /=/
                function_line = FNR
                function_name = declaration
                sub(/^[ ]+/, "", function_name)
                while (sub(/__attribute__[ ]*\(\([^)]*\)\)/, "", function_name)) continue
                sub(/[ ]*\(.*/, "", function_name)
                sub(/.*[ *]/, "", function_name)
                declaration = ""
                if (is_extern_c) { is_extern_c = 0; continue }
            }
            depth++
        } else if (c == "}") {
            if (depth > 0) depth--
            if (depth == 0) {
                length_lines = FNR - function_line + 1
                if (is_function && length_lines > max_function)
                    report(function_line, "function-length", function_name "() has " \
                           length_lines " lines; at most " max_function, \
                           "function-length " path " " function_name)
                is_function = 0
                declaration = ""
            }
        } else if (depth == 0) {
            if (c == ";") declaration = ""
            else declaration = declaration c
        }
    }
    if (depth == 0 && declaration != "") declaration = declaration " "
    is_extern_c = depth == 0 && declaration ~ /^[ ]*extern[ ]*""[ ]*$/
}

function check_c(text,    was_macro) {
    was_macro = in_macro
    text = strip(text)
    if (!was_macro && text ~ /^[ ]*#/) {
        check_directive(text)
        in_macro = $0 ~ /\\$/
        check_calls(text)
        return
    }
    check_calls(text)
    if (was_macro) {
        in_macro = $0 ~ /\\$/
        return
    }
    if (path ~ /\.def$/) return
    if (text ~ /extern[ ]*""[ ]*\{/) return
    check_braces(text)
}

FNR == 1 {
    end_file()
    begin_file()
}

{
    lines = FNR
    last = $0
    check_text($0)
    if (is_c) check_c($0)
}

END {
    end_file()
    for (key in exception) {
        if (key in used) continue
        problems++
        print exceptions_file_name() ": exception: nothing needs \"" key "\""
    }
    print "tidy: " files " files, " problems + 0 " problems"
    exit problems > 0
}

function exceptions_file_name(    name) {
    name = exceptions_file
    sub(/.*\//, "", name)
    return name
}
