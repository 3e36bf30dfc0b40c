"""Station 7: online endpoints. A front, a process of its own, answers for each; replicas, processes in the user's own
environment, predict."""
