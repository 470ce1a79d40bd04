#!/bin/sh
# Every architecture at three to five widths, the full one first, on Pillow's JPEG alone, the same number of steps for
# each width: how width trades PSNR against work, and what work our files save (docs/results/table-1.md, table-2.md).
#     scripts/train_widths.sh PICTURES RUNS [NETWORK...]
# About three hours of one core for all ten; TIMES=10 trains ten times as long. Finished widths are skipped and an
# interrupted one goes on from its checkpoint; RUNS/times.txt gets the seconds of each. Score them with:
#     python -m benches.paper --data DATA --runs RUNS --table 1 --table 2
#     python benches/networks.py EVAL RUNS/*/*.onnx --sets set14 --json widths.json --plot widths.png
set -e
pictures=$1
runs=$2
shift 2
chosen=" ${*:-fsrcnn edsr ffdnet ircnn latticenet dncnn mimounet carn swinir arsr} "
run() {
    name=$1
    shift
    [ -e "$runs/$name/$name.onnx" ] && return
    start=$(date +%s)
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --batch 8 \
        --every 500 --slots 48 --codecs jpeg:20-90 "$@" 2> "$runs/$name.log" ||
        { tail -n 3 "$runs/$name.log"; exit 1; }
    echo "$name $(($(date +%s) - start))" >> "$runs/times.txt"
}
widths() {
    network=$1 task=$2 patch=$3 steps=$(($4 * ${TIMES:-1})) parameter=$5 values=$6
    shift 6
    case $chosen in *" $network "*) ;; *) return ;; esac
    for value in $values; do
        run "$network-$value" --network "$network" --task "$task" --patch "$patch" --set "$parameter=$value" \
            --steps "$steps" "$@"
    done
}
mkdir -p "$runs"
# Crop, steps and widths. Wide stacks without normalisation stand no higher rate.
widths fsrcnn     sr-x4      32 2500 channels "56 16 4"
widths edsr       sr-x4      32 1200 channels "32 16 8 4 2" --rate 4e-4
widths ffdnet     denoise-25 64 1200 channels "64 40 32 16 8" --rate 4e-4
widths ircnn      deblur-1.5 64 1500 channels "64 56 48 40 36 32 28 26 24 22 20 16 8 4" --rate 4e-4
widths latticenet sr-x4      32 1200 channels "32 8 4" --rate 4e-4
widths dncnn      denoise-25 64 800  channels "32 24 16 8" --rate 4e-4
widths mimounet   deblur-1.5 64 600  channels "32 24 20 16 14 12 10 8 4" --set blocks=2 --rate 4e-4
widths carn       sr-x4      32 1000 channels "36 12 4" --rate 4e-4
widths swinir     sr-x4      32 600  channels "36 12 6" --set groups=2 --set layers=2 --rate 4e-4
widths arsr       sr-x4      32 1200 layers   "11 8 5"
