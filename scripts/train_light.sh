#!/bin/sh
# Train the five light networks, one after another, on one thread; about an hour and a quarter on one Zen 5 core.
#     scripts/train_light.sh PICTURES RUNS
# Each run is a folder in RUNS and ends with NAME.onnx and NAME.json in it. Kill it at any time: the same command resumes.
set -e
pictures=$1
runs=$2
run() {
    name=$1
    shift
    nice -n 19 "${PYTHON:-python}" -m accelir.training.cli "$pictures" "$runs/$name" --export "$name" --threads 1 "$@" \
        2> "$runs/$name.log" || { tail -n 3 "$runs/$name.log"; exit 1; }
}
mkdir -p "$runs"
jpeg="jpeg:10-100*2,jpeg:20-70*2,flat:6-60*3,webp:20-95*0.7,none*0.2"
run sr-x4-light      --task sr-x4      --network arsr     --codecs "$jpeg" --steps 15000 --patch 48 --rate 1e-3
run denoise-25-light --task denoise-25 --network artefact --codecs "$jpeg" --steps 16000 --patch 96 --rate 1e-3
run deblur-1.5-light --task deblur-1.5 --network artefact --codecs "$jpeg" --steps 14000 --patch 96 --rate 1e-3
run sr-x2-light      --task sr-x2      --network arsr     --codecs "$jpeg" --steps 12000 --patch 64 --rate 1e-3
run dejpeg-light     --task dejpeg     --network artefact --codecs "$jpeg" --steps 14000 --patch 96 --rate 1e-3
