#!/bin/sh
# Every architecture at three widths, less than a minute each on one Zen 5 core: how width trades PSNR against work.
#     scripts/train_widths.sh PICTURES RUNS
# About half an hour in all: a beginning, and for the widest far from converged. TIMES=20 trains twenty times as long.
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
# Widths and steps.
widths ffdnet     denoise-25 64 channels "32:2000 64:800 96:420"
widths dncnn      denoise-25 64 channels "16:1500 32:560 64:170"
widths ircnn      deblur-1.5 64 channels "16:3000 32:1400 64:450"
widths mimounet   deblur-1.5 64 channels "8:950 16:520 24:300" --set blocks=2
widths arsr       sr-x4      32 layers   "5:2600 8:2200 11:2000"
widths edsr       sr-x4      32 channels "16:1500 32:680 64:230"
widths carn       sr-x4      32 channels "16:950 36:450 64:290"
widths fsrcnn     sr-x4      32 channels "16:2800 36:2500 56:2200"
widths swinir     sr-x4      32 channels "12:550 24:500 36:450" --set groups=2 --set layers=2
widths latticenet sr-x4      32 channels "16:800 32:500 64:230"
