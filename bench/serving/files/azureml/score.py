import json
import os
from pathlib import Path

import joblib
import numpy as np


def init():
    global model
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"], "model.joblib"))


def run(raw_data):
    return model.predict(np.array(json.loads(raw_data)["input_data"])).tolist()
