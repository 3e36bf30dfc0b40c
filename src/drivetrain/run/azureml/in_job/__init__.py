"""Runs beside a job's command, in an interpreter of its own."""
