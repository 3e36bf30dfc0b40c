"""Gates of a home: who asks them, and what they are built of."""
