import { parseArgs } from 'node:util';
import { OllamaError } from '../base/errors.ts';
import type { Arity, Command, CommandInput, Flag } from './command.ts';

const refuse = (message: string) => new OllamaError('invalid-request', message);

/** A flag of every command. */
export const helpFlag: Flag = { type: 'boolean', short: 'h', help: 'Show this help' };

const trueWords = new Set(['1', 't', 'true']);
const falseWords = new Set(['0', 'f', 'false']);

/**
 * Reads a command's flags and arguments. Flags may appear anywhere before `--`.
 * @throws OllamaError with Ollama's wording, which scripts may match
 */
export function parseArguments(
  command: Pick<Command, 'flags' | 'arity'>,
  argv: readonly string[],
): CommandInput & { readonly help: boolean } {
  const flags: Record<string, Flag> = { ...command.flags, help: helpFlag };
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, optionOf(flag)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (!flag) throw unknownFlag(token.rawName);
    values[token.name] = readValue(flag, token.rawName, token.value);
  }
  if (values.help !== true) checkArity(command.arity, positionals.length);
  const dashes = tokens.findIndex(({ kind }) => kind === 'option-terminator');
  const beforeDashes = tokens.slice(0, dashes).filter(({ kind }) => kind === 'positional').length;
  return { positionals, flags: values, help: values.help === true, ...(dashes >= 0 && { beforeDashes }) };
}

function optionOf(flag: Flag): { type: 'string' | 'boolean'; short?: string } {
  const type = flag.type === 'string' && flag.optionalValue === undefined ? 'string' : 'boolean';
  return flag.short === undefined ? { type } : { type, short: flag.short };
}

function unknownFlag(rawName: string): OllamaError {
  if (rawName.startsWith('--')) return refuse(`unknown flag: ${rawName}`);
  return refuse(`unknown shorthand flag: '${rawName.slice(1)}' in ${rawName}`);
}

function readValue(flag: Flag, rawName: string, value: string | undefined): string | boolean {
  if (flag.type === 'string') {
    const text = value ?? flag.optionalValue;
    if (text === undefined) throw refuse(`flag needs an argument: ${rawName}`);
    return text;
  }
  if (value === undefined || trueWords.has(value.toLowerCase())) return true;
  if (falseWords.has(value.toLowerCase())) return false;
  throw refuse(
    `invalid argument "${value}" for "${rawName}" flag: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
  );
}

function checkArity({ min, max }: Arity, count: number): void {
  if (max === undefined) {
    if (count < min) throw refuse(`requires at least ${min} arg(s), only received ${count}`);
  } else if (count < min || count > max) {
    const accepted = min === max ? `${min}` : `between ${min} and ${max}`;
    throw refuse(`accepts ${accepted} arg(s), received ${count}`);
  }
}
