#!/usr/bin/env bash
# Runs in its own folder: requirements.txt lies beside it.
set -euo pipefail
python --version
python -m pip install --quiet --upgrade pip
pip install --quiet -r requirements.txt
