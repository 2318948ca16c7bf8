import { OllamaError } from '../../../base/errors.ts';

/**
 * Refuses arguments that would contradict what the launch sets.
 * @param flags each with what sets it; "-m" also matches "-mNAME"
 * @throws OllamaError in Ollama's words
 */
export function refuseArguments(
  name: string,
  args: readonly string[],
  flags: Readonly<Record<string, string>>,
): void {
  for (const argument of args) {
    const flag = Object.keys(flags).find((candidate) => isFlag(argument, candidate));
    if (flag === undefined) continue;
    const message = `conflicting extra argument ${JSON.stringify(argument)}: ollama launch ${name} manages ${flags[flag]}`;
    throw new OllamaError('invalid-request', message);
  }
}

function isFlag(argument: string, flag: string): boolean {
  if (argument === flag || argument.startsWith(`${flag}=`)) return true;
  return /^-[^-]$/.test(flag) && argument.startsWith(flag) && !argument.startsWith('--');
}

/** Whether an argument is one of the flags, with or without a value. */
export function hasFlag(args: readonly string[], ...flags: readonly string[]): boolean {
  return args.some((argument) => flags.some((flag) => argument === flag || argument.startsWith(`${flag}=`)));
}
