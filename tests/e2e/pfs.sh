#!/bin/sh
# Volumes of protected files by the command: made, filled, looked into, checked, granted; and what
# is said of those that were changed, or that the key does not open.
. "$(dirname "$0")/common"
need sqlite.wasm
cd "$work" || exit 1

# refuses TEXT COMMAND... - it fails, and says so.
refuses() {
    text=$1
    shift
    if "$@" > out 2> errors; then fail "passed: $*"; fi
    grep -q -- "$text" errors || fail "'$*' says: $(cat errors)"
}
pfs() { "$NACRE" pfs "$@"; }
sqlite() { "$NACRE" run --protected --key key --dir "volume::/d" "$NACRE_GUESTS/sqlite.wasm" \
    -batch /d/t.db "$@"; }

# --- From outside ---

mkdir volume other tree tree/below
pfs create --new-key key volume || fail "no volume"
[ "$(stat -c %a key)" = 600 ] || fail "others can read the key"
head -c 300000 /dev/urandom > tree/random
: > tree/empty
echo text > tree/below/text
ln -s ../random tree/below/link
pfs put --key key volume::tree tree || fail "put fails"
pfs ls --key key volume::tree | sort > out
printf 'below/\nempty\nrandom\n' | cmp -s - out || fail "ls: $(cat out)"
pfs ls -l --key key volume::tree/below | grep -q '^l .* link -> ../random$' || fail "no link"
pfs ls -l --key key volume::tree/random | grep -q '^-  *300000 20..-..-..T..:..:..Z random$' ||
    fail "ls -l of a file: $(pfs ls -l --key key volume::tree/random)"
pfs cat --key key volume::tree/random | cmp - tree/random || fail "cat gives something else"
echo again | pfs put --key key volume::/tree/below/text || fail "put from standard input fails"
[ "$(pfs cat --key key volume::tree/below/text)" = again ] || fail "the old text"
pfs check --key key volume > out || fail "check: $(cat out)"
grep -q '^3 files, 3 directories, 1 links; 300006 bytes in files' out || fail "check: $(cat out)"

for text in random below again; do
    if grep -q "$text" volume/nacre.pfs; then fail "the host can read '$text'"; fi
done

# --- What can't be ---

refuses 'which key' pfs ls volume
refuses 'one key' pfs ls --key key --passphrase key volume
refuses 'for create' pfs ls --new-key new volume
refuses 'which volume' pfs check --key key
refuses 'which file' pfs cat --key key volume
refuses 'create, ls, cat, put' pfs sing volume
refuses 'not a key' pfs ls --key tree/random volume
refuses 'is for rekey\|are for rekey' pfs ls --add --key key volume
refuses 'File exists' pfs create --key key volume
refuses 'No such file' pfs create --new-key useless nowhere
[ ! -e useless ] || fail "a key of no volume was left"
refuses 'No such file' pfs ls --key key other
refuses 'No such file' pfs cat --key key volume::tree/none
refuses 'Is a directory' pfs cat --key key volume::tree
refuses 'Not a directory' pfs cat --key key volume::tree/empty/more
refuses 'symbolic links' pfs cat --key key volume::tree/below/link
refuses 'Invalid argument' pfs cat --key key volume::tree/../tree/empty
refuses 'Is a directory' pfs put --key key volume tree/empty
mkdir third && pfs create --new-key wrong third || fail "no third volume"
refuses 'the key does not open it' pfs ls --key wrong volume
refuses 'which key\|what opens' "$NACRE" run --protected --dir volume "$NACRE_GUESTS/sqlite.wasm"
refuses 'No such file' "$NACRE" run --protected --key key --dir other "$NACRE_GUESTS/sqlite.wasm"

# --- From inside ---

sqlite 'create table t(a); insert into t values (1), (2)' || fail "SQLite fails"
[ "$(sqlite 'select sum(a) from t')" = 3 ] || fail "SQLite found something else"
"$NACRE" run --key key --dir volume::/d:ro:protected "$NACRE_GUESTS/sqlite.wasm" -batch \
    -readonly 'file:/d/t.db?immutable=1' 'select count(*) from t' > out ||
    fail "SQLite fails with :protected"
[ "$(cat out)" = 2 ] || fail "SQLite found something else with :protected"
if "$NACRE" run --protected --key key --dir volume::/d:ro "$NACRE_GUESTS/sqlite.wasm" -batch \
    /d/t.db 'insert into t values (3)' > out 2>&1; then fail "it was granted for reading"; fi
grep -q 'readonly' out || fail "written: $(cat out)"
pfs check --key key volume > out || fail "check: $(cat out)"

# --- What was changed ---

size=$(stat -c %s volume/nacre.pfs)
cp volume/nacre.pfs whole
# A block of the large file, which nobody needs to open the volume.
for block in $(seq 8 8 $((size / 4096 - 1))); do
    printf 'X' | dd of=volume/nacre.pfs bs=1 seek=$((block * 4096 + 77)) conv=notrunc 2> /dev/null
done
refuses 'problems\|damaged\|can' pfs check --key key volume
cp whole volume/nacre.pfs
printf 'X' | dd of=volume/nacre.pfs bs=1 seek=100 conv=notrunc 2> /dev/null
pfs check --key key volume > /dev/null || fail "the second header does not serve"
printf 'X' | dd of=volume/nacre.pfs bs=1 seek=$((3 * 4096 + 100)) conv=notrunc 2> /dev/null
refuses 'does not open it\|damaged' pfs ls --key key volume
head -c $((size / 2)) whole > volume/nacre.pfs
refuses 'cut short\|damaged\|problems' pfs check --key key volume
cp whole volume/nacre.pfs
pfs check --key key volume > out || fail "check: $(cat out)"

# --- Other keys ---

echo 'correct horse' > phrase
mkdir spoken
pfs create --passphrase phrase spoken || fail "no volume with a passphrase"
pfs put --passphrase phrase spoken::tree tree || fail "put fails with a passphrase"
printf 'correct horse' > phrase
pfs cat --passphrase phrase spoken::tree/random | cmp - tree/random || fail "another phrase"
echo 'correct horses' > phrase2
refuses 'the key does not open it' pfs ls --passphrase phrase2 spoken
: > nothing
refuses 'an empty passphrase' pfs ls --passphrase nothing spoken

pfs keygen gateway || fail "no key of a recipient"
refuses 'File exists' pfs keygen gateway
refuses 'none for keygen' pfs keygen --key key gateway2
pfs rekey --passphrase phrase --add --to gateway.pub spoken || fail "a recipient is not added"
pfs keys --passphrase phrase spoken > out
printf '1 passphrase (opened it)\n2 recipient\n' | cmp -s - out || fail "keys: $(cat out)"
cp -r spoken moved
pfs cat --key gateway moved::tree/random | cmp - tree/random || fail "the recipient can't read it"
refuses 'only a secret one opens' pfs ls --key gateway.pub moved
pfs rekey --passphrase phrase --to key --to-passphrase phrase2 spoken || fail "rekey fails"
refuses 'does not open it' pfs ls --passphrase phrase spoken
refuses 'does not open it' pfs ls --key gateway spoken
pfs cat --key key spoken::tree/random | cmp - tree/random || fail "another text by the new key"
pfs check --passphrase phrase2 spoken > out || fail "check: $(cat out)"
pfs rekey --key key --drop 2 spoken || fail "a key is not dropped"
refuses 'does not open it' pfs ls --passphrase phrase2 spoken
refuses 'nobody\|open' pfs rekey --key key --drop 1 spoken
pfs rekey --key key spoken || fail "rekey for the same key fails"
pfs check --key key spoken > out || fail "check: $(cat out)"

# --- Rolled back, or used twice ---

cp volume/nacre.pfs old
echo more | pfs put --key key volume::more || fail "put fails"
cp volume/nacre.pfs new
cp old volume/nacre.pfs
refuses 'rolled back' pfs ls --key key volume
refuses 'rolled back' sqlite 'select 1'
refuses "the counter .* can't be made" env XDG_STATE_HOME=/dev/null "$NACRE" pfs put --key key \
    volume::more /dev/null
refuses "the counter .* can't be made" env XDG_STATE_HOME=/dev/null "$NACRE" pfs create --key key \
    other
# Elsewhere nobody has seen the new one.
XDG_STATE_HOME=$work/elsewhere "$NACRE" pfs check --key key volume > out ||
    fail "check: $(cat out)"
cp new volume/nacre.pfs
mkfifo stay
"$NACRE" run --protected --key key --dir volume::/d "$NACRE_GUESTS/sqlite.wasm" -batch /d/t.db \
    < stay > out 2>&1 &
exec 3> stay
echo 'insert into t values (7); select "there";' >&3
until grep -q there out; do sleep 0.05; done
refuses 'another process has the volume open' pfs ls --key key volume
exec 3>&-
wait $! || fail "the first program fails: $(cat out)"
[ "$(sqlite 'select sum(a) from t')" = 10 ] || fail "SQLite lost something"
