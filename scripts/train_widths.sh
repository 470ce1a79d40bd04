#!/bin/sh
# Every architecture at three widths, the same number of steps for each width: how width trades PSNR against work.
#     scripts/train_widths.sh PICTURES RUNS [NETWORK...]
# A few hours on one Zen 5 core for all ten; TIMES=10 trains ten times as long. Finished widths are skipped and
# an interrupted one goes on from its checkpoint. Score them with:
#     python benches/networks.py EVAL RUNS/*/*.onnx --sets set14 --json widths.json --plot widths.png
set -e
pictures=$1
runs=$2
shift 2
chosen=" ${*:-edsr arsr ircnn dncnn carn fsrcnn mimounet ffdnet latticenet swinir} "
run() {
    name=$1
    shift
    [ -e "$runs/$name/$name.onnx" ] && return
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --batch 8 \
        --every 500 --slots 48 --codecs jpeg:20-90 "$@" 2> "$runs/$name.log" ||
        { tail -n 3 "$runs/$name.log"; exit 1; }
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
widths edsr       sr-x4      32 4000  channels "8 16 32" --rate 4e-4
widths latticenet sr-x4      32 3500  channels "8 16 32" --rate 4e-4
widths swinir     sr-x4      32 1000  channels "12 24 36" --set groups=2 --set layers=2 --rate 4e-4
widths dncnn      denoise-25 64 3000  channels "8 16 32" --rate 4e-4
widths mimounet   deblur-1.5 64 1200  channels "4 8 16" --set blocks=2 --rate 4e-4
widths arsr       sr-x4      32 4000 layers   "5 8 11"
widths ffdnet     denoise-25 64 6000  channels "16 32 64" --rate 4e-4
widths ircnn      deblur-1.5 64 6000  channels "8 16 32" --rate 4e-4
widths carn       sr-x4      32 1500  channels "12 20 36" --rate 4e-4
widths fsrcnn     sr-x4      32 6000 channels "16 36 56"
