{{- define "ollama.labels" -}}
app.kubernetes.io/name: ollama-ts
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ollama.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "ollama.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: store, mountPath: /usr/share/ollama/.ollama }
  - { name: tmp, mountPath: /tmp }
  {{- if .Values.keys.required }}
  - { name: config, mountPath: /etc/ollama, readOnly: true }
  {{- end }}
{{- end }}

{{- /* Kubernetes adds 11 characters to the name of a StatefulSet for a label, of at most 63, and a Service begins with a letter. */}}
{{- define "ollama.check" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$" .Release.Name) }}
{{- fail (printf "the name of the release, %q, must have at most 52 lower-case letters, digits and dashes, and begin with a letter" .Release.Name) }}
{{- end }}
{{- $own := list "OLLAMA_DRAIN_GRACE" "OLLAMA_SHUTDOWN_TIMEOUT" "OLLAMA_REQUIRE_KEY" "OLLAMA_CONFIG" "OLLAMA_PRELOAD" "OLLAMA_HOST" }}
{{- range $name, $value := .Values.settings }}
{{- if has $name $own }}
{{- fail (printf "settings.%s: the chart sets it from drainGraceSeconds, shutdownTimeoutSeconds, keys, models and its port" $name) }}
{{- end }}
{{- if not (kindIs "string" $value) }}
{{- fail (printf "settings.%s: quote the value" $name) }}
{{- end }}
{{- end }}
{{- end }}
