#!/bin/sh
# Takes every figure of benches/README.md anew and puts the tables there.
#
#   benches/peers/all.sh SETS CACHE
#
# SETS holds a folder a set, with train.jsonl and test.jsonl, p20k and p200k among them; CACHE keeps the
# accuracy figures of the peers from one time to the next (empty it to choose their options anew).
# Run from the repository's root after `cargo build --release`; PYTHON names the interpreter that has
# requirements.txt installed. Speed comes first, for it wants a quiet machine.
set -eu
sets=$1 cache=$2 here=benches/peers python=${PYTHON:-python3}

"$python" $here/speed.py --raw $here/speed.json --readme benches/README.md \
    --set p20k "$sets/p20k/train.jsonl" "$sets/p20k/test.jsonl" \
    --set p200k "$sets/p200k/train.jsonl" "$sets/p200k/test.jsonl" >/dev/null
"$python" $here/accuracy.py --raw $here/accuracy.json --readme benches/README.md \
    --cache "$cache" --again demarche --fixed p200k "$sets"/*/ >/dev/null
