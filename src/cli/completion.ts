/** Finds what may come next on a command line. Pure: `print-completions.ts` queries the server. */
import type { Command, Flag } from './command.ts';

type Flags = Readonly<Record<string, Flag>>;
type CompletedCommand = Pick<Command, 'flags' | 'completes' | 'arity'>;

export interface CompletionSources {
  /** Names of all commands, including aliases. */
  readonly commandNames: readonly string[];
  /** Flags of the program itself. */
  readonly rootFlags: Flags;
  readonly command: (name: string) => Promise<CompletedCommand | undefined>;
  readonly models: () => Promise<readonly string[]>;
  readonly running: () => Promise<readonly string[]>;
  readonly integrations: () => Promise<readonly string[]>;
}

export const shells = ['bash', 'fish', 'powershell', 'zsh'] as const;
const autostartActions = ['on', 'off', 'run'];
/** Printed in place of names: the shell then offers files. */
export const FILES = ':files';
/** Stands for an empty word, which Windows' PowerShell does not pass on to programs. */
export const NOTHING_TYPED = ':nothing';

/** @param words after the program's name; the last one is being typed, and is "" if nothing has been typed yet */
export async function completions(
  [...words]: readonly string[],
  sources: CompletionSources,
): Promise<string[]> {
  if (words.at(-1) === NOTHING_TYPED) words.splice(-1, 1, '');
  const current = words.at(-1) ?? '';
  const [name = '', ...rest] = words;
  if (words.length <= 1) {
    if (current.startsWith('-')) return matching(flagNames(sources.rootFlags), current);
    return matching([...sources.commandNames, 'help'], current);
  }
  if (name === 'help') return matching(sources.commandNames, current);
  const command = await sources.command(name);
  if (!command) return [];
  const { given, open, isLiteral } = readWords(rest.slice(0, -1), command.flags);
  if (open) return valuesOf(open, current);
  if (current.startsWith('-') && !isLiteral) return flagsFor(command.flags, current);
  if (given >= (command.arity.max ?? Number.POSITIVE_INFINITY)) return [];
  return matching(await argumentsOf(command, sources), current);
}

/** Counts the arguments that were given, and finds the flag whose value comes next. */
function readWords(
  words: readonly string[],
  flags: Flags,
): { given: number; open?: Flag; isLiteral: boolean } {
  let given = 0;
  let open: Flag | undefined;
  for (const [index, word] of words.entries()) {
    if (open) open = undefined;
    else if (word === '--') return { given: given + words.length - index - 1, isLiteral: true };
    else if (word.startsWith('-')) open = flagThatNeedsMore(word, flags);
    else given++;
  }
  return { given, ...(open && { open }), isLiteral: false };
}

function flagThatNeedsMore(word: string, flags: Flags): Flag | undefined {
  const flag = word.startsWith('--')
    ? flags[word.slice(2)]
    : Object.values(flags).find(({ short }) => word === `-${short}`);
  return flag?.type === 'string' && flag.optionalValue === undefined ? flag : undefined;
}

function flagsFor(flags: Flags, current: string): string[] {
  const equals = current.indexOf('=');
  const flag = flags[current.slice(2, equals)];
  if (equals < 0 || !flag) return matching(flagNames(flags), current);
  const start = current.slice(0, equals + 1);
  const values = valuesOf(flag, current.slice(start.length));
  return values.includes(FILES) ? values : values.map((value) => `${start}${value}`);
}

function valuesOf({ values = [], takesFile }: Flag, current: string): string[] {
  return takesFile ? [FILES] : matching(values, current);
}

function flagNames(flags: Flags): string[] {
  return [...Object.keys(flags), 'help'].map((flag) => `--${flag}`);
}

async function argumentsOf(
  { completes }: CompletedCommand,
  { models, running, integrations }: CompletionSources,
): Promise<readonly string[]> {
  if (completes === 'integrations') return integrations();
  if (completes === 'models') return models();
  if (completes === 'running') return running();
  if (completes === 'autostart') return autostartActions;
  return completes === 'shells' ? shells : [];
}

/** Names with the given beginning; letter case is ignored. */
function matching(names: readonly string[], start: string): string[] {
  return [...new Set(names)].filter((name) => name.toLowerCase().startsWith(start.toLowerCase())).sort();
}
