from __future__ import annotations

import subprocess
import sys

HEAVY = {"mlflow", "httpx", "uvicorn", "fastapi", "starlette", "sqlalchemy", "alembic", "pandas", "numpy"}


def test_the_front_costs_the_server_nothing_until_it_is_asked_for_mlflow() -> None:
    code = (
        "import sys, drivetrain.view.api.mlflow.front, drivetrain.view.api.mlflow.standalone\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "drivetrain" in loaded
    assert loaded & HEAVY == set()
