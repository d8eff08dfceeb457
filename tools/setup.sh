# setup.sh - what ./demo and ./check share; sourced by them, POSIX sh.
# shellcheck shell=sh disable=SC2034
#
# Installs Debian packages by name when they are missing, and nothing else: a machine that has
# them all needs neither a network nor root.

say() { printf '== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# What a build needs, what the tests need besides, and what guest programs are made with.
# `package:command`: any provider of the command will do, e.g. another packaging of node.
packages_build='clang-22 lld-22 llvm-22:llvm-nm-22 cmake:cmake ninja-build:ninja
    libjansson-dev libmbedtls-dev libsodium-dev llvm-22-dev libzstd-dev zlib1g-dev
    g++:g++'
packages_sqlite='wasi-libc libclang-rt-22-dev-wasm32 tcl:tclsh make:make xz-utils:xz'
packages_check='libclang-rt-22-dev libcmocka-dev pkg-config:pkg-config
    wabt:wat2wasm nodejs:node npm:npm rustc libstd-rust-dev-wasm32
    python3-cryptography'

packages_arm64='gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user:qemu-aarch64'
packages_of_arm64='libmbedtls-dev libsodium-dev libjansson-dev' # what the preset links with

# missing_packages PACKAGE[:COMMAND]... - prints those that are not there.
missing_packages() {
    for entry; do
        package=${entry%%:*}
        case $entry in
        *:*) command -v "${entry#*:}" > /dev/null 2>&1 && continue ;;
        esac
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) || state=
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

# install_packages PACKAGE[:COMMAND]... - makes sure of all of them.
install_packages() {
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    command -v apt-get > /dev/null 2>&1 ||
        die "no apt-get here; please install: $missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null 2>&1 ||
            die "please run as root, or install sudo, or install these packages: $missing"
        as_root=sudo
    fi
    say "installing from Debian: $missing"
    $as_root apt-get update -q || die "apt-get update failed; needed packages: $missing"
    # One word each: package names.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $missing || die "apt-get could not install: $missing"
}

# debian_uris TYPE - the archive's addresses in this machine's own apt sources, one a line as
# `URI KEYRING`; TYPE is `main` or `security`. Both formats of apt are read.
debian_uris() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources 2> /dev/null |
        awk -v type="$1" '
            function offer(uri, suites, key) {
                is_security = suites ~ /-security/
                if (suites ~ /^[ ]*(bookworm|trixie|stable|oldstable|sid)/ &&
                    is_security == (type == "security") && !(uri in seen)) {
                    seen[uri] = 1
                    print uri, (key == "" ? "-" : key)
                }
            }
            function flush(    i, n, list) {
                if (types ~ /deb/) {
                    n = split(uris, list, " ")
                    for (i = 1; i <= n; i++) offer(list[i], suites, key)
                }
                types = uris = suites = key = ""
            }
            /^[ ]*#/ { next }
            /^deb[ ]/ {
                line = $0
                key = ""
                if (match(line, /\[[^]]*\]/)) {
                    options = substr(line, RSTART + 1, RLENGTH - 2)
                    line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
                    if (match(options, /signed-by=[^ ]*/))
                        key = substr(options, RSTART + 10, RLENGTH - 10)
                }
                split(line, part, " ")
                offer(part[2], part[3], key)
                key = ""
                next
            }
            /^Types:/ { flush(); types = $2 " " $3 }
            /^URIs:/ { sub(/^URIs:[ ]*/, ""); uris = $0 }
            /^Suites:/ { sub(/^Suites:[ ]*/, ""); suites = $0 }
            /^Signed-By:[ ]*\// { key = $2 }
            /^[ ]*$/ { flush() }
            END { flush() }'
}

# private_apt FOLDER SUITE KIND [ARCHITECTURE] - an apt of our own in FOLDER: lists, cache and
# sources, made from this machine's sources without touching them. KIND is deb or deb-src.
# Then `run_private_apt FOLDER apt-get ...` uses it.
private_apt() {
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    debian_uris main | while read -r uri key; do
        options=
        [ -z "${4:-}" ] || options="arch=$4"
        [ "$key" = - ] || options="$options signed-by=$key"
        printf '%s %s%s %s main\n' "$3" "${options:+[$options] }" "$uri" "$2"
    done > "$1/sources.list"
    [ -s "$1/sources.list" ] || die "found no Debian archive in this machine's apt sources"
    : > "$1/status"
    {
        echo "Dir::State \"$1\";"
        echo "Dir::State::lists \"$1/lists\";"
        echo "Dir::State::status \"$1/status\";"
        echo "Dir::Cache \"$1/cache\";"
        echo "Dir::Etc::sourcelist \"$1/sources.list\";"
        echo 'Dir::Etc::sourceparts "/dev/null";'
        echo 'APT::Sandbox::User "root";'
        echo 'Acquire::Languages "none";'
        [ -z "${4:-}" ] || echo "APT::Architectures { \"$(dpkg --print-architecture)\"; \"$4\"; };"
    } > "$1/apt.conf"
    run_private_apt "$1" update -q
}
run_private_apt() {
    apt_folder=$1
    shift
    APT_CONFIG=$apt_folder/apt.conf apt-get "$@"
}

# fetch_source FOLDER SUITE PACKAGE - downloads a Debian source package, signatures checked by
# apt, into FOLDER/PACKAGE; it is not unpacked.
fetch_source() {
    private_apt "$1/apt-source" "$2" deb-src || return 1
    mkdir -p "$1/$3"
    (cd "$1/$3" && run_private_apt "$1/apt-source" source -q --download-only "$3/$2")
}

# fetch_arm64 FOLDER PACKAGE... - unpacks 64-bit Arm libraries into FOLDER, for the aarch64
# preset. Nothing is installed.
fetch_arm64() {
    arm_folder=$1
    shift
    # shellcheck disable=SC1091
    arm_suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    private_apt "$arm_folder/apt" "$arm_suite" deb arm64 || return 1
    mkdir -p "$arm_folder/debs"
    for package; do
        (cd "$arm_folder/debs" &&
            run_private_apt "$arm_folder/apt" download -q "$package:arm64") ||
            return 1
    done
    for deb in "$arm_folder"/debs/*.deb; do
        dpkg -x "$deb" "$arm_folder" || return 1
    done
}

# build_preset NAME [TARGET] - configures and builds build/NAME.
build_preset() {
    say "building the preset $1"
    cmake --preset "$1" > "build/configure-$1.log" 2>&1 || {
        cat "build/configure-$1.log" >&2
        die "could not configure the preset $1"
    }
    cmake --build --preset "$1" ${2:+--target "$2"} || die "could not build the preset $1"
}
