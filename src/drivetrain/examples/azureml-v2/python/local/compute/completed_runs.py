"""Lists the completed training runs, this build's first.

Usage: completed_runs.py BUILD_NUMBER
"""

import sys

from azure.ai.ml import MLClient
from azure.identity import AzureCliCredential


def main(build_number):
    client = MLClient.from_config(credential=AzureCliCredential())
    completed = [job for job in client.jobs.list() if job.status == "Completed"]
    completed.sort(key=lambda job: job.tags.get("build number") != build_number)
    for job in completed:
        print(f"{job.tags.get('build number', ''):14} {job.name:32} {job.display_name}")
    if not completed or completed[0].tags.get("build number") != build_number:
        sys.exit(f"no completed run has the build number {build_number}")


if __name__ == "__main__":
    main(sys.argv[1])
