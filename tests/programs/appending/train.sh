#!/bin/bash
# Finds the minimum of (w - 3)^2. The one argument names the file for the truth: step, name and value, line by line.
set -eu
metrics=${WANDB_METRICS_FILE:-/dev/null} truth=$1
lr=0.1 w=0 step=0

echo '{"$config": {"lr": '$lr', "optimizer": {"name": "sgd"}}}' >>"$metrics"
for epoch in 1 2 3; do
    for _ in 1 2 3 4; do
        read -r w loss gradient < <(awk -v w="$w" -v lr="$lr" 'BEGIN {
            gradient = 2 * (w - 3)
            printf "%.9g %.9g %.9g\n", w - lr * gradient, (w - 3) ^ 2, gradient }')
        echo "loss=$loss gradient=$gradient epoch=$epoch phase=\"at work\"" >>"$metrics"
        printf '%d loss %s\n%d gradient %s\n%d epoch %d\n' $step "$loss" $step "$gradient" $step $epoch >>"$truth"
        step=$((step + 1))
    done
done
echo "\$summary.best=$loss" >>"$metrics"
echo "0 best $loss" >>"$truth"
