"""`python script_server.py OPTIONS`: `azmlinfsrv OPTIONS`, on loopback alone.

The official server listens on all addresses, as it is meant for a container. There it would be open to the network,
beside the endpoint that asks for keys; so its default is changed before it is loaded. Nothing else is.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs until it is ended."""
    sys.path[0] = os.environ["AML_APP_ROOT"]
    from azureml_inference_server_http import constants

    if not hasattr(constants, "DEFAULT_HOST"):
        sys.exit("this version of azureml-inference-server-http cannot be told to listen on loopback alone")
    constants.DEFAULT_HOST = "127.0.0.1"
    from azureml_inference_server_http.amlserver import run

    run()


if __name__ == "__main__":
    main()
