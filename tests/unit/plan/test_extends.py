from __future__ import annotations

from drivetrain.definition.memory import MemoryFiles
from drivetrain.definition.model import CompileContext
from drivetrain.definition.read import read_pipeline
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.model import ExtendsPlan, Plan, RepositoryPlan
from drivetrain.run.tasks.catalog import CATALOG

CONTEXT = CompileContext(repository="shop", branch="refs/heads/main")
STEPS = "steps:\n- script: a\n"
RESOURCES = "resources:\n  repositories:\n  - repository: T\n    type: git\n    name: contoso/templates\n    ref: v1\n"


def plan(text: str, own: dict[str, str], others: dict[str, str] | None = None) -> Plan:
    files = MemoryFiles(own, {"T": others or {}})
    definition = read_pipeline(text, file="f.yml", tasks=CATALOG, context=CONTEXT, files=files)
    found = {"t": RepositoryPlan("contoso/templates", ref="refs/tags/v1", version="a" * 40)}
    return compile_plan(definition.checked(), name="p", tasks=CATALOG, context=CONTEXT, repositories=found)


def test_a_plan_knows_what_its_file_extends_and_what_that_extends() -> None:
    inner = {"base.yml": STEPS}
    own = {"mine/outer.yml": "extends:\n  template: /base.yml@T\n"}
    extended = plan(f"{RESOURCES}extends:\n  template: mine/outer.yml\n", own, inner).extends
    assert extended == (
        ExtendsPlan("mine/outer.yml", "shop", "refs/heads/main"),
        ExtendsPlan("base.yml", "contoso/templates", "refs/tags/v1"),
    )


def test_a_template_that_is_only_included_is_not_extended() -> None:
    assert plan("steps:\n- template: s.yml\n", {"s.yml": STEPS}).extends == ()
