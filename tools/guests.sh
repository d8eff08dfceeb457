#!/bin/sh
# guests.sh - makes the real programs that the demo and tests/e2e run, in build/guests.
#
#   tools/guests.sh all | [sqlite] [quickjs] [ruby] [assemblyscript] [rust]
#                         [standard]
#   tools/guests.sh speedtest1
#
# speedtest1 is not among all: SQLite's benchmark as bench/run measures it, for this machine
# (speedtest1-native) and as Wasm (speedtest1-O3.wasm), by one compiler with the same options.
#
# Sources come from Debian (apt checks their signatures) and npm (tests/e2e/guests/
# package-lock.json has their digests), versions are pinned, and nothing of them is committed.
# A program that is already made is left alone. The packages that this needs are in
# tools/setup.sh; ./demo and ./check install them.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tools/setup.sh disable=SC1091
. tools/setup.sh

out=$PWD/build/guests
work=$PWD/build/guests/work
here=$PWD/tests/e2e/guests

# Debian suites, so that every machine makes the same programs.
sqlite_suite=bookworm # 3.40.1
quickjs_suite=trixie  # 2025-04-26
nodejs_suite=bookworm # 18.20.4

wasi_cc() {
    clang-22 --target=wasm32-wasi --sysroot=/usr -Wno-deprecated \
        -Wno-unused-command-line-argument -O2 --no-wasm-opt "$@"
}

# fetch_tree SUITE PACKAGE [PATTERN] - unpacks a Debian source package, or the files of it that
# match, into $work/PACKAGE.
fetch_tree() {
    rm -rf "${work:?}/$2" "$work/download/$2"
    fetch_source "$work/download" "$1" "$2" > "$work/$2.log" 2>&1 || {
        cat "$work/$2.log" >&2
        return 1
    }
    mkdir -p "$work/$2"
    for archive in "$work/download/$2"/*.orig.tar.xz; do
        tar -xJf "$archive" -C "$work/$2" --strip-components=1 --wildcards "${3:-*}"
    done
}

# SQLite's one-file source, put together from its tree: configuring takes a C compiler for this
# machine, make and tclsh.
sqlite_tree() {
    tree=$work/sqlite3
    [ "$(cat "$tree/made-of" 2> /dev/null)" != "$sqlite_suite" ] || return 0
    fetch_tree "$sqlite_suite" sqlite3
    (cd "$tree" && CC=clang-22 ./configure --disable-tcl --disable-readline &&
        make sqlite3.c shell.c sqlite3.h) > "$work/sqlite3.log" 2>&1 || {
        tail -n 20 "$work/sqlite3.log" >&2
        return 1
    }
    echo "$sqlite_suite" > "$tree/made-of"
}

# WASI 0.1 has no threads, no shared memory (WAL), no dynamic linking and no temporary folder.
sqlite_options='-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL
    -DSQLITE_TEMP_STORE=3 -DSQLITE_NOHAVE_SYSTEM -DSQLITE_OMIT_POPEN'
sqlite_libraries='-lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks'

# sqlite_objects FOLDER SOURCE OPTION... - compiles SQLite, posix.c and SOURCE to Wasm, in FOLDER.
sqlite_objects() {
    objects=$1 program=$2 example=$PWD/examples/sqlite
    shift 2
    mkdir -p "$objects"
    for source in "$tree/sqlite3.c" "$example/posix.c" $program; do
        # The options are words; the project's path has no spaces, which CMake would not like
        # either.
        # shellcheck disable=SC2086
        wasi_cc "$@" "-I$example/include" "-I$tree" -include "$example/posix.h" \
            -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_PROCESS_CLOCKS \
            $sqlite_options -DSQLITE_EXTRA_INIT=sqlite_without_locks \
            -w -c "$source" -o "$objects/$(basename "$source" .c).o"
    done
}

# SQLite's shell, and speedtest1, its own benchmark.
make_sqlite() {
    sqlite_tree
    sqlite_objects "$work/sqlite-O2" "$tree/shell.c $tree/test/speedtest1.c"
    for program in shell speedtest1; do
        # shellcheck disable=SC2086
        wasi_cc "$objects/sqlite3.o" "$objects/posix.o" "$objects/$program.o" \
            $sqlite_libraries -o "$work/$program.wasm"
    done
    mv "$work/shell.wasm" "$out/sqlite.wasm"
    mv "$work/speedtest1.wasm" "$out/speedtest1.wasm"
}

make_speedtest1() {
    sqlite_tree
    sqlite_objects "$work/sqlite-O3" "$tree/test/speedtest1.c" -O3
    # shellcheck disable=SC2086
    wasi_cc "$objects/sqlite3.o" "$objects/posix.o" "$objects/speedtest1.o" \
        $sqlite_libraries -o "$work/speedtest1-O3.wasm"
    # shellcheck disable=SC2086
    clang-22 -O3 -w "-I$tree" $sqlite_options "$tree/sqlite3.c" "$tree/test/speedtest1.c" -lm \
        -o "$work/speedtest1-native"
    mv "$work/speedtest1-O3.wasm" "$work/speedtest1-native" "$out"
}

make_quickjs() {
    fetch_tree "$quickjs_suite" quickjs
    tree=$work/quickjs
    # EMSCRIPTEN: QuickJS's own name for a machine without threads.
    wasi_cc -w -DEMSCRIPTEN -D_GNU_SOURCE -DCONFIG_VERSION=\""$(cat "$tree/VERSION")"\" \
        -I"$here/include" -I"$tree" -Wl,-z,stack-size=1048576 \
        "$tree/quickjs.c" "$tree/libregexp.c" "$tree/libunicode.c" "$tree/cutils.c" \
        "$tree/dtoa.c" "$here/qjs.c" -lm -o "$work/qjs.wasm"
    mv "$work/qjs.wasm" "$out/qjs.wasm"
}

# Everything of package.json, once.
npm_packages() {
    if ! cmp -s "$here/package-lock.json" "$work/npm/package-lock.json" ||
        [ ! -e "$work/npm/complete" ]; then
        rm -rf "$work/npm"
        mkdir -p "$work/npm"
        cp "$here/package.json" "$here/package-lock.json" "$work/npm"
        (cd "$work/npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        : > "$work/npm/complete"
    fi
}

make_ruby() {
    npm_packages
    for part in main host handles; do
        wat2wasm "$here/ruby-$part.wat" -o "$out/ruby-$part.wasm"
    done
    cp "$work/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm" "$work/ruby.wasm"
    mv "$work/ruby.wasm" "$out/ruby.wasm"
}

make_assemblyscript() {
    npm_packages
    (cd "$here" && node "$work/npm/node_modules/assemblyscript/bin/asc.js" life.ts -O \
        --enable simd --exportStart _start --use abort=life/onAbort -o "$work/life.wasm")
    mv "$work/life.wasm" "$out/life.wasm"
}

# Debian's own rustc: a newer one that comes first in PATH has another standard library.
make_rust() {
    target=wasm32-wasip1
    [ -d "/usr/lib/rustlib/$target" ] || target=wasm32-wasi
    # rustc 1.63 hands its libraries to the linker with a file of its own in them, which the
    # linker refuses since lld 19.
    cat > "$work/rust-linker" << 'END'
#!/bin/sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for word; do
    shift
    case $word in
    *.rlib)
        cp "$word" "$folder"
        word=$folder/${word##*/}
        llvm-ar-22 d "$word" lib.rmeta
        ;;
    esac
    set -- "$@" "$word"
done
wasm-ld-22 "$@"
END
    chmod +x "$work/rust-linker"
    /usr/bin/rustc -O --target "$target" -C linker="$work/rust-linker" \
        -C linker-flavor=wasm-ld "$here/inventory.rs" -o "$work/inventory.wasm"
    mv "$work/inventory.wasm" "$out/inventory.wasm"
}

# The examples of the standard C interface (wasm.h), as of 2019: Node.js has V8, and V8 has them.
# A null reference was written otherwise then.
make_standard() {
    fetch_tree "$nodejs_suite" nodejs '*/third_party/wasm-api/example/*'
    tree=$work/nodejs/deps/v8/third_party/wasm-api/example
    sed -i 's/anyref/externref/g; s/(ref.null)/(ref.null extern)/' "$tree/hostref.wat"
    wat2wasm "$tree/hostref.wat" -o "$tree/hostref.wasm"
    rm -rf "$out/standard"
    mv "$tree" "$out/standard"
}

# The sources of ours that a program is made from; a change makes it again.
sources_of() {
    case $1 in
    sqlite | speedtest1) find examples/sqlite -type f | sort ;;
    quickjs) echo tests/e2e/guests/qjs.c ;;
    ruby) ls tests/e2e/guests/ruby-*.wat tests/e2e/guests/package-lock.json ;;
    assemblyscript) ls tests/e2e/guests/*.ts tests/e2e/guests/package-lock.json ;;
    rust) echo tests/e2e/guests/inventory.rs ;;
    esac
}

mkdir -p "$work"
if [ "${1:-}" = --make ]; then # by ourselves, below
    "make_$2"
    exit 0
fi
[ "${1:-}" != all ] || set -- sqlite quickjs ruby assemblyscript rust standard
[ $# -gt 0 ] || die "which program? all, or those at the top of tools/guests.sh"
failed=
for guest; do
    case $guest in
    sqlite | speedtest1 | quickjs | ruby | assemblyscript | rust | standard) ;;
    *) die "unknown program $guest" ;;
    esac
    # shellcheck disable=SC2046
    stamp=$(cat tools/guests.sh $(sources_of "$guest") | cksum)
    [ "$(cat "$out/$guest.stamp" 2> /dev/null)" != "$stamp" ] || continue
    say "making the guest program $guest"
    # A process of its own, because `set -e` does not hold within a condition.
    if sh tools/guests.sh --make "$guest"; then
        printf '%s\n' "$stamp" > "$out/$guest.stamp"
    else
        failed="$failed $guest"
    fi
done
[ -z "$failed" ] || die "could not make:$failed"
