import { fenceComment, fenceFor } from './fence.ts';
import type { Modelfile, ModelfileCommand } from './modelfile.ts';
import { plainValue, trimIgnorable, trimIgnorableEnd } from './text.ts';

/**
 * Prints a Modelfile so that `parseModelfile` returns the same commands, whatever their values. Ollama reads the same
 * commands too, except for two kinds of values that its grammar cannot express: values with control characters, which it
 * drops, and values in which a line other than the last ends with three double quotes. The latter are enclosed in a longer
 * run of quotes, which a comment announces.
 */
export function printModelfile(modelfile: Modelfile): string {
  return modelfile.commands.map(printCommand).join('');
}

function printCommand(command: ModelfileCommand): string {
  const { quote, comment } = quoting(command.value);
  return `${comment}${opening(command)} ${quote}${command.value}${quote}\n`;
}

function opening(command: ModelfileCommand): string {
  switch (command.instruction) {
    case 'parameter':
      return `PARAMETER ${command.name}`;
    case 'message':
      return `MESSAGE ${command.role}`;
    default:
      return command.instruction.toUpperCase();
  }
}

interface Quoting {
  readonly quote: string;
  /** A comment line before the instruction, or "". */
  readonly comment: string;
}

function quoting(value: string): Quoting {
  if (isPlain(value)) return { quote: '', comment: '' };
  if (!value.includes('"')) return { quote: '"', comment: '' };
  if (!endsEarly(value)) return { quote: '"""', comment: '' };
  const fence = fenceFor(value);
  return { quote: fence, comment: `${fenceComment(fence)}\n` };
}

/** Whether a value can be printed without quotes: one line, no characters that are dropped, and no quote at its start. */
function isPlain(value: string): boolean {
  if (value === '' || /[\r\n]/.test(value)) return false;
  return value === plainValue(value) && !trimIgnorable(value).startsWith('"');
}

/** Whether a value enclosed in `"""` would end before its last line. */
function endsEarly(value: string): boolean {
  const innerLines = value.split(/[\r\n]/).slice(0, -1);
  return innerLines.some((line) => trimIgnorableEnd(line).endsWith('"""'));
}
