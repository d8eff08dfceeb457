# engines.sh - the ways of running that bench/run compares; sourced by it, POSIX sh.
# shellcheck shell=sh disable=SC2034,SC2154
#
#   native         compiled for this machine: what the others are compared with
#   nacre          this project's interpreter
#   nacre-compiled its compiled code: images made before the clock starts; hello from the cache
#   nacre-explicit the same with bounds checks in the code instead of guard pages
#   nacre-fuel     the same with fuel counted
#   nacre-local    nacre-explicit's images in a core that is a process without privileges
#   nacre-sgx      the same in an enclave, simulated where there is no SGX
#   nacre-O1       the same compiled at level 1, and so on
#   node           Node.js as it comes: V8 compiles at first quickly, then what runs often again
#   node-turbofan  Node.js told to use V8's optimizing compiler at once, before the clock starts
#   others         if they are on PATH, as they come

engines_default='native nacre nacre-compiled node node-turbofan'
engines_other='wasmtime wasmer wasmedge wasm3 iwasm'

# has_engine ENGINE
has_engine() {
    case $1 in
    native | nacre) ;;
    nacre-*) [ -x "$(dirname "$nacre")/nacre-compiler" ] ;;
    node | node-turbofan) command -v node > /dev/null ;;
    *)
        case " $engines_other " in
        *" $1 "*) command -v "$1" > /dev/null ;;
        *) return 1 ;;
        esac
        ;;
    esac
}

# version_of ENGINE
version_of() {
    case $1 in
    native) printf '%s\n' "$compiler_version" ;;
    nacre | nacre-*) "$nacre" --version 2>&1 | head -n 1 ;;
    node | node-turbofan)
        node -p '"Node.js " + process.version + ", V8 " + process.versions.v8'
        ;;
    *) "$1" --version 2>&1 | head -n 1 ;;
    esac
}

# image_options ENGINE - for `nacre compile`.
image_options() {
    case $1 in
    nacre-compiled) ;;
    nacre-explicit) echo '--bounds explicit' ;;
    nacre-fuel) echo '--fuel' ;;
    nacre-O[0-3]) echo "-O${1#nacre-O}" ;;
    *) die "there is no engine $1" ;;
    esac
}

# image_of ENGINE - whose image it runs.
image_of() {
    case $1 in
    nacre-local | nacre-sgx) echo nacre-explicit ;;
    *) echo "$1" ;;
    esac
}

# takes GROUP NAME ENGINE - is there a run to measure?
takes() {
    case $1-$2-$3 in
    *-ruby-nacre | *-large-nacre | *-large-nacre-compiled | *-large-node) ;;
    *-ruby-* | *-large-* | dispatch-* | instances-* | cores-*) return 1 ;;
    boundary-*-native | boundary-*-nacre*) ;;
    boundary-*) return 1 ;;
    esac
}

# make_image ENGINE NAME - compiles what is not up to date; leaves its size in bytes, and the
# seconds of a processor that it took, in $out/images/NAME.ENGINE.cost. Start-up is from the cache.
make_image() {
    set -- "$(image_of "$1")" "$2"
    module=$out/wasm/$2.wasm image=$out/images/$2.$1
    case $2-$1 in
    hello-nacre-compiled | large-nacre-compiled)
        NACRE_CACHE=$out/cache "$nacre" run --compiled "$module" > /dev/null
        return 0
        ;;
    esac
    stamp="$(cksum < "$module") $(cksum < "$(dirname "$nacre")/nacre-compiler") $cpu"
    [ "$(cat "$image.stamp" 2> /dev/null)" != "$stamp" ] || return 0
    options=$(image_options "$1")
    # A list of options.
    # shellcheck disable=SC2086
    "$out/measure" 1 "$nacre" compile $options ${cpu:+--target "$cpu"} "$module" \
        -o "$image.nimg" > "$image.figures"
    # The order that bench/measure.c prints them in.
    read -r first end resident processor < "$image.figures"
    printf '%s bytes, %s ms of a processor\n' "$(wc -c < "$image.nimg")" "$processor" \
        > "$image.cost"
    printf '%s\n' "$stamp" > "$image.stamp"
}

# run_options ENGINE NAME - for `nacre run`.
run_options() {
    [ "$2" != read ] || echo "--dir $out/data:ro"
    case $1 in
    nacre-fuel) echo '--fuel 999999999999999' ;;
    nacre-local) echo '--tee local' ;;
    nacre-sgx) echo '--tee sgx-sim' ;;
    esac
    case $2-$1 in
    *-nacre) echo '--interpret' ;;
    hello-nacre-compiled | large-nacre-compiled) echo '--compiled' ;;
    *) echo "--image $out/images/$2.$(image_of "$1").nimg" ;;
    esac
}

# run_measured ENGINE NAME ARGUMENT... - runs a program once; prints what bench/measure.c prints,
# and leaves the program's output in $out/output.
run_measured() {
    engine=$1 name=$2 module=$out/wasm/$2.wasm
    shift 2
    case $engine in
    native) set -- "$out/native/$name" "$@" ;;
    nacre | nacre-*)
        # Lists of options.
        # shellcheck disable=SC2046
        set -- "$nacre" run $(run_options "$engine" "$name") "$module" "$@"
        ;;
    node) set -- node --no-warnings bench/wasi.mjs "$module" "$@" ;;
    node-turbofan)
        set -- node --no-warnings --no-liftoff --no-wasm-lazy-compilation \
            bench/wasi.mjs "$module" "$@"
        ;;
    wasmtime) set -- wasmtime run "$module" "$@" ;;
    wasmer) set -- wasmer run "$module" -- "$@" ;;
    iwasm) set -- iwasm --stack-size=1048576 "$module" "$@" ;; # 64 KiB are too few for SQLite
    *) set -- "$engine" "$module" "$@" ;;
    esac
    if [ "$name" = ruby ]; then # Nacre's --preload: nobody else links its four modules
        set -- "$nacre" run --interpret --dir tests/e2e/guests::/s:ro \
            --preload rb-js-abi-host=build/guests/ruby-host.wasm \
            --preload canonical_abi=build/guests/ruby-handles.wasm \
            --preload ruby=build/guests/ruby.wasm build/guests/ruby-main.wasm /s/first.rb
    fi
    NACRE_CACHE=$out/cache "$out/measure" -k "$out/output" 1 "$@" 2> "$out/errors"
}
