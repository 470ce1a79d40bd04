#!/bin/sh
# Every architecture at three widths, a few hundred steps each on Pillow's JPEG: how width trades PSNR against work.
#     STEPS=700 scripts/train_widths.sh PICTURES RUNS
# About half an hour at 700 steps on one Zen 5 core: far from converged, but all equally far in steps, batches and pictures.
# Score them with: python benches/networks.py EVAL RUNS/*/*.onnx --sets set14 --json widths.json --plot widths.png
set -e
pictures=$1
runs=$2
run() {
    name=$1
    shift
    [ -e "$runs/$name/$name.onnx" ] && return
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --batch 8 \
        --steps "${STEPS:-700}" --every 350 --slots 48 --codecs jpeg:20-90 "$@" 2> "$runs/$name.log" ||
        { tail -n 3 "$runs/$name.log"; exit 1; }
}
widths() {
    network=$1 task=$2 patch=$3 parameter=$4 values=$5
    shift 5
    for value in $values; do
        run "$network-$value" --network "$network" --task "$task" --patch "$patch" --set "$parameter=$value" "$@"
    done
}
mkdir -p "$runs"
widths fsrcnn     sr-x4      32 channels "16 36 56"
widths arsr       sr-x4      32 layers   "5 8 11"
widths carn       sr-x4      32 channels "16 36 64"
widths edsr       sr-x4      32 channels "16 32 64"
widths latticenet sr-x4      32 channels "16 32 64"
widths swinir     sr-x4      32 channels "12 24 36" --set groups=2 --set layers=2
widths ffdnet     denoise-25 64 channels "32 64 96"
widths dncnn      denoise-25 64 channels "16 32 64"
widths ircnn      deblur-1.5 64 channels "16 32 64"
widths mimounet   deblur-1.5 64 channels "8 16 24" --set blocks=2
