{{- /* What values decide. The objects are generated from the manifests and stand beside this. */ -}}

{{- define "pdf-security-operator.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "pdf-security-operator.image" -}}
{{- $digest := required "image.digest is not set: give the digest of the operator's image in image.repository, sha256:..." .Values.image.digest -}}
{{ .Values.image.repository }}@{{ $digest }}
{{- end -}}

{{- /* Rights where the jobs are: in one namespace, or everywhere. */ -}}
{{- define "pdf-security-operator.roleKind" -}}
{{ ternary "Role" "ClusterRole" (not (empty .Values.settings.watchedNamespace)) }}
{{- end -}}

{{- /* A schema cannot compare two values. */ -}}
{{- define "pdf-security-operator.minAvailable" -}}
{{- $kept := int .Values.podDisruptionBudget.minAvailable -}}
{{- if ge $kept (int .Values.replicas) -}}
{{- fail (printf "podDisruptionBudget.minAvailable is %d and replicas %d: no node could be drained; make it less than replicas" $kept (int .Values.replicas)) -}}
{{- end -}}
{{ $kept }}
{{- end -}}

{{- define "pdf-security-operator.environment" -}}
{{- $names := dict
  "jobTtlSeconds" "PDF_SECURITY_JOB_TTL_SECONDS"
  "logLevel" "PDF_SECURITY_LOG_LEVEL"
  "requestsPerSecond" "PDF_SECURITY_REQUESTS_PER_SECOND"
  "resyncSeconds" "PDF_SECURITY_RESYNC_SECONDS"
  "shards" "PDF_SECURITY_SHARDS"
  "tracesEndpoint" "OTEL_EXPORTER_OTLP_ENDPOINT"
  "watchedNamespace" "PDF_SECURITY_WATCHED_NAMESPACE"
  "workers" "PDF_SECURITY_WORKERS" -}}
{{- range $key, $name := $names }}
{{- with index $.Values.settings $key }}
- name: {{ $name }}
  value: {{ ternary . (toString (int64 .)) (kindIs "string" .) | quote }}
{{- end }}
{{- end }}
{{- end -}}
