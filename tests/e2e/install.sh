#!/bin/sh
# Installs into a folder and uses what is there: the command, its manual, and both libraries
# from a C and a C++ program by way of pkg-config.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$NACRE_BUILD" --prefix "$prefix" > "$work/log" || { cat "$work/log"; exit 1; }
mv "$prefix" "$work/moved" # a prefix can be moved
prefix=$work/moved

"$prefix/bin/nacre" --version
[ -s "$prefix/share/man/man1/nacre.1" ]
bash -n "$prefix/share/bash-completion/completions/nacre"

# The command finds its compiler, if there is one.
if [ -x "$NACRE_BUILD/nacre-compiler" ]; then
    printf '\0asm\1\0\0\0' > "$work/empty.wasm"
    "$prefix/bin/nacre" compile "$work/empty.wasm"
    "$prefix/bin/nacre" inspect "$work/empty.nimg" > "$work/inspected"
fi

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name nacre.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir nacre)
source=$NACRE_SOURCE/examples/embed/embed.c
warnings='-Wall -Wextra -Werror'
version=$(pkg-config --modversion nacre)

# says COMMAND TEXT - what a command prints, whether it fails or not.
says() {
    # shellcheck disable=SC2086
    got=$($1) || :
    [ "$got" = "$2" ] || { echo "$1: '$got' instead of '$2'"; exit 1; }
}

# pkg-config prints words.
# shellcheck disable=SC2046,SC2086
for language in c:c11 c++:c++17; do
    "$NACRE_CC" -x "${language%%:*}" -std="${language#*:}" $warnings -c "$source" \
        -o "$work/embed.o" $(pkg-config --cflags nacre)
    "$NACRE_CC" "$work/embed.o" -o "$work/shared" $(pkg-config --libs nacre)
    export LD_LIBRARY_PATH="$libdir"
    says "$work/shared" "nacre $version: success, 42"
    says "$work/shared 2000000000" "nacre $version: trap, twice: the number is too large"
    unset LD_LIBRARY_PATH
    "$NACRE_CC" "$work/embed.o" -o "$work/static" -Wl,-Bstatic \
        $(pkg-config --static --libs nacre) -Wl,-Bdynamic
    says "$work/static" "nacre $version: success, 42"
done
# shellcheck disable=SC2046
"$NACRE_CC" -static "$source" $(pkg-config --cflags --static --libs nacre) -o "$work/static"
says "$work/static" "nacre $version: success, 42"
# What does not use wasm.h does not have it, and may have another engine's.
! llvm-nm-22 "$work/static" | grep ' T wasm_' || exit 1

# The program that the README shows.
sed -n '/^```c$/,/^```$/p' "$NACRE_SOURCE/README.md" | sed '1d;$d' > "$work/answer.c"
# shellcheck disable=SC2046,SC2086
"$NACRE_CC" -std=c11 $warnings "$work/answer.c" $(pkg-config --cflags --libs nacre) \
    -Wl,-rpath,"$libdir" -o "$work/answer"
says "$work/answer" 42

# A program for the standard interface, which knows of no pkg-config.
for language in c:c11 c++:c++17; do
    CPATH=$prefix/include LIBRARY_PATH=$libdir "$NACRE_CC" -x "${language%%:*}" \
        -std="${language#*:}" -Wall -Wextra -Werror "$NACRE_SOURCE/examples/standard/standard.c" \
        -lnacre -o "$work/standard"
    export LD_LIBRARY_PATH="$libdir"
    says "$work/standard" 42
    says "$work/standard 2000000000" "twice: the number is too large (function 1, offset 0x32)"
    unset LD_LIBRARY_PATH
done

# Nothing but the API is exported, by either: of what wasm.h declares, all.
"$NACRE_CC" -E -P "$prefix/include/wasm.h" | tr '\n' ' ' |
    grep -o 'visibility("default"))) [^(;]*(' | sed 's/($//; s/.*[ *]//' | sort > "$work/declared"
for library in "$libdir/libnacre.a" "$libdir/libnacre.so"; do
    case $library in
    *.so) symbols=$(llvm-nm-22 -D --defined-only --format=posix "$library") ;;
    *) symbols=$(llvm-nm-22 -g --defined-only --format=posix "$library" | sed '/:$/d') ;;
    esac
    printf '%s\n' "$symbols" | awk '!/^(nacre|wasm)_/ && NF {
        print "exported by accident: " $1; bad = 1 } END { exit bad }'
    printf '%s\n' "$symbols" | sed -n 's/^\(wasm_[^ ]*\).*/\1/p' | sort |
        diff "$work/declared" - || { echo "$library: wasm_* is not what wasm.h says"; exit 1; }
    printf '%s\n' "$symbols" | grep -q '^nacre_engine_create '
done
