#!/bin/sh
# Volumes of every version of the format, as they were written when it was new: Nacre and reader.py
# read them for ever. golden/N.pfs.gz is the one of version N, which golden/N.key opens, and
# golden/N.txt describes what is in it.
#
#   golden.sh make N    makes one, by common's small_tree and change_volume
# shellcheck source=tests/pfs/common disable=SC1091
. "$(dirname "$0")/common"

make() {
    mkdir "$work/volume"
    new_key > "$here/golden/$1.key"
    small_tree "$work/tree"
    pfs_volume create "$here/golden/$1.key" "$work/volume" &&
        pfs_volume put "$here/golden/$1.key" "$work/volume" "$work/tree" &&
        change_volume "$here/golden/$1.key" "$work/volume" "$work/tree" &&
        describe "$work/tree" > "$here/golden/$1.txt" &&
        gzip -9n < "$work/volume/nacre.pfs" > "$here/golden/$1.pfs.gz"
}

if [ "${1:-}" = make ]; then
    make "$2"
    exit
fi

for described in "$here"/golden/*.txt; do
    version=$(basename "$described" .txt)
    volume=$work/$version
    key=$here/golden/$version.key
    mkdir "$volume"
    gzip -dc "$here/golden/$version.pfs.gz" > "$volume/nacre.pfs"
    check "Nacre opens version $version" pfs_volume get "$key" "$volume" "$work/nacre.out"
    check "Nacre reads version $version" same "$work/nacre.out" "$described"
    check "the reader opens version $version" \
        reader extract "$key" "$volume/nacre.pfs" "$work/reader.out"
    check "the reader reads version $version" same "$work/reader.out" "$described"
    # And Nacre writes to it.
    check "Nacre changes version $version" pfs_volume remove "$key" "$volume" text
    check "version $version is whole then" reader check "$key" "$volume/nacre.pfs"
    rm -rf "$work/nacre.out" "$work/reader.out"
done

conclude
