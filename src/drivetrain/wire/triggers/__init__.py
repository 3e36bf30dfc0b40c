"""What makes events besides pushes: schedules, runs of other pipelines, pushes to other repositories."""
