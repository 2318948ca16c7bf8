/** What may come next on a command line. Pure; `print-completions.ts` asks the server. */
import type { Command } from './command.ts';

export interface CompletionSources {
  /** Of all commands, aliases included. */
  readonly commandNames: readonly string[];
  readonly command: (name: string) => Promise<Pick<Command, 'flags' | 'completes' | 'arity'> | undefined>;
  readonly models: () => Promise<readonly string[]>;
  readonly running: () => Promise<readonly string[]>;
}

export const shells = ['bash', 'fish', 'zsh'] as const;

/** @param words behind the program's name; the last one is being typed, "" when it has not begun */
export async function completions(words: readonly string[], sources: CompletionSources): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const [name = '', ...rest] = words;
  if (words.length <= 1) return matching([...sources.commandNames, 'help'], current);
  if (name === 'help') return matching(sources.commandNames, current);
  const command = await sources.command(name);
  if (!command) return [];
  if (current.startsWith('-')) return matching(flagNames(command), current);
  const given = rest.slice(0, -1).filter((word) => !word.startsWith('-')).length;
  if (given >= (command.arity.max ?? Number.POSITIVE_INFINITY)) return [];
  return matching(await argumentsOf(command, sources), current);
}

function flagNames({ flags }: Pick<Command, 'flags'>): string[] {
  return [...Object.keys(flags), 'help'].map((flag) => `--${flag}`);
}

async function argumentsOf(
  { completes }: Pick<Command, 'completes'>,
  { models, running }: CompletionSources,
): Promise<readonly string[]> {
  if (completes === 'models') return models();
  if (completes === 'running') return running();
  return completes === 'shells' ? shells : [];
}

function matching(names: readonly string[], start: string): string[] {
  return [...new Set(names)].filter((name) => name.startsWith(start)).sort();
}
