#!/bin/sh
# headers.sh - compiles each installed header alone, as C11 and as C++17.
# NACRE_CC names the C compiler (default clang-22).
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
cc=${NACRE_CC:-clang-22}
passed=0
failed=0

for header in "$here"/include/nacre/*.h "$here"/include/*.h; do
    name=${header#"$here"/include/}
    for language in c:c11 c++:c++17; do
        # Twice, so that the guard is tried too.
        if printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
            "$cc" -x "${language%%:*}" -std="${language#*:}" -fsyntax-only \
                -Wall -Wextra -Wpedantic -Werror -I "$here/include" -; then
            passed=$((passed + 1))
        else
            echo "headers: $name does not compile alone as ${language#*:}" >&2
            failed=$((failed + 1))
        fi
    done
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
