"""Python for jobs: which interpreters there are, which one is asked for, and a private environment on top of it."""
