"""What runs inside a job's environment, by the job's own Python (3.8 and newer): `pip install` carried out by uv.

These files are copied to DRIVETRAIN_HOME/shims/<hash>/lib/drivetrain_pip. They import the standard library and each
other, nothing else, and must stay readable by Python 3.8.
"""
