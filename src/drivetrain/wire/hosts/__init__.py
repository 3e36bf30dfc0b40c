"""The hosts of projects: their clients, the tokens of Apps, webhooks, pull requests, and how a project is connected."""
