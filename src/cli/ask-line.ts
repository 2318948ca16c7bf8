import { OllamaError } from '../base/errors.ts';

/** Longer than any secret that could be sent. */
const MAX_LINE_LENGTH = 16 * 1024;

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';
const erasing = ['\u007f', '\b'];

/** What a line editor needs of what is typed. */
class TypedLine {
  text = '';
  isDone = false;

  /** @returns what is to be shown */
  type(character: string): string {
    if (character === INTERRUPT) throw new OllamaError('canceled', 'canceled');
    if (ENTER.test(character) || character === END_OF_INPUT) {
      this.isDone = true;
      return '';
    }
    if (erasing.includes(character)) {
      if (this.text === '') return '';
      this.text = [...this.text].slice(0, -1).join('');
      return '\b \b';
    }
    if (/\p{Cc}/u.test(character)) return '';
    if (this.text.length >= MAX_LINE_LENGTH) throw new OllamaError('invalid-request', 'the line is too long');
    this.text += character;
    return character;
  }
}

/**
 * Asks for one line on a terminal; a hidden one is not shown. What was typed ahead stays for the next question.
 * @throws OllamaError `canceled` at Ctrl-C
 */
export async function askLine(
  question: string,
  { stdin, stderr }: Terminal,
  { hidden }: { readonly hidden: boolean },
): Promise<string> {
  const line = new TypedLine();
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void) => {
        stdin.off('data', onData);
        stdin.off('end', onEnd);
        stdin.pause();
        settle();
      };
      const onEnd = () => finish(resolve);
      const onData = (text: string) => {
        const characters = [...text];
        try {
          while (characters.length > 0 && !line.isDone) {
            const shown = line.type(characters.shift() ?? '');
            if (!hidden) stderr.write(shown);
          }
        } catch (error) {
          finish(() => reject(error));
          return;
        }
        if (!line.isDone) return;
        finish(resolve);
        if (characters.length > 0) stdin.unshift(characters.join(''), 'utf8');
      };
      stdin.on('data', onData);
      stdin.on('end', onEnd);
      stdin.resume();
    });
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
  return line.text;
}

/** All of the standard input, without the line's end that `echo` adds. */
export async function readSecret(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_LINE_LENGTH)
      throw new OllamaError(
        'invalid-request',
        `the standard input holds more than ${MAX_LINE_LENGTH} characters`,
      );
  }
  return text.replace(/\r?\n$/, '');
}
