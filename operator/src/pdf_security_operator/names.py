"""Constants: the names that other programs and people see. Nothing that computes anything."""

GROUP = "pdfsecurity.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

JOB_KIND = "PdfSecurityJob"
JOB_PLURAL = "pdfsecurityjobs"
CLASS_KIND = "PdfSecurityClass"
CLASS_PLURAL = "pdfsecurityclasses"

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "pdf-security-operator"
"""Value of `MANAGED_BY_LABEL` on everything the operator creates, and its field manager."""

DEPLOYMENT = "pdf-security-operator"
"""Name of the operator's own Deployment."""

MANAGED_SELECTOR = f"{MANAGED_BY_LABEL}={MANAGED_BY}"

CLASS_LABEL = f"{GROUP}/class"
"""On Job, pod and NetworkPolicy: the class; policies select pods by it."""

OWNER_UID_LABEL = f"{GROUP}/job-uid"
"""On Job and pod: UID of the PdfSecurityJob."""

OWNER_NAME_ANNOTATION = f"{GROUP}/job-name"
"""On Job and pod: name of the PdfSecurityJob, which may be longer than a label's value."""

EFFECTIVE_ANNOTATION = f"{GROUP}/effective"
"""On the Job: what was applied, as JSON, so that a status can be written whoever created it."""

STORAGE_LABEL = f"{GROUP}/storage-access"
"""On pods that need the class's storage endpoints; the others reach nothing at all."""

HTTP_LABEL = f"{GROUP}/http-access"
"""On pods that read their document over HTTP, from the class's sources and from nowhere else."""

SUBMITTER_ANNOTATION = f"{GROUP}/submitted-by"
"""On the resource, stamped by an admission policy, and on its Job: the user who created it."""

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""On a Job that Kueue starts: its LocalQueue (https://kueue.sigs.k8s.io/docs/tasks/run/jobs)."""

DEFAULT_CLASS_ANNOTATION = f"{GROUP}/is-default-class"

CONTAINER = "processor"
"""Name of the one container of a pod."""
