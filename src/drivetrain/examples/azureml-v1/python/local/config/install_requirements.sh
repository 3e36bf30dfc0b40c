#!/usr/bin/env bash
# Run from this folder: requirements.txt is beside this script.
set -euo pipefail
python --version
pip install azure-cli==2.75.0
pip install --upgrade azureml-core
pip install -r requirements.txt
