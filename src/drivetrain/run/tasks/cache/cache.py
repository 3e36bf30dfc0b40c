"""Cache@2, and CacheBeta as it was called before: files of an earlier run, found by a key, and kept for later runs
when the job has succeeded.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/cache-v2
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.caches.model import CACHE_EVENT, CacheKey, CacheWord
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.cache.fingerprints import SALT, Place, resolve, split_key, split_lines
from drivetrain.run.tasks.cache.scopes import own_scope, readable_scopes
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.packing import Archive, pack_tar
from drivetrain.run.tasks.files.stopping import Stopped, go_on
from drivetrain.run.tasks.files.unpacking import Target, TarSource, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "Cache@2": Declared(
        "Cache",
        "Cache files between runs",
        ("key", "path"),
        {"cacheHitVar": "", "restoreKeys": "", "saveOnPartialSuccess": "false"},
    ),
    "CacheBeta@0": Declared("Cache (Beta)", "Cache files between runs", ("key", "path"), {"cacheHitVar": ""}),
    "CacheBeta@1": Declared(
        "Cache (Beta)", "Cache files between runs", ("key", "path"), {"cacheHitVar": "", "restoreKeys": ""}
    ),
}
_WORDS = {"true": CacheWord.HIT, "inexact": CacheWord.INEXACT, "false": CacheWord.MISS}
_LONGEST_KEY = 1000
_RAN, _RESOLVED = "RESTORE_STEP_RAN", "RESTORE_STEP_RESOLVED_FINGERPRINT"
_OLD_FORMAT = "'key' format is changing to a single line: https://aka.ms/pipeline-caching-docs"


def run(context: StepContext) -> Outcome:
    """Restore what an earlier run kept."""
    key = _key(context)
    context.task_variables[_RAN] = "true"
    context.task_variables[_RESOLVED] = str(key)
    keys = [key, *_restore_keys(context)]
    context.log.line("Getting a pipeline cache artifact with one of the following fingerprints:")
    for each in keys:
        context.log.line(f"Fingerprint: `{each}`")
    caches = context.job.services.caches
    found = caches.find(readable_scopes(context.job), keys)
    try:
        if found is not None and not caches.use(found, lambda content: _restore(context, content)):
            found = None  # it went at the very moment, to make room
    except Stopped as stopped:
        return stopped.outcome
    if found is None:
        context.log.line("There is a cache miss.")
        hit = "false"
    else:
        context.log.line(f"Entry found at fingerprint: `{'|'.join(found.segments)}`")
        context.log.line(f"Cache restored. (kept by {found.scope.branch}, {found.created_at})")
        hit = "true" if key.fits(found.segments) else "inexact"
    _tell(context, key, _WORDS[hit], found.size if found else 0)
    if variable := context.inputs.text("cacheHitVar"):
        context.job.variables.set(variable, hit, secret=False, readonly=False)
    return SUCCEEDED


def after_job(context: StepContext) -> Outcome:
    """Keep the folder for later runs, if the job has succeeded and there is nothing under its key."""
    partly = context.inputs.flag("saveOnPartialSuccess")
    good = (Result.SUCCEEDED, *[Result.SUCCEEDED_WITH_ISSUES] * partly)
    if context.job.status not in good:
        also = " or 'SucceededWithIssues'" if partly else ""
        context.log.line(f"Skipping because the job status was not 'Succeeded'{also}.")
        return SUCCEEDED
    if context.task_variables.get(_RAN) != "true":
        context.log.line("Skipping because restore step did not run.")
        return SUCCEEDED
    key = _key(context)
    before = context.task_variables.get(_RESOLVED, "")
    if before != str(key):
        context.warning(
            "The given cache key has changed in its resolved value between restore and save steps;\n"
            f"original key: {before}\nmodified key: {key}\n"
        )
    caches, scope = context.job.services.caches, own_scope(context.job)
    exists = f"Cache with fingerprint `{key}` already exists."
    if caches.has(scope, key.segments):
        context.log.line(exists)
        _tell(context, key, CacheWord.THERE)
        return SUCCEEDED
    try:
        saved = caches.save(scope, key.segments, _writer(context))
    except Stopped as stopped:
        return stopped.outcome
    context.log.line("Saved item." if saved else exists)
    _tell(context, key, CacheWord.SAVED if saved else CacheWord.THERE)
    return SUCCEEDED


def _tell(context: StepContext, key: CacheKey, word: CacheWord, size: int = 0) -> None:
    """The run's page says what caches have saved it."""
    context.job.record(CACHE_EVENT, step=context.index, key=str(key)[:_LONGEST_KEY], word=word, size=size)


def _key(context: StepContext) -> CacheKey:
    text, salt = context.inputs.text("key"), context.job.variables.value(SALT)
    segments = split_key(text, salt)
    if "\n" in text:
        if context.inputs.text("restoreKeys"):
            raise UserError(_OLD_FORMAT)
        context.warning(_OLD_FORMAT)
        segments = tuple(split_lines(text))
    context.log.line("Resolving key:")
    key = CacheKey(resolve(segments, _place(context)))
    context.log.line(f"Resolved to: {key}")
    return key


def _restore_keys(context: StepContext) -> list[CacheKey]:
    keys = []
    for line in split_lines(context.inputs.text("restoreKeys")):
        context.log.line("Resolving restore key:")
        segments = split_key(line, context.job.variables.value(SALT))
        keys.append(CacheKey(resolve(segments, _place(context)), prefix=True))
        context.log.line(f"Resolved to: {keys[-1]}")
    return keys


def _place(context: StepContext) -> Place:
    return Place(context.default_folder, context.job.variables.value("Pipeline.Workspace"), context.log.line)


def _restore(context: StepContext, content: Path) -> None:
    folder = context.inputs.path("path")
    Path(folder).mkdir(parents=True, exist_ok=True)
    # Links of an environment lead to the machine's own programs, so they may lead out.
    target = Target(folder, True, _silent, _silent, lambda: go_on(context), links_lead_anywhere=True)
    unpack(str(content), TarSource(str(content)), target)


def _silent(_: object) -> None:
    """Nothing is said of each file."""


def _writer(context: StepContext) -> Callable[[Path], None]:
    folder = context.inputs.path("path")
    if not Path(folder).is_dir():
        raise UserError(
            f"The folder to cache is not there: {folder}",
            hint="`path` names one folder, which a step of the job has to make",
        )

    def write(content: Path) -> None:
        names = sorted(os.listdir(folder), key=os.fsencode)  # noqa: PTH208 - names as they are
        pack_tar(Archive(str(content), folder, names, context.log.line, lambda: go_on(context), 0), "none")

    return write
