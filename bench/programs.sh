# programs.sh - what bench/run measures, and how it is made; sourced by it, POSIX sh.
# shellcheck shell=sh disable=SC2034,SC2154
#
# Each program is compiled twice, by one compiler with -O3: for this machine ($out/native/NAME)
# and for WASI ($out/wasm/NAME.wasm). -ffp-contract=off is what makes the checksums one: Wasm has
# no fused multiplication and addition, so no machine may use its own.

optimise='-O3 -ffp-contract=off'
wasi_options='--target=wasm32-wasi --sysroot=/usr -isystem /usr/include/wasm32-wasi
    -L/usr/lib/wasm32-wasi -Wno-deprecated -Wno-unused-command-line-argument --no-wasm-opt'

# list_programs - prints all there are, one a line as `GROUP NAME`.
list_programs() {
    find bench/kernels -name '*.c' | sort | sed 's|.*/\(.*\)\.c$|kernels \1|'
    echo 'mix mix'
    echo 'speedtest1 speedtest1'
    find bench/boundary -name '*.c' | sort | sed 's|.*/\(.*\)\.c$|boundary \1|'
    echo 'start-up hello'
    echo 'start-up large'
    [ ! -e build/guests/ruby.wasm ] || echo 'start-up ruby' # ./check makes it
    echo 'instances instances'
    echo 'cores cores'
    echo 'dispatch dispatch'
}

# selected GROUP NAME - does one of the patterns of --only match?
selected() {
    [ -n "$patterns" ] || return 0
    for pattern in $patterns; do
        # The pattern is one of the shell's.
        # shellcheck disable=SC2254
        case $1 in $pattern) return 0 ;; esac
        # shellcheck disable=SC2254
        case $2 in $pattern) return 0 ;; esac
    done
    return 1
}

# arguments_of GROUP NAME - what a program is given, as words, for the size asked for.
arguments_of() {
    case $1-$2 in
    boundary-read) echo "$out/data/file" && return 0 ;;
    boundary-*)
        case $size in mini | small) echo 5 ;; *) echo 200 ;; esac
        return 0
        ;;
    esac
    case $1-$size in
    kernels-*) echo "$size $repetitions" ;;
    mix-mini) echo 50 ;;
    mix-small) echo 1000 ;;
    mix-large) echo 20000 ;;
    mix-*) echo 5000 ;;
    speedtest1-mini) echo '--size 1 --verify' ;;
    speedtest1-small) echo '--size 5 --verify' ;;
    speedtest1-large) echo '--size 100 --verify' ;;
    speedtest1-*) echo '--size 20 --verify' ;;
    esac
}

# compile NAME SOURCE - leaves what is up to date alone.
compile() {
    stamp=$(cat "$2" bench/kernels/kernel.h bench/boundary/boundary.h bench/programs.sh | cksum)
    stamp="$stamp $compiler_version $wasm_options $cpu"
    [ "$(cat "$out/stamps/$1" 2> /dev/null)" != "$stamp" ] || return 0
    # Lists of options.
    # shellcheck disable=SC2086
    "$compiler" $optimise ${cpu:+-march="$cpu"} "$2" -o "$out/native/$1" -lm
    # shellcheck disable=SC2086
    "$compiler" $wasi_options $optimise $wasm_options "$2" -o "$out/wasm/$1.wasm"
    printf '%s\n' "$stamp" > "$out/stamps/$1"
}

# make_large - a module of 16 MB; one that is there already keeps its age, which the cache knows.
make_large() {
    megabytes=16
    case $size in mini | small) megabytes=1 ;; esac
    "$compiler" -O2 bench/large.c -o "$out/make-large"
    "$out/make-large" "$megabytes" > "$out/large.wasm"
    cmp -s "$out/large.wasm" "$out/wasm/large.wasm" || mv "$out/large.wasm" "$out/wasm/large.wasm"
}

# make_file - what read reads.
make_file() {
    megabytes=256
    case $size in mini | small) megabytes=4 ;; esac
    mkdir -p "$out/data"
    [ "$(wc -c 2> /dev/null < "$out/data/file")" = $((megabytes << 20)) ] ||
        yes 'nacre reads this file' | head -c "$megabytes"M > "$out/data/file"
}

make_speedtest1() {
    sh tools/guests.sh speedtest1
    ln -sf "$PWD/build/guests/speedtest1-native" "$out/native/speedtest1"
    ln -sf "$PWD/build/guests/speedtest1-O3.wasm" "$out/wasm/speedtest1.wasm"
}

# make_program GROUP NAME
make_program() {
    case $1-$2 in
    kernels-*) compile "$2" "bench/kernels/$2.c" ;;
    mix-*) compile "$2" bench/mix.c ;;
    speedtest1-*) make_speedtest1 ;;
    boundary-*)
        compile "$2" "bench/boundary/$2.c"
        make_file
        ;;
    *-hello) compile hello tests/wasi/hello.c ;;
    *-large) make_large ;;
    instances-*)
        compile hello tests/wasi/hello.c
        make_speedtest1
        ;;
    esac
}
