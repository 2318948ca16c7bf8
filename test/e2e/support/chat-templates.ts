/** ChatML with tools, and with thinking that the prompt begins. */
export const toolsTemplate = `{{- if or .System .Tools }}<|im_start|>system
{{ .System }}
{{- if .Tools }}

Tools:
{{- range .Tools }}
{{ . }}
{{- end }}
{{- end }}<|im_end|>
{{ end }}
{{- range .Messages }}
{{- if eq .Role "tool" }}<|im_start|>user
<tool_response>{{ .Content }}</tool_response><|im_end|>
{{ else if ne .Role "system" }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>
{{ .Thinking }}
</think>
{{ end }}{{ .Content }}
{{- range .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>
{{- end }}<|im_end|>
{{ end }}
{{- end }}<|im_start|>assistant
{{ if .Think }}<think>
{{ end }}`;

/** TEMPLATE may also contain Jinja. */
export const jinjaToolsTemplate = `{%- if tools %}<|im_start|>system
{{ tools | tojson }} Call them in <tool_call> tags.<|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}{{ message.tool_calls | tojson if message.tool_calls else '' }}<|im_end|>
{% endfor %}<|im_start|>assistant
`;
