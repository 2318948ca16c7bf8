/** How a format writes its turns; `{}` is where the content goes. */
export interface TurnFormat {
  readonly user: string;
  readonly assistant: string;
  readonly system?: string;
  /** Turns of other roles, as `tool`; they are left out where there is none. */
  readonly other?: string;
  /** In place of `system`: the user's turn with the system text of before in it, at `{system}`. */
  readonly userWithSystem?: string;
  /** Before the first turn. */
  readonly begin?: string;
  /** What an answer begins with. */
  readonly start: string;
}

/** The Go template of a format. */
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

/** Kept for the user's next turn; several are joined. */
const HELD_SYSTEM =
  '{{ if $system }}{{ $system = printf "%s\\n\\n%s" $system .Content }}{{ else }}{{ $system = .Content }}{{ end }}';

function filled(turn: string): string {
  return turn.replace('{system}', '{{ $system }}').replace('{}', '{{ .Content }}');
}
