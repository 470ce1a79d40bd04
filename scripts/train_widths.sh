#!/bin/sh
# Every architecture at three widths, about half a minute each on one Zen 5 core: how width trades PSNR against work.
#     scripts/train_widths.sh PICTURES RUNS
# About 25 minutes in all: a beginning, and for the widest far from converged. TIMES=40 trains forty times as long.
# Score them with: python benches/networks.py EVAL RUNS/*/*.onnx --sets set14 --json widths.json --plot widths.png
set -e
pictures=$1
runs=$2
run() {
    name=$1
    shift
    [ -e "$runs/$name/$name.onnx" ] && return
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --batch 8 \
        --every 1000000 --slots 48 --codecs jpeg:20-90 "$@" 2> "$runs/$name.log" ||
        { tail -n 3 "$runs/$name.log"; exit 1; }
}
widths() {
    network=$1 task=$2 patch=$3 parameter=$4 values=$5
    shift 5
    for value in $values; do
        width=${value%:*}
        run "$network-$width" --network "$network" --task "$task" --patch "$patch" --set "$parameter=$width" \
            --steps $((${value#*:} * ${TIMES:-1})) "$@"
    done
}
mkdir -p "$runs"
# Widths and steps. Wide stacks without normalisation stand no higher rate.
widths edsr       sr-x4      32 channels "16:900 32:420 64:150" --rate 4e-4
widths arsr       sr-x4      32 layers   "5:1600 8:1400 11:1200"
widths ircnn      deblur-1.5 64 channels "16:1800 32:850 64:280" --rate 4e-4
widths dncnn      denoise-25 64 channels "16:900 32:350 64:120" --rate 4e-4
widths carn       sr-x4      32 channels "16:600 36:290 64:180" --rate 4e-4
widths fsrcnn     sr-x4      32 channels "16:1700 36:1500 56:1300"
widths mimounet   deblur-1.5 64 channels "8:600 16:330 24:190" --set blocks=2 --rate 4e-4
widths ffdnet     denoise-25 64 channels "32:1200 64:500 96:300" --rate 4e-4
widths latticenet sr-x4      32 channels "16:500 32:320 64:150" --rate 4e-4
widths swinir     sr-x4      32 channels "12:300 24:270 36:240" --set groups=2 --set layers=2 --rate 4e-4
