#!/usr/bin/env bash
# How caizhi-lm-base and financial_llm_lora_v1.0.0 are made: about 50 minutes on two quiet cores; the results lie in data/models.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${1:-var/lm}
python=${PYTHON:-.venv/bin/python}
mkdir -p "$work"
"$python" -m finetune.lm.pretrain --out "$work/first/caizhi-lm-base"
"$python" -m finetune.lm.pretrain --start "$work/first/caizhi-lm-base" --out data/models/caizhi-lm-base \
    --calculations 44000 --narrations 24000 --steps 1900 --learning-rate 2e-3 --seed 17
"$python" -m finetune.lm.instruction_rows --out "$work/rows.jsonl" --calculations 14000 --narrations 8000
"$python" -m app train lora --config finetune/configs/training/financial_llm_lora.yaml --data "$work/rows.jsonl"
