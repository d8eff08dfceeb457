#!/bin/sh
# fuzzers.sh - fetches what the differential fuzzer needs into build/fuzz-tools, and installs
# nothing: generators of modules (wasm-tools smith, wasm-opt -ttf) from Debian sid, signatures
# checked by apt, with the C library that they were made for; a newer JavaScript engine from npm
# (tests/fuzz/differential/package-lock.json has its digests).
#
#   tools/fuzzers.sh        leaves wasm-tools, wasm-opt and node in build/fuzz-tools
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tools/setup.sh disable=SC1091
. tools/setup.sh

out=$PWD/build/fuzz-tools
here=$PWD/tests/fuzz/differential

# A program of another Debian release runs with that release's own loader and libraries.
wrap() {
    lib=$(dirname "$(find "$out/sid" -name 'ld-linux-*.so.*' | head -n 1)")
    loader=$(basename "$(find "$lib" -name 'ld-linux-*.so.*' | head -n 1)")
    cat > "$out/$1" << END
#!/bin/sh
exec "$lib/$loader" --library-path "$lib" "$out/sid/usr/bin/$1" "\$@"
END
    chmod +x "$out/$1"
    "$out/$1" --version > /dev/null || die "$1 does not run here"
}

fetch_generators() {
    rm -rf "$out/sid" "$out/debs"
    mkdir -p "$out/sid" "$out/debs"
    private_apt "$out/apt" sid deb > "$out/apt.log" 2>&1 || die "no lists of Debian sid"
    (cd "$out/debs" && run_private_apt "$out/apt" download -q wasm-tools binaryen libc6 \
        libgcc-s1 libstdc++6) >> "$out/apt.log" 2>&1 || die "see $out/apt.log"
    for deb in "$out"/debs/*.deb; do dpkg -x "$deb" "$out/sid"; done
    wrap wasm-tools
    wrap wasm-opt
}

fetch_engine() {
    rm -rf "$out/npm"
    mkdir -p "$out/npm"
    cp "$here/package.json" "$here/package-lock.json" "$out/npm"
    (cd "$out/npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    ln -sf "$(find "$out"/npm/node_modules -path '*/bin/node' | head -n 1)" "$out/node"
}

mkdir -p "$out"
stamp=$(cat tools/fuzzers.sh "$here/package-lock.json" | cksum)
[ "$(cat "$out/stamp" 2> /dev/null)" != "$stamp" ] || exit 0
say "fetching what the fuzzers need"
fetch_generators
fetch_engine
printf '%s\n' "$stamp" > "$out/stamp"
