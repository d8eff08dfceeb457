#!/bin/sh
# reader.py, which knows docs/pfs.md only, reads what Nacre writes, and notices what Nacre notices.
# shellcheck source=tests/pfs/common disable=SC1091
. "$(dirname "$0")/common"

key=$work/key
new_key > "$key"

# make NAME - a new volume, in a folder of that name.
make() { mkdir "$work/$1" && pfs_volume create "$key" "$work/$1"; }

# read_back NAME - what is in it, as a new tree $work/NAME.out.
read_back() {
    rm -rf "$work/$1.out"
    reader extract "$key" "$work/$1/nacre.pfs" "$work/$1.out"
}

# --- Everything that there is ---

check 'a new volume' make large
check 'nothing in it' reader check "$key" "$work/large/nacre.pfs"
tree=$work/tree
small_tree "$tree"
seq 1 1500000 > "$tree/much"
mkdir "$tree/names" "$tree/long names"
(cd "$tree/names" && seq 1 1500 | xargs touch)
(cd "$tree/long names" && seq -f %0255g 1 4500 | xargs touch)
check 'much is put into it' pfs_volume put "$key" "$work/large" "$tree"
describe "$tree" > "$work/large.txt"
check 'it is read' read_back large
check 'what comes out is what was put in' same "$work/large.out" "$work/large.txt"

# --- Other keys, and another key of the volume ---

nacre() { HOME='' XDG_STATE_HOME='' "$NACRE" pfs "$@"; }
echo 'correct horse' > "$work/phrase"
check 'a recipient' nacre keygen "$work/recipient"
check 'may open it' nacre rekey --key "$key" --add --to "$work/recipient.pub" "$work/large"
reader extract "$work/recipient" "$work/large/nacre.pfs" "$work/recipient.out"
check 'and finds the same' same "$work/recipient.out" "$work/large.txt"
check 'a passphrase may' \
    nacre rekey --key "$key" --add --to-passphrase "$work/phrase" "$work/large"
if "$python" -c 'import cryptography.hazmat.primitives.kdf.argon2' 2> /dev/null; then
    check 'and opens it' reader check "passphrase:$work/phrase" "$work/large/nacre.pfs"
    echo 'correct house' > "$work/typo"
    check 'and no other' fails reader check "passphrase:$work/typo" "$work/large/nacre.pfs"
fi
check 'another key' nacre rekey --key "$key" --to "$key" "$work/large"
check 'it is read' read_back large
check 'and it is the same' same "$work/large.out" "$work/large.txt"
check 'others are out' fails reader check "$work/recipient" "$work/large/nacre.pfs"

# --- A file that is larger than the disk ---

check 'a volume for it' make far
mkdir "$work/far.in"
for block in 7 1000000 300000000; do at "$block" "$work/far.in/far"; done
check 'it is put there' pfs_volume put "$key" "$work/far" "$work/far.in"
check 'it is read' read_back far
# compare BLOCK - the bytes there, and some of the hole before.
compare() {
    for name in in out; do
        dd if="$work/far.$name/far" of="$work/far.$name.piece" bs=4096 skip="$(($1 - 2))" count=4 \
            status=none
    done
    cmp "$work/far.in.piece" "$work/far.out.piece"
}
for block in 7 1000000 300000000; do check "its block $block" compare "$block"; done
check 'its size' [ "$(stat -c %s "$work/far.out/far")" = "$(stat -c %s "$work/far.in/far")" ]
check 'its holes are holes' [ "$(stat -c %b "$work/far.out/far")" -lt 1000 ]

# --- What was damaged ---

check 'a small volume' make small
small_tree "$work/small.in"
check 'it is filled' pfs_volume put "$key" "$work/small" "$work/small.in"
check 'it crashes' change_volume "$key" "$work/small" "$work/small.in"
volume=$work/small/nacre.pfs
cp "$volume" "$work/good"
describe "$work/small.in" > "$work/small.txt"
check 'it is read after a crash' read_back small
check 'what is left is what was left' same "$work/small.out" "$work/small.txt"
reader check "$key" "$volume" > "$work/output"
check 'there are orphans' grep -q ' 2 orphans' "$work/output"
new_key > "$work/other"
check 'another key' fails reader check "$work/other" "$volume"
reader check "$work/other" "$volume" 2> "$work/output"
check 'it says that it is the key' grep -q 'the key does not open it' "$work/output"

# both WHAT - do Nacre and the reader find the same in the volume as it is now?
opened=0
refused=0
both() {
    rm -rf "$work/nacre.out" "$work/small.out"
    pfs_volume get "$key" "$work/small" "$work/nacre.out" 2> "$work/output"
    status=$?
    read_back small 2>> "$work/output"
    check "the reader says the same of $1" [ "$?" = "$status" ]
    check "and says what it is in $1" fails grep -q Traceback "$work/output"
    if [ "$status" = 0 ]; then
        opened=$((opened + 1))
        describe "$work/nacre.out" > "$work/nacre.txt"
        check "and finds the same in $1" same "$work/small.out" "$work/nacre.txt"
    else
        refused=$((refused + 1))
    fi
    cp "$work/good" "$volume"
}

both 'what is whole'
# One block of each kind and level.
reader blocks "$key" "$volume" > "$work/blocks"
sed -E 's/^([0-9]+) ([a-z]+)( [0-9]+ level ([0-9]+).*)?$/\1 \2\4/' "$work/blocks" |
    sort -k 2,2 -u > "$work/kinds"
while read -r block kind; do
    flip "$volume" $((block * 4096 + 100))
    both "$kind, block $block, changed"
done < "$work/kinds"
for block in 1 2; do
    flip "$volume" $((block * 4096 + 100))
    both "root $block changed"
done
flip "$volume" 100
flip "$volume" $((3 * 4096 + 100))
both 'two headers changed'
flip "$volume" $((1 * 4096 + 100))
flip "$volume" $((2 * 4096 + 100))
both 'two roots changed'
truncate -s $((40 * 4096)) "$volume"
both 'a volume that was cut short'
check 'kinds of blocks were tried' [ "$(wc -l < "$work/kinds")" -ge 13 ]
check 'some were healed' [ "$opened" -ge 4 ]
check 'most were refused' [ "$refused" -ge 8 ]

conclude
