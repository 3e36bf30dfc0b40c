"""`${{ }}`, template files and `extends` to what they say: a node in, the same node without any of them out.

    root.py        the file as a whole: resources, variables, then the rest; `extends`
    places.py      lists of stages, jobs, steps and variables: what they include, and the variables they add
    nodes.py       any other node
    directives.py  `if`, `elseif`, `else`, `each`, `insert`
    evaluator.py   one `${{ }}`
    templates.py   template files: found, read, their parameters bound
    location.py    `path@alias` to a repository and a path in it
    budget.py      Azure's limits

Parameters come first, then root variables in the order of the file, then everything else; a stage and a job add
their own variables for what is inside them. https://learn.microsoft.com/azure/devops/pipelines/process/runs
"""

from drivetrain.definition.expand.root import Expansion, expand

__all__ = ["Expansion", "expand"]
