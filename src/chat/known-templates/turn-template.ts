/** How a format writes its turns; `{}` is where the content goes. */
export interface TurnFormat {
  readonly user: string;
  readonly assistant: string;
  readonly system?: string;
  /** Turns of other roles, such as `tool`; if absent, these turns are left out. */
  readonly other?: string;
  /** Instead of `system`: a user turn that contains the preceding system text at `{system}`. */
  readonly userWithSystem?: string;
  /** The text before the first turn. */
  readonly begin?: string;
  /** The text before an answer. */
  readonly start: string;
}

/** Builds the Go template of a format. */
export function turnTemplate(format: TurnFormat): string {
  const { user, userWithSystem, assistant, system, other, start, begin = '' } = format;
  const userTurn = userWithSystem
    ? `{{ if $system }}${filled(userWithSystem)}{{ $system = "" }}{{ else }}${filled(user)}{{ end }}`
    : filled(user);
  const systemTurn = userWithSystem ? HELD_SYSTEM : filled(system ?? '{}');
  return [
    userWithSystem ? '{{ $system := "" }}' : '',
    begin,
    '{{ range .Messages }}',
    `{{ if eq .Role "system" }}${systemTurn}`,
    `{{ else if eq .Role "user" }}${userTurn}`,
    `{{ else if eq .Role "assistant" }}${filled(assistant)}`,
    other ? `{{ else }}${filled(other)}` : '',
    `{{ end }}{{ end }}${start}`,
  ].join('');
}

/** Keeps the system text for the next user turn; several texts are joined. */
const HELD_SYSTEM =
  '{{ if $system }}{{ $system = printf "%s\\n\\n%s" $system .Content }}{{ else }}{{ $system = .Content }}{{ end }}';

function filled(turn: string): string {
  return turn.replace('{system}', '{{ $system }}').replace('{}', '{{ .Content }}');
}
