"""Schedules of workspaces."""
