#!/usr/bin/env bash
# Everything that needs an NVIDIA card, in at most eight minutes: tests on the card, kernels, torch layers.
# Run it in an environment with an extra for the card and PyTorch: bash benchmarks/on_card.sh [FILE]
# It writes a page of results to FILE (benchmarks/results-on-card.md if not given).
set -uo pipefail
cd "$(dirname "$0")/.."
page=${1:-benchmarks/results-on-card.md}
python=${PYTHON:-.venv/bin/python}

section() {
    local title=$1 limit=$2
    shift 2
    printf '\n## %s\n\n```console\n$ %s\n' "$title" "$*"
    timeout --signal=INT "$limit" "$@" 2>&1 | tail -n 60
    local state=${PIPESTATUS[0]}
    printf '```\n'
    [ "$state" -eq 0 ] || printf '\nIt ended with %s.\n' "$state"
}

{
    printf '# On a card, %s\n' "$(date -u +%F)"
    section "Machine" 30 "$python" -m memsim doctor
    MEMSIM_TEST_CARD=1 section "Tests on the card" 180 "$python" -m pytest -q -n 0 tests/gpu/test_on_card.py tests/gpu/test_torch_on_card.py
    section "Kernels beside copies and matrix products" 150 "$python" -m memsim bench read update --backend cuda
    section "Layers of networks beside PyTorch" 100 "$python" benchmarks/torch_layers.py cuda
} | tee "$page"
