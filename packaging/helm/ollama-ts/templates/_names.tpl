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
