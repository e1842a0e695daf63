"""What people do with Git and beside it, once all has run, and what must come of each.

Each check tells what it saw, or raises `UnexpectedError`; the order is that of `CHECKS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops import seen
from gitops.memory import runs_of
from gitops.plan import IN_WAVES, LABEL, TEAM, PlannedJob
from gitops.stage import Stage
from pdf_security_operator.identity import uid_of

Object = dict[str, Any]

ENDS_SECONDS = 180.0
"""For one job to be synced and to end."""


LEAST_GOOD = 4
"""Jobs that must end well, at least: three are used up."""


class UnexpectedError(Exception):
    """What came of it is not what must."""


@dataclass
class Subjects:
    """The jobs that are used up by the checks, each by one, and those that must not be touched."""

    pruned: PlannedJob
    renamed: PlannedJob
    deleted: PlannedJob
    failed: PlannedJob
    bystanders: Sequence[str]
    """Names of the others: none of them may ever run again."""

    @classmethod
    def chosen(cls, jobs: Sequence[PlannedJob]) -> Subjects:
        """Choose them."""
        good = [job for job in jobs if job.health == "Healthy"]
        failed = next(job for job in jobs if job.health == "Degraded")
        taken = {job.name for job in good[:3]}
        others = [job.name for job in jobs if job.name not in taken]
        pruned, renamed, deleted = good[:3]
        return cls(pruned, renamed, deleted, failed, others)


Check = Callable[[Stage, Subjects], str]


def compared_again(stage: Stage, _: Subjects) -> str:
    """A hard refresh finds nothing that differs: the operator writes nothing that Git has."""
    stage.refresh("hard")
    stage.until(stage.is_compared, "a hard refresh")
    astray = [name for name, found in stage.resources().items() if found.sync != "Synced"]
    _expect(not astray, f"out of sync after a hard refresh: {astray}")
    _expect(stage.is_synced(), "an Application is out of sync, though each job is in")
    return f"{len(stage.resources())} jobs compared anew, none differs"


def synced_again(stage: Stage, _: Subjects) -> str:
    """A sync by hand applies everything once more, and nothing runs again."""
    before = runs_of(stage)
    stage.sync()
    stage.until(stage.is_synced, "synced after a sync by hand")
    again = before.again(runs_of(stage), before.uids)
    _expect(not again, f"ran again: {again}")
    return "all applied once more, nothing ran again"


def unrelated_commit(stage: Stage, subjects: Subjects) -> str:
    """A commit of something else runs nothing again."""
    before = runs_of(stage)
    stage.repository.write(f"{subjects.failed.application}/note.yaml", _note("a-note"))
    stage.commit("a note")
    stage.until(stage.is_synced, "an unrelated commit is synced")
    stage.until(lambda: "a-note" in stage.live("configmaps"), "the note is there")
    again = before.again(runs_of(stage), before.uids)
    _expect(not again, f"ran again: {again}")
    return "its ConfigMap is there, nothing ran again"


def pruned(stage: Stage, subjects: Subjects) -> str:
    """A commit without a file removes its job, and what that had."""
    stage.repository.remove(subjects.pruned.path)
    stage.commit(f"without {subjects.pruned.name}")
    stage.until(lambda: subjects.pruned.name not in stage.live(), "the job is pruned")
    stage.until(stage.is_synced, "synced after pruning")

    def gone() -> bool:
        jobs = stage.live("jobs.batch").values()
        owners = [owner for job in jobs for owner in job["metadata"].get("ownerReferences", [])]
        return subjects.pruned.name not in {owner["name"] for owner in owners}

    stage.until(gone, "the Job of what was pruned goes after it")
    return f"{subjects.pruned.name} and its Job are gone"


def healed(stage: Stage, subjects: Subjects) -> str:
    """A label that somebody changed by hand comes back, and that runs nothing again."""
    before, name = runs_of(stage), subjects.failed.name
    stage.kubectl("label", "psj", name, "-n", stage.namespace, f"{LABEL}=another", "--overwrite")
    stage.until(
        lambda: stage.live()[name]["metadata"]["labels"].get(LABEL) == TEAM, "the label is healed"
    )
    stage.until(stage.is_synced, "synced after healing")
    again = before.again(runs_of(stage), before.uids)
    _expect(not again, f"ran again: {again}")
    return "the label is back, nothing ran again"


def suspended_in_git(stage: Stage, subjects: Subjects) -> str:
    """A job that Git suspends waits, and says so; it runs when Git lets it."""
    spec = {**subjects.deleted.spec, "suspend": True}
    job = replace(subjects.deleted, name="suspended", spec=spec)
    stage.repository.write(job.path, job.manifest())
    stage.commit("a suspended job")
    stage.until(lambda: stage.is_seen(job.name, "Suspended"), "the job is Suspended")
    job = replace(job, spec={**spec, "suspend": False})
    stage.repository.write(job.path, job.manifest())
    stage.commit("let it run")
    stage.until(lambda: stage.is_seen(job.name, "Healthy"), "it has run", ENDS_SECONDS)
    return "Suspended, then Healthy"


def suspended_by_action(stage: Stage, subjects: Subjects) -> str:
    """Where Git says nothing of `suspend`, an action sets it without a drift, and takes it back."""
    job = replace(
        subjects.deleted, name="by-action", spec={**subjects.deleted.spec, "className": "not-there"}
    )
    stage.repository.write(job.path, job.manifest())
    stage.commit("a job that waits")
    stage.until(lambda: stage.is_seen(job.name, "Progressing"), "the job waits")
    offered = stage.actions(job.application, job.name)
    _expect(offered == {"suspend"}, f"offered of a job that waits: {offered}")
    stage.act(job.application, job.name, "suspend")
    stage.until(lambda: stage.is_seen(job.name, "Suspended"), "the job is Suspended")
    stage.refresh("hard")
    stage.until(stage.is_compared, "compared after an action")
    _expect(stage.is_synced(), "out of sync by the action `suspend`")
    stage.act(job.application, job.name, "resume")
    stage.until(lambda: stage.is_seen(job.name, "Progressing"), "the job waits again")
    stage.repository.remove(job.path)
    stage.commit("without it")
    stage.until(lambda: job.name not in stage.live(), "the job is pruned")
    return "Progressing, Suspended and still Synced, Progressing"


def changed_in_place(stage: Stage, subjects: Subjects) -> str:
    """A spec that Git changes is refused by name of its field, and nothing runs; so is renamed."""
    job = subjects.renamed
    changed = replace(job, spec={**job.spec, "backoffLimit": 1})
    stage.repository.write(job.path, changed.manifest())
    stage.commit("changed in place")

    def refused() -> bool:
        application = stage.application(job.application)
        return any("backoffLimit is immutable" in fault for fault in seen.faults_of(application))

    stage.until(refused, "a change in place is refused, and why")
    stage.repository.remove(job.path)
    renamed = replace(changed, name=f"{job.name}-v2")
    stage.repository.write(renamed.path, renamed.manifest())
    stage.commit("changed under another name")
    stage.until(lambda: stage.is_seen(renamed.name, "Healthy"), "it ran as changed", ENDS_SECONDS)
    stage.until(stage.is_synced, "synced after a change")
    _expect(job.name not in stage.live(), "the job as it was is still there")
    return "refused in place, with the field's name; ran under another name, the old one is gone"


def in_waves(stage: Stage, subjects: Subjects) -> str:
    """What comes in a later wave waits for the document, and does not come where that fails."""
    good = replace(subjects.deleted, name="first", application=IN_WAVES)
    later = f"{IN_WAVES}/later.yaml"
    stage.repository.write(good.path, good.manifest())
    stage.repository.write(later, _note("later", wave=1))
    stage.commit("a document, and what waits for it")
    stage.until(lambda: "later" in stage.live("configmaps"), "the later wave", ENDS_SECONDS)
    ended = stage.live()[good.name]["status"]["completionTime"]
    came = stage.live("configmaps")["later"]["metadata"]["creationTimestamp"]
    _expect(came >= ended, f"the later wave came at {came}, the document's end at {ended}")
    bad = replace(subjects.failed, name="first-that-fails", application=IN_WAVES)
    never = f"{IN_WAVES}/never.yaml"
    stage.repository.write(bad.path, bad.manifest())
    stage.repository.write(never, _note("never", wave=1))
    stage.commit("a document that fails, and what waits for it")

    def failed() -> bool:
        operation = seen.operation_of(stage.application(IN_WAVES))
        revision = operation.get("syncResult", {}).get("revision")
        return (operation.get("phase"), revision) == ("Failed", stage.revision)

    stage.until(failed, "the sync fails with the document", ENDS_SECONDS)
    _expect("never" not in stage.live("configmaps"), "the later wave came after a failure")
    stage.repository.remove(bad.path)
    stage.repository.remove(never)
    stage.commit("without the document that fails")
    stage.until(stage.is_synced, "synced without the document that fails")
    return "the later wave came after the document's end, and not where that failed"


def run_again(stage: Stage, subjects: Subjects) -> str:
    """The action `rerun` makes another job, which is neither drift nor pruned."""
    job = subjects.failed
    source = stage.live()[job.name]
    offered = stage.actions(job.application, job.name)
    _expect(offered == {"rerun"}, f"offered of a job that failed: {offered}")
    stage.act(job.application, job.name, "rerun")
    made = [body for body in stage.live().values() if _owner_of(body) == uid_of(source)]
    _expect(len(made) == 1, f"made {len(made)} jobs")
    name = made[0]["metadata"]["name"]
    _expect(made[0]["spec"] == source["spec"], f"another spec: {made[0]['spec']}")

    def ended() -> bool:
        status = stage.live()[name].get("status", {})
        return bool(status.get("reason") == job.reason)

    stage.until(ended, "the job that runs again ends as the first", ENDS_SECONDS)
    stage.refresh("hard")
    stage.until(stage.is_compared, "compared after a rerun")
    _expect(stage.is_synced(), "out of sync by the action `rerun`")
    stage.sync()
    _expect(name in stage.live(), "what the action created was pruned")
    _expect(name not in stage.resources(), "what the action created counts as Git's")
    return f"{name} ran, all Synced, and a sync left it"


def deleted_by_hand(stage: Stage, subjects: Subjects) -> str:
    """What somebody deletes and Git has, comes back and runs: who wants it gone says so in Git."""
    name = subjects.deleted.name
    before = runs_of(stage)
    stage.kubectl("delete", "psj", name, "-n", stage.namespace)
    stage.until(
        lambda: runs_of(stage).uids.get(name) not in (None, before.uids[name]), "it is made anew"
    )
    stage.until(lambda: stage.is_seen(name, "Healthy"), "it ran once more", ENDS_SECONDS)
    return "made anew, and it ran once more, as Git wants it"


CHECKS: tuple[Check, ...] = (
    compared_again,
    synced_again,
    unrelated_commit,
    healed,
    pruned,
    suspended_in_git,
    suspended_by_action,
    changed_in_place,
    in_waves,
    run_again,
    deleted_by_hand,
)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UnexpectedError(otherwise)


def _owner_of(body: Object) -> str | None:
    return next((owner["uid"] for owner in body["metadata"].get("ownerReferences", [])), None)


def _note(name: str, wave: int = 0) -> str:
    annotations = {"argocd.argoproj.io/sync-wave": str(wave)}
    metadata = {"name": name, "annotations": annotations}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
