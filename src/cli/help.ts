import { settingsFor } from '../config/command-settings.ts';
import type { Command, Flag } from './command.ts';
import { wrapCell } from './output/cell-wrap.ts';
import { helpFlag } from './parse-arguments.ts';

export interface CommandSummary {
  readonly name: string;
  readonly summary: string;
}

/** @param room columns of a narrow terminal, where each explanation gets its own line */
function columns(rows: readonly (readonly [string, string])[], indent: string, room?: number): string[] {
  if (room !== undefined) return rows.flatMap(([left, right]) => [`  ${left}`, ...wrapped(right, room)]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}   ${right}`);
}

const NARROW_INDENT = '    ';

function wrapped(text: string, room: number): string[] {
  return wrapCell(text, Math.max(1, room - NARROW_INDENT.length)).map((line) => NARROW_INDENT + line);
}

function flagRow([name, flag]: readonly [string, Flag]): readonly [string, string] {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  const value = flag.type === 'string' ? ` ${flag.placeholder ?? 'string'}` : '';
  const optional = flag.optionalValue === undefined ? value : `[=${value.trim()}]`;
  return [`${short}--${name}${optional}`, flag.help];
}

function flagLines(flags: Readonly<Record<string, Flag>>, room?: number): string[] {
  const all = Object.entries({ ...flags, help: helpFlag }).sort(([left], [right]) =>
    left.localeCompare(right),
  );
  return ['Flags:', ...columns(all.map(flagRow), '  ', room)];
}

/** @param room columns of a narrow terminal */
export function commandHelp(command: Command, room?: number): string {
  const lines = [command.summary, '', 'Usage:', `  ollama ${command.usage} [flags]`, ''];
  if (command.aliases) lines.push('Aliases:', `  ${[command.name, ...command.aliases].join(', ')}`, '');
  lines.push(...flagLines(command.flags, room));
  const settings = settingsFor(command.settings);
  if (settings.length > 0) {
    const rows = settings.map(({ name, help }) => [name, help] as const);
    lines.push('', 'Environment Variables:', ...columns(rows, '      ', room));
  }
  return `${lines.join('\n')}\n`;
}

type Flags = Readonly<Record<string, Flag>>;

/** @param room columns of a narrow terminal */
export function rootHelp(commands: readonly CommandSummary[], flags: Flags, room?: number): string {
  return `Run and serve language models\n\n${rootUsage(commands, flags, room)}`;
}

/** The usage text without the program's description. */
export function rootUsage(commands: readonly CommandSummary[], flags: Flags, room?: number): string {
  const rows = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ['help', 'Help about any command'] as const,
  ];
  return `${[
    'Usage:',
    '  ollama [flags]',
    '  ollama [command]',
    '',
    'Available Commands:',
    ...columns(rows, '  ', room),
    '',
    ...flagLines(flags, room),
    '',
    'Use "ollama [command] --help" for more information about a command.',
  ].join('\n')}\n`;
}

export const helpOfHelp = `Help about any command

Usage:
  ollama help [command] [flags]

Flags:
  -h, --help   Show this help
`;
