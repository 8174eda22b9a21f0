#!/bin/sh
# Makes .venv-frameworks, in which tests/real trains with real frameworks: 1.6 GB, about a minute.
# A second time it does nothing, until a version below or the Python is another.
cd "$(dirname "$0")/.." || exit
. scripts/venv.sh

# By itself and first: a build for the CPU (2.13.0+cpu) is taken where pip is offered one, as it is the newer of the two.
TORCH="torch==2.13.0"
OTHERS="accelerate==1.15.0 keras==3.15.1 lightgbm==4.7.0 pytorch-lightning==2.6.6 scikit-learn==1.9.1 tensorboard==2.21.0
    transformers==5.23.0 xgboost-cpu==3.2.0"

# Installs, and says how long it took.
install() {
    began=$(date +%s)
    .venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check "$@" || return
    printf '%-14s %4d s\n' "${1%%=*}${2:+ and others}" $(($(date +%s) - began))
}

python=$(find_python 11) || { echo "The frameworks need a Python of at least 3.11, and none is on PATH." >&2; exit 1; }
wanted=$(pwd; "$python" -V; cksum scripts/frameworks.sh)
stamp=.venv-frameworks/installed
[ "$(cat $stamp 2>/dev/null)" = "$wanted" ] && exit
rm -rf .venv-frameworks
"$python" -m venv .venv-frameworks && install $TORCH && install $OTHERS $TORCH || exit
du -sh .venv-frameworks
echo "$wanted" >$stamp
