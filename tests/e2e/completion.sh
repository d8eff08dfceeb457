#!/bin/sh
# What bash offers for command lines: the script of `nacre help --completion`, called as bash
# calls it, with the line cut into words at '=' and ':' too.
set -eu
command -v bash > /dev/null || { echo "MISSING: no bash"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir folder
touch app.wasm file.txt
"$NACRE" help --completion > script

cat > cases <<'END'
nacre |val                           => validate
nacre |--v                           => --version
nacre |-                             => -h --help -V --version
nacre run |                          => app.wasm cases driver file.txt folder script
nacre run |-p                        =>
nacre run |-d                        => -d
nacre run |--di                      => --dir
nacre |co                            => compile
nacre run |--prof                    => --profile
nacre run --profile |a               => app.wasm
nacre run --dir |f                   => folder
nacre run -d |f                      => folder
nacre run --dir |                    => folder
nacre run --dir |=                   => folder
nacre run --dir = |f                 => folder
nacre run --dir folder :: |f         =>
nacre run --dir folder :: /x : ro |a => app.wasm
nacre run --env |f                   =>
nacre run -e A = b |a                => app.wasm
nacre run --preload |f               =>
nacre run --preload env = |f         => file.txt folder
nacre run --preload env = app.wasm | => app.wasm cases driver file.txt folder script
nacre run --image |f                 => file.txt folder
nacre run --image a --dir |f         => folder
nacre compile -o |f                  => file.txt folder
nacre compile --sign key |a          => app.wasm
nacre cache |--m                     => --max-size
nacre tee --key |f                   => file.txt folder
nacre tee sign |--he                 => --heap --heap-max --help
nacre tee sign |f                    => file.txt folder
nacre run --fuel |                   =>
nacre run --fuel = 100 |a            => app.wasm
nacre run app.wasm |f                =>
nacre run app.wasm |-                =>
nacre run --fuel 1 app.wasm --x |f   =>
nacre validate app.wasm |f           => file.txt folder
nacre spec |--e                     => --explicit
nacre validate |-                   => --json --wasm -h --help
nacre help |in                       => inspect
nacre unknown |                      =>
END

# A '|' stands before the word that is completed.
cat > driver <<'END'
. ./script
compopt() { :; }
failed=0 passed=0
while IFS= read -r line; do
    wanted=${line##*=>}
    read -ra COMP_WORDS <<< "${line%%=> *}"
    [[ $line == *'=>' ]] && read -ra COMP_WORDS <<< "${line%%=>}"
    for ((COMP_CWORD = 0; COMP_CWORD < ${#COMP_WORDS[@]}; COMP_CWORD++)); do
        [[ ${COMP_WORDS[COMP_CWORD]} == '|'* ]] && break
    done
    COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]#|}
    _nacre
    got=$(printf '%s\n' "${COMPREPLY[@]}" | tr -d - | sort | tr '\n' ' ')
    wanted=$(printf '%s\n' $wanted | tr -d - | sort | tr '\n' ' ')
    if [[ $got == "$wanted" ]]; then
        ((++passed))
    else
        echo "FAILED: $line: ${COMPREPLY[*]}"
        ((++failed))
    fi
done < cases
echo "$passed passed, $failed failed, 0 skipped"
exit $((failed > 0))
END
bash driver
