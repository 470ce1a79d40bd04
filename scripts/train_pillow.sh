#!/bin/sh
# The light networks' architectures trained on Pillow's JPEG alone: receivers that know nothing of this project. Profiles
# are judged with them (benches/transfer.py), and denoise-25 was also built with one.
#     scripts/train_pillow.sh PICTURES RUNS
# About twenty minutes on one Zen 5 core. Finished networks are skipped and an interrupted one goes on.
set -e
pictures=$1
runs=$2
run() {
    name=$1
    shift
    [ -e "$runs/$name/$name.onnx" ] && return
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --threads 1 \
        --codecs jpeg:10-100 "$@" 2> "$runs/$name.log" || { tail -n 3 "$runs/$name.log"; exit 1; }
}
mkdir -p "$runs"
run denoise-25-pillow --task denoise-25 --network artefact --steps 5000 --patch 96
run deblur-1.5-pillow --task deblur-1.5 --network artefact --steps 3500 --patch 96
run sr-x4-pillow      --task sr-x4      --network arsr     --steps 5000 --patch 48
