"""A Pipeline to a Plan: defaults filled in, legs counted out, every step a task. Pure."""
