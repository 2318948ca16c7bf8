import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { MAX_TEXT_LENGTH, withPlainLineBreaks } from './key-event.ts';

/** Only the user may read the text. */
const FILE_MODE = 0o600;

export interface EditorChoice {
  /** Value of the setting; "" if not set. Its quotes have been removed, so the variable itself takes precedence. */
  readonly setting: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** @returns the program and its arguments, which the variable may contain too, in quotes if they contain spaces */
export function editorCommand({ setting, environment, platform }: EditorChoice): string[] {
  const fallback = platform === 'win32' ? 'edit' : 'vi';
  const candidates = [environment.OLLAMA_EDITOR, setting, environment.VISUAL, environment.EDITOR, fallback];
  const line = candidates.find((candidate) => candidate?.trim()) ?? fallback;
  return Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|\S+/g), ([whole, double, single]) => {
    return double ?? single ?? whole;
  });
}

/**
 * Lets the user edit a text in another program, which gets the terminal.
 * @throws OllamaError if the program cannot be started or fails
 */
export async function editExternally(text: string, command: readonly string[]): Promise<string> {
  const path = join(tmpdir(), `ollama-prompt-${randomUUID()}.txt`);
  try {
    await writeFile(path, text, { mode: FILE_MODE, flag: 'wx' });
    await run([...command, path]);
    const { size } = await stat(path);
    if (size > MAX_TEXT_LENGTH) throw new Error(`the text has more than ${MAX_TEXT_LENGTH} bytes`);
    return withPlainLineBreaks(await readFile(path, 'utf8')).replace(/(?<!\n)\n+$/, '');
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? 'no such program or file' : messageOf(error);
    throw new OllamaError(
      'invalid-request',
      `cannot edit in "${command.join(' ')}": ${reason} (set OLLAMA_EDITOR to use another editor)`,
      { cause: error },
    );
  } finally {
    await rm(path, { force: true });
  }
}

function run([program = '', ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            signal ? `the editor was ended by ${signal}` : `the editor failed with exit code ${code}`,
          ),
        );
    });
  });
}
