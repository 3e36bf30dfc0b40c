"""Deliveries in the shapes that the hosts document, with values of our own; of each, what Drivetrain reads and a little
around it.
"""

from __future__ import annotations

from tests.unit.source.webhooks.payload_cases.azure_repos import AZURE_REPOS
from tests.unit.source.webhooks.payload_cases.bitbucket import BITBUCKET
from tests.unit.source.webhooks.payload_cases.gitea import GITEA
from tests.unit.source.webhooks.payload_cases.github import GITHUB
from tests.unit.source.webhooks.payload_cases.gitlab import GITLAB

CASES = [*GITHUB, *GITEA, *GITLAB, *BITBUCKET, *AZURE_REPOS]
