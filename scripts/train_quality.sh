#!/bin/sh
# Train what files for sr-x4 and sr-x2 are restored by, sr-x4-clean, which guards those that are steered for sr-x4, and
# sr-x2-light, by whose gradient those for sr-x2 are steered.
#     scripts/train_quality.sh PICTURES RUNS [NAME...]
# The base runs took three minutes of an H100, both at a time (WORKERS=5), on copies of the pictures with
# errors of 0.7 to 2 levels (cwebp -near_lossless 40 to 60), as the originals didn't fit through; a core of an AVX-512
# server takes about two hours for the base runs (1 and 0.3 s a step). The others took 4 to 20 minutes of such a core,
# the last ones, sr-x4-second, sr-x4 and sr-x2, 100, 58 and 78 of two (they began with version 2, which the runs before
# them give).
# Each run is a folder in RUNS and ends with NAME.onnx and NAME.json in it. Kill it at any time: the same command resumes.
# Base runs begin with the networks that are installed, which also steer files: version 2 of sr-x4 came of version 1.
set -e
pictures=$1
runs=$2
shift 2
chosen=" ${*:-sr-x4-clean sr-x4-base sr-x2-base sr-x4-first sr-x4-second sr-x4 sr-x2-light sr-x2-first sr-x2} "
networks=$(dirname "$0")/../profiles/networks
data="260 photographs, nearly all 512 x 512, every 20th held out: CID22's training set (CC BY-SA 4.0) and wallpapers of deepin, \
Budgie, MATE, Ubuntu MATE, elementary, Pop!_OS, KDE and photo-stream (Unsplash, CC0, CC BY, CC BY-SA, GPL, LGPL)"
run() {
    name=$1
    shift
    case $chosen in *" $name "*) ;; *) return ;; esac
    [ -e "$runs/$name/$name.onnx" ] && return
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --data "$data" \
        --threads 1 --workers "${WORKERS:-1}" --network rep "$@" \
        2> "$runs/$name.log" || { tail -n 3 "$runs/$name.log"; exit 1; }
}
mkdir -p "$runs"
others="jpeg:10-100*2,jpeg:20-70*2,flat:6-60*1,webp:20-95*0.7,none*0.2"
small="jpeg:10-100*2,jpeg:20-70*1,jpeg444:20-98*1,flat:4-60*1,webp:20-95*0.7,none*0.4"
run sr-x4-clean     --task sr-x4 --codecs none --rate 1e-3 --steps 4000 --batch 16 --patch 48 --every 2000 --set layers=3
run sr-x4-base      --task sr-x4 --codecs "$others" --steps 3800 --batch 64 --patch 64 --slots 384 --every 2500 \
    --relative --mse-from 0 --start-from "$networks/sr-x4.onnx" --set layers=13
run sr-x2-base      --task sr-x2 --codecs "$small" --steps 6200 --batch 64 --patch 64 --slots 256 --every 2500 \
    --relative --mse-from 0 --start-from "$networks/sr-x2-light.onnx" --set layers=6
run sr-x4-first --task sr-x4 --version 2 --rate 4e-4 --steps 3000 --batch 16 --patch 64 --every 500 \
    --codecs "$others,ours:fidelity:0.4-2.5*1,ours:sr-x4:0.5-2.5*2,steered:sr-x4:0.5-2.5*1" \
    --relative --mse-from 0 --start-from "$runs/sr-x4-base/checkpoint.pt" --set layers=13
run sr-x2-light --task sr-x2 --version 4 --rate 4e-4 --steps 4500 --batch 16 --patch 64 --every 500 \
    --codecs "$small,ours:fidelity:0.3-2.5*2,ours:sr-x2:0.3-2*2,steered:sr-x2:0.3-2*2,ours-webp:fidelity:0.3-2*0.5" \
    --relative --mse-from 0 --start-from "$runs/sr-x2-base/checkpoint.pt" --set layers=6
run sr-x2-first --task sr-x2 --version 2 --rate 4e-4 --steps 2500 --batch 16 --patch 64 --every 500 \
    --codecs "$small,ours:fidelity:0.3-2.5*2,ours:sr-x2:0.3-2*3,steered:sr-x2:0.3-2*1,ours-webp:fidelity:0.3-2*0.5" \
    --relative --mse-from 0 --start-from "$runs/sr-x2-light/checkpoint.pt" --set layers=13
run sr-x4-second --task sr-x4 --version 3 --rate 5e-4 --steps 12000 --batch 32 --patch 64 --every 1000 --slots 384 \
    --codecs "$others,ours:fidelity:0.4-2.5*1,ours:sr-x4:0.5-2.5*2.5,steered:sr-x4:0.5-2.5*2.5" \
    --relative --mse-from 0 --start-from "$runs/sr-x4-first/checkpoint.pt" --set layers=13
run sr-x4       --task sr-x4 --version 4 --rate 5e-4 --steps 7000 --batch 32 --patch 64 --every 500 --slots 384 --smallest 0.4 \
    --codecs "$others,ours:fidelity:0.4-2.5*1,ours:sr-x4:0.5-2.5*2.5,steered:sr-x4:0.5-2.5*2.5" \
    --relative --mse-from 0 --start-from "$runs/sr-x4-second/checkpoint.pt" --set layers=13
longer="jpeg:10-100*1.5,jpeg:20-70*1,jpeg444:20-98*0.7,flat:4-60*1,webp:20-95*0.7,none*0.4"
run sr-x2       --task sr-x2 --version 3 --rate 5e-4 --steps 12000 --batch 32 --patch 64 --every 1000 --slots 256 \
    --codecs "$longer,ours:fidelity:0.3-2.5*2,ours:sr-x2:0.3-2*2.5,steered:sr-x2:0.3-2*3,ours-webp:fidelity:0.3-2*0.5" \
    --relative --mse-from 0 --start-from "$runs/sr-x2-first/checkpoint.pt" --set layers=13
for name in sr-x4 sr-x2-light sr-x2; do
    case $chosen in *" $name "*) "${PYTHON:-python}" "$(dirname "$0")/worth.py" "$pictures" "$runs/$name/$name.onnx" --side 512 ;; esac
done
