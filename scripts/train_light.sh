#!/bin/sh
# Train the five light networks, one after another, on one thread; about an hour on one Zen 5 core.
#     scripts/train_light.sh PICTURES RUNS
# Each run is a folder in RUNS and ends with NAME.onnx and NAME.json in it. Kill it at any time: the same command resumes.
set -e
pictures=$1
runs=$2
data="260 photographs, nearly all 512 x 512, every 20th held out: CID22's training set (CC BY-SA 4.0) and wallpapers of deepin, \
Budgie, MATE, Ubuntu MATE, elementary, Pop!_OS, KDE and photo-stream (Unsplash, CC0, CC BY, CC BY-SA, GPL, LGPL)"
run() {
    name=$1
    shift
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --data "$data" \
        --threads 1 "$@" \
        2> "$runs/$name.log" || { tail -n 3 "$runs/$name.log"; exit 1; }
}
mkdir -p "$runs"
others="jpeg:10-100*2,jpeg:20-70*2,flat:6-60*3,webp:20-95*0.7,none*0.2"
all="jpeg:10-100*2,jpeg:20-70*2,flat:6-60*1,ours:fidelity:0.4-2.5*2,webp:20-95*0.7,none*0.2"
run sr-x4-base       --task sr-x4      --network arsr     --codecs "$others" --steps 15000 --patch 48
run denoise-25-base  --task denoise-25 --network artefact --codecs "$others" --steps 16000 --patch 96
run deblur-1.5-light --task deblur-1.5 --network artefact --codecs "$all" --steps 9000 --patch 96
fine="jpeg:10-98*3,jpeg:20-60*2,jpeg444:10-98*0.7,flat:2-60*1,ours:fidelity:0.3-4*2,ours:sr-x4:0.5-4*0.5,webp:20-98*1"
fine="$fine,jpeg:10-95+jpeg:30-98*0.7,none*0.2"
run dejpeg-light     --task dejpeg     --network artefact --codecs "$fine" --steps 12000 --patch 96 --relative --mse-from 0 \
    --version 2
small="jpeg:10-100*2,jpeg:20-70*1,jpeg444:20-98*1,flat:4-60*1,ours:fidelity:0.3-2.5*2,ours-webp:fidelity:0.3-2*0.5,webp:20-95*0.7,none*0.4"
run sr-x2-base       --task sr-x2      --network rep --set layers=6 --codecs "$small,ours:sr-x2:0.3-2*3" --steps 6000 --patch 64 --relative \
    --mse-from 0 --version 2
# Half of our files are steered, by the sr-x2-light that is installed: with version 2 came version 3, and with that one
# version 4 (train_quality.sh).
run sr-x2-light      --task sr-x2      --network rep --set layers=6 --codecs "$small,ours:sr-x2:0.3-2*2,steered:sr-x2:0.3-2*2" --steps 3000 \
    --patch 64 --rate 5e-4 --relative --mse-from 0 --version 3 --start-from "$runs/sr-x2-base/checkpoint.pt"
run sr-x4-light      --task sr-x4      --network arsr     --codecs "$all" --steps 3000 --patch 48 --rate 3e-4 --mse-from 0 \
    --start-from "$runs/sr-x4-base/checkpoint.pt"
noisy="jpeg:10-100*2,jpeg:15-50*3,flat:6-60*0.5,ours:denoise-25:0.6-2.5*2,webp:20-95*0.5,none*0.2"
run denoise-25-light --task denoise-25 --network artefact --codecs "$noisy" --steps 8000 --patch 96 --rate 5e-4 --mse-from 0 \
    --start-from "$runs/denoise-25-base/checkpoint.pt"
worth() {
    "${PYTHON:-python}" "$(dirname "$0")/worth.py" "$pictures" "$runs/$1/$1.onnx" --side "$2"
}
worth dejpeg-light 256
worth sr-x2-light 512
worth sr-x4-light 512
