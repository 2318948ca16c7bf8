import type { ChatCase, TemplateCase } from './case.ts';

const call = {
  ID: 'call_1',
  Function: {
    Index: 0,
    Name: 'weather',
    Arguments: { city: 'Zürich <b>', days: 3, at: { b: 1, a: [true, null] } },
  },
};
const tool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Get the "weather" & more',
    parameters: {
      type: 'object',
      required: ['city'],
      properties: { days: { type: ['integer'] }, city: { type: ['string'], description: 'Where' } },
    },
  },
};
const user = (Content: string) => ({ Role: 'user', Content });
const assistant = (Content: string, extra: object = {}) => ({ Role: 'assistant', Content, ...extra });

const chats: readonly ChatCase[] = [
  { System: '', Messages: [user('hi')], Tools: [], Think: false },
  {
    System: 'Be brief.',
    Messages: [{ Role: 'system', Content: 'Be brief.' }, user('hi')],
    Tools: [tool],
    Think: true,
  },
  {
    System: '',
    Messages: [user('a'), assistant('b', { Thinking: 'hm' }), user('c'), assistant('d')],
    Tools: [],
    Think: true,
  },
  {
    System: 'S',
    Messages: [
      user('weather?'),
      assistant('', { ToolCalls: [call, { ...call, ID: 'x' }] }),
      { Role: 'tool', Content: 'sunny', ToolName: 'weather', ToolCallID: 'call_1' },
      { Role: 'tool', Content: 'rain', ToolName: 'weather', ToolCallID: 'x' },
    ],
    Tools: [tool, tool],
    Think: false,
  },
];

/** In the manner of the templates that models come with. */
const templates: readonly string[] = [
  '{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n',
  '{{- range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 -}}{{ .Role }}: {{ .Content }}{{ if not $last }}\n{{ end }}{{- end }}',
  `{{- if or .System .Tools }}<|start|>system
{{ if .System }}{{ .System }}{{ end }}
{{- if .Tools }}

# Tools
{{- range .Tools }}
{"type": "function", "function": {{ .Function }}}
{{- end }}
{{- end }}<|end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 -}}
{{- if eq .Role "user" }}<|start|>user
{{ .Content }}<|end|>
{{ else if eq .Role "assistant" }}<|start|>assistant
{{ if .Content }}{{ .Content }}
{{- else if .ToolCalls }}<tool_call>
{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
{{ end }}</tool_call>
{{- end }}{{ if not $last }}<|end|>
{{ end }}
{{- else if eq .Role "tool" }}<|start|>user
<tool_response>
{{ .Content }}
</tool_response><|end|>
{{ end }}
{{- if and (ne .Role "assistant") $last }}<|start|>assistant
{{ end }}
{{- end }}`,
  '{{ range .Messages }}{{ if .ToolCalls }}[TOOL_CALLS] [{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}]{{ end }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}{{ if and $.IsThinkSet $.Think }}<think>{{ end }}',
  '{{ .Tools }}|{{ json .Tools }}|{{ range .Tools }}{{ . }}{{ .Function.Name }}{{ range $name, $p := .Function.Parameters.Properties }}{{ $name }}={{ $p.Type }}{{ $p.Description }};{{ end }}{{ .Function.Parameters.Required }}{{ end }}',
  '{{ $.Messages | len }}{{ (index .Messages 0).Content }}{{ range .Messages }}{{ range .ToolCalls }}{{ .ID }}{{ .Function.Index }}{{ range $k, $v := .Function.Arguments }}{{ $k }}:{{ $v }},{{ end }}{{ json .Function.Arguments }}{{ len .Function.Arguments }}{{ index .Function.Arguments "city" }}{{ .Function.Arguments.days }}{{ end }}{{ end }}',
  '{{ range .Messages }}{{ .Missing }}{{ end }}',
  '{{ range .Messages }}{{ .role }}{{ end }}',
  '{{ range .Messages }}{{ with .ToolName }}{{ . }}{{ end }}{{ .ToolCallID }}{{ if .Images }}img{{ end }}{{ len .ToolCalls }}{{ end }}',
  '{{ with index .Messages 0 }}{{ .Role }}{{ end }}{{ $lastUser := -1 }}{{ range $i, $m := .Messages }}{{ if eq $m.Role "user" }}{{ $lastUser = $i }}{{ end }}{{ end }}{{ $lastUser }}',
  '{{ range .Messages }}{{ eq . . }}{{ printf "%s %q %v" .Role .Content .Thinking }}{{ end }}{{ .Tools | len }}{{ if .Tools }}T{{ end }}{{ .Tools.String }}',
  '{{ printf "%s|%v|%q" .Tools .Tools .Tools }}{{ print .Tools "x" .System }}',
  '{{ .Think }}{{ .ThinkLevel }}{{ .Response }}{{ .Prompt }}{{ .Suffix }}',
];

export const chatCases: readonly TemplateCase[] = templates.flatMap((template) =>
  chats.map((chat) => ({ template, chat })),
);
