"""From an event to a run, or to the rule that says why not: one file for each kind of event."""
