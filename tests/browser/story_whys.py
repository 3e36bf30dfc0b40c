"""Why the runs of the storybook were started."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivetrain.view.whys import NoWhys, Why


@dataclass
class StoryWhys(NoWhys):
    """Those that are said of runs; of every other, a push."""

    said: dict[int, Why] = field(default_factory=dict)

    def why(self, run_id: int) -> Why:
        push = Why(
            run_id,
            "a push to main: 1c9be41a to 77f02d1b",
            "branch main is in what trigger.branches includes: 'main' (azure-pipelines.yml:4:5)",
            "delivery 40 of a webhook",
            31,
        )
        return self.said.get(run_id, push)
