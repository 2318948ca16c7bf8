import { OllamaError } from '../base/errors.ts';

/** Longer than any secret that could be sent. */
const MAX_LINE_LENGTH = 16 * 1024;

interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

const INTERRUPT = '\u0003';
/** Enter, and Ctrl-D. */
const ending = ['\r', '\n', '\u0004'];
const erasing = ['\u007f', '\b'];

/** What is typed, until Enter. */
class TypedLine {
  text = '';
  isDone = false;

  /**
   * @returns what is left after Enter, and what is to be shown
   * @throws OllamaError `canceled` at Ctrl-C
   */
  type(input: string): { rest: string; shown: string } {
    const characters = [...input];
    let shown = '';
    while (characters.length > 0 && !this.isDone) shown += this.#key(characters.shift() ?? '');
    return { rest: characters.join(''), shown };
  }

  #key(character: string): string {
    if (character === INTERRUPT) throw new OllamaError('canceled', 'canceled');
    if (ending.includes(character)) this.isDone = true;
    if (erasing.includes(character)) return this.#erase();
    if (/\p{Cc}/u.test(character)) return '';
    if (this.text.length >= MAX_LINE_LENGTH) throw new OllamaError('invalid-request', 'the line is too long');
    this.text += character;
    return character;
  }

  #erase(): string {
    if (this.text === '') return '';
    this.text = [...this.text].slice(0, -1).join('');
    return '\b \b';
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
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await readLine(stdin, (shown) => {
      if (!hidden) stderr.write(shown);
    });
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
}

function readLine(stdin: NodeJS.ReadStream, show: (text: string) => void): Promise<string> {
  const line = new TypedLine();
  return new Promise<string>((resolve, reject) => {
    const finish = (settle: () => void) => {
      stdin.off('data', onData).off('end', onEnd);
      stdin.pause();
      settle();
    };
    const onEnd = () => finish(() => resolve(line.text));
    const onData = (input: string) => {
      try {
        const { rest, shown } = line.type(input);
        show(shown);
        if (line.isDone) onEnd();
        if (rest !== '') stdin.unshift(rest, 'utf8');
      } catch (error) {
        finish(() => reject(error));
      }
    };
    stdin.on('data', onData).on('end', onEnd);
    stdin.resume();
  });
}

/** All of the standard input, without the line's end that `echo` adds. */
export async function readSecret(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_LINE_LENGTH) {
      const message = `the standard input holds more than ${MAX_LINE_LENGTH} characters`;
      throw new OllamaError('invalid-request', message);
    }
  }
  return text.replace(/\r?\n$/, '');
}
