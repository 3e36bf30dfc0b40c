"""What a front and our own replicas say to each other on a Unix socket. Runs in the user's interpreter too, so it
imports nothing of ours and nothing that is not in the standard library since Python 3.7.

    front -> replica    length (4 bytes), id (4), kind (2), payload of that length
    replica -> front    length (4 bytes), id (4), status (2), payload of that length

Numbers are unsigned, in network order. The front chooses ids; answers may come in any order. The replica may predict
several requests together. Status is an HTTP status; the payload of both is JSON.
"""

import struct

HEADER = struct.Struct("!IIH")

SCORE = 1
"""Azure's shape: `{"input_data": {"columns": [...], "index": [...], "data": [[...]]}}` or a list of rows; answered by a
bare list of predictions. https://learn.microsoft.com/azure/machine-learning/how-to-deploy-mlflow-models-online-endpoints
"""
INVOCATIONS = 2
"""MLflow's shapes: `dataframe_split`, `dataframe_records`, `instances`, `inputs`, with `params`; answered by
`{"predictions": [...]}`. https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
"""
PING = 3
"""Answered by 200 once the model is loaded: liveness and readiness in one."""

MAX_PAYLOAD = 100_000_000
"""Bytes. Longer ones end the connection."""


def packed(number: int, word: int, payload: bytes) -> bytes:
    """One frame: `word` is the kind of a request, the status of an answer."""
    return HEADER.pack(len(payload), number, word) + payload
