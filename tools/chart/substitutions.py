"""Which manifests the chart is made of, and what its values decide in them: data only.

All else in a template is the manifest's. A new value stands here, in `values.yaml`, and in its
schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from chart.templates import Substitution

NAMESPACE = "pdf-security-system"
"""The operator's in the manifests."""


@dataclass(frozen=True)
class Manifest:
    """One file, of the same name in the chart."""

    path: str
    """Relative to the repository."""
    substitutions: tuple[Substitution, ...] = ()
    condition: str = ""


def _kept(kind: str, because: str) -> Substitution:
    return Substitution(
        f"kind: {kind}\nmetadata:\n",
        f"""kind: {kind}
metadata:
  annotations:
    # {because}
    helm.sh/resource-policy: keep
""",
    )


_KEEP = _kept(
    "CustomResourceDefinition",
    "Otherwise `helm uninstall` would delete every job of everybody with the definition.",
)

_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n"
_BINDING = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n"
_NAME = "  name: pdf-security-operator\n"
_KIND = '{{ include "pdf-security-operator.roleKind" . }}'
_WATCHED = """{{- with .Values.settings.watchedNamespace }}
  namespace: {{ . }}
{{- end }}
"""

_OPERATOR_ROLE = (
    Substitution(f"{_ROLE}{_NAME}", f"{_ROLE}{_NAME}{_WATCHED}".replace("ClusterRole", _KIND)),
    Substitution(
        f"{_BINDING}{_NAME}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n",
        f"{_BINDING}{_NAME}{_WATCHED}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n"
        "  kind: ClusterRole\n".replace("ClusterRole", _KIND),
    ),
)

_SPREAD = """      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels: *labels
"""

_RESOURCES = """        resources:
          requests: {cpu: 100m, memory: 128Mi, ephemeral-storage: 16Mi}
          limits: {cpu: "2", memory: 512Mi, ephemeral-storage: 64Mi}
"""

_DEPLOYMENT = (
    # The selector is the base's for ever: it cannot be changed.
    Substitution(
        """  labels: &labels
    app.kubernetes.io/name: pdf-security-operator
    app.kubernetes.io/part-of: pdf-security
spec:
""",
        """  labels:
    app.kubernetes.io/name: pdf-security-operator
    app.kubernetes.io/part-of: pdf-security
spec:
""",
    ),
    Substitution("  replicas: 2\n", "  replicas: {{ .Values.replicas }}\n"),
    Substitution(
        "  selector:\n    matchLabels: *labels\n",
        """  selector:
    matchLabels: &labels
      app.kubernetes.io/name: pdf-security-operator
      app.kubernetes.io/part-of: pdf-security
""",
    ),
    Substitution(
        "  template:\n    metadata:\n      labels: *labels\n    spec:\n",
        """  template:
    metadata:
      labels:
        app.kubernetes.io/name: pdf-security-operator
        app.kubernetes.io/part-of: pdf-security
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- with .Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
""",
    ),
    Substitution(
        "      priorityClassName: system-cluster-critical\n",
        """      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
""",
    ),
    Substitution(
        _SPREAD,
        """      topologySpreadConstraints:
      {{- range .Values.topologySpreadConstraints }}
      - {{- toYaml . | nindent 8 }}
        labelSelector:
          matchLabels: *labels
      {{- end }}
""",
    ),
    Substitution(
        "        image: localhost/pdf-security-operator\n",
        '        image: {{ include "pdf-security-operator.image" . }}\n',
    ),
    Substitution(
        "        env:\n",
        """        env:
        {{- if .Values.audit.volume.enabled }}
        - {name: PDF_SECURITY_AUDIT, value: "stdout,volume"}
        - {name: PDF_SECURITY_AUDIT_KEY_FILE, value: /etc/pdf-security/audit/audit.pem}
        {{- end }}
""",
    ),
    Substitution(
        "        terminationMessagePolicy: FallbackToLogsOnError\n",
        """        terminationMessagePolicy: FallbackToLogsOnError
        {{- if .Values.audit.volume.enabled }}
        volumeMounts:
        - {name: audit, mountPath: /var/lib/pdf-security/audit}
        - {name: audit-key, mountPath: /etc/pdf-security/audit, readOnly: true}
      volumes:
      - name: audit
        persistentVolumeClaim: {claimName: pdf-security-audit}
      - name: audit-key
        secret:
          secretName: pdf-security-audit-key
          items: [{key: audit.pem, path: audit.pem}]
          defaultMode: 0440
        {{- end }}
""",
    ),
    Substitution(
        "              fieldPath: metadata.namespace\n",
        """              fieldPath: metadata.namespace
        {{- include "pdf-security-operator.environment" . | nindent 8 }}
""",
    ),
    Substitution(
        _RESOURCES,
        "        resources:\n          {{- toYaml .Values.resources | nindent 10 }}\n",
    ),
    Substitution(
        "  minAvailable: 1\n",
        """  minAvailable: {{ include "pdf-security-operator.minAvailable" . }}
  {{- with .Values.podDisruptionBudget.unhealthyPodEvictionPolicy }}
  unhealthyPodEvictionPolicy: {{ . }}
  {{- end }}
""",
    ),
)

_EGRESS = (
    Substitution(
        "    - ipBlock: {cidr: 192.0.2.10/32}\n",
        """    {{- range .Values.restrictedNetwork.apiServer.cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
""",
    ),
    Substitution(
        "    - {protocol: TCP, port: 443}\n    - {protocol: TCP, port: 6443}\n",
        """    {{- range .Values.restrictedNetwork.apiServer.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.restrictedNetwork.moreEgress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
""",
    ),
)

_CLAIM = (
    _kept("PersistentVolumeClaim", "An audit log outlives what it is about."),
    Substitution("[ReadWriteMany]", "[{{ .Values.audit.volume.accessMode }}]"),
    Substitution("storage: 20Gi", "storage: {{ .Values.audit.volume.size }}"),
    Substitution(
        "  resources:\n",
        """  {{- with .Values.audit.volume.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
""",
    ),
)

_RESTRICTED = ".Values.restrictedNetwork.enabled"

MANIFESTS = (
    Manifest("crds/pdfsecurityclasses.yaml", (_KEEP,), ".Values.crds.install"),
    Manifest("crds/pdfsecurityjobs.yaml", (_KEEP,), ".Values.crds.install"),
    Manifest("manifests/base/deployment.yaml", _DEPLOYMENT),
    Manifest("manifests/base/flow-control.yaml"),
    Manifest("manifests/base/operator-network-policy.yaml"),
    Manifest("manifests/base/operator-role.yaml", _OPERATOR_ROLE),
    Manifest("manifests/base/reference-policy.yaml"),
    Manifest("manifests/base/service-account.yaml"),
    Manifest("manifests/base/submitter-policy.yaml"),
    Manifest("manifests/base/user-roles.yaml"),
    Manifest(
        "manifests/components/audit-volume/claim.yaml", _CLAIM, ".Values.audit.volume.enabled"
    ),
    Manifest("manifests/components/restricted-network/default-deny.yaml", (), _RESTRICTED),
    Manifest("manifests/components/restricted-network/operator-egress.yaml", _EGRESS, _RESTRICTED),
)

OUTSIDE = {
    "manifests/base/namespace.yaml": "a release is kept in its namespace, which is there before it",
}
"""Files of the base that are no part of the chart, and why."""
