#!/usr/bin/env bash
# Runs in its own folder: requirements.txt lies beside it.
set -euo pipefail
python --version
python -m pip install --upgrade pip
pip install -r requirements.txt
