"""Makes a deployment startable: files in place, environment built, model converted, tried once.

preparation.py     the port Prepare, put together
models.py         a model without a script: ONNX Runtime, or its own library
files.py           a copy of a model, or of a script's folder, under the digest of its content
saved_model.py     MLmodel and what lies beside it
description.py     what a replica is told of its model
packages.py        which packages it needs
trial.py           runs in_replica's trial in the model's own environment
launches.py        how replicas are started, by kind
openapi.py         the signature as OpenAPI
"""
