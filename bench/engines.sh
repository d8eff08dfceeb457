# engines.sh - the ways of running that bench/run compares; sourced by it, POSIX sh.
# shellcheck shell=sh disable=SC2034,SC2154
#
#   native         compiled for this machine: what the others are compared with
#   nacre          this project's
#   node           Node.js as it comes: V8 compiles at first quickly, then what runs often again
#   node-turbofan  Node.js told to use V8's optimizing compiler at once, before the clock starts
#   others         if they are on PATH, as they come

engines_default='native nacre node node-turbofan'
engines_other='wasmtime wasmer wasmedge wasm3 iwasm'

# has_engine ENGINE
has_engine() {
    case $1 in
    native | nacre) ;;
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
    nacre) "$nacre" --version 2>&1 | head -n 1 ;;
    node | node-turbofan)
        node -p '"Node.js " + process.version + ", V8 " + process.versions.v8'
        ;;
    *) "$1" --version 2>&1 | head -n 1 ;;
    esac
}

# run_measured ENGINE NAME ARGUMENT... - runs a program once; prints what bench/measure.c prints,
# and leaves the program's output in $out/output.
run_measured() {
    engine=$1 name=$2 module=$out/wasm/$2.wasm
    shift 2
    case $engine in
    native) set -- "$out/native/$name" "$@" ;;
    nacre) set -- "$nacre" run "$module" "$@" ;;
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
        set -- "$nacre" run --dir tests/e2e/guests::/s:ro \
            --preload rb-js-abi-host=build/guests/ruby-host.wasm \
            --preload canonical_abi=build/guests/ruby-handles.wasm \
            --preload ruby=build/guests/ruby.wasm build/guests/ruby-main.wasm /s/first.rb
    fi
    "$out/measure" -k "$out/output" 1 "$@" 2> "$out/errors"
}
