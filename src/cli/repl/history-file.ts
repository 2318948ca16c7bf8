import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { systemCode } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { type Environment, userFolder } from '../../config/environment.ts';

export const HISTORY_LENGTH = 100;
/** Only the user may read the history. */
const FILE_MODE = 0o600;

/** UTF-16 units. Longer texts were pasted, and would slow down each start. */
const MAX_ENTRY_LENGTH = 16_384;
/** Maximum size of a file that we write, with four bytes per character. Only the end of a larger file is used. */
const MAX_FILE_BYTES = 4 * HISTORY_LENGTH * MAX_ENTRY_LENGTH;
/** Unicode's line separator. It keeps a text of several lines in one entry, and Ollama, which reads this file too, shows it. */
const LINE_SEPARATOR = '\u2028';

/** The file of texts typed at the prompt: oldest first, one per line. */
export class HistoryFile {
  readonly #path: string;
  #saving = Promise.resolve();

  constructor(environment: Environment) {
    this.#path = join(userFolder(environment), 'history');
  }

  /** @returns the newest lines, oldest first; an empty list if there is no file */
  async load(): Promise<string[]> {
    try {
      const lines = (await this.#end()).split(/\r?\n/);
      const entries = lines.filter((line) => line.trim() !== '').slice(-HISTORY_LENGTH);
      return entries.map((line) => line.replaceAll(LINE_SEPARATOR, '\n'));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #end(): Promise<string> {
    const file = await openRegularFile(this.#path);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, MAX_FILE_BYTES));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** Replaces the file. Calls run one after another. @param lines oldest first */
  save(lines: readonly string[]): Promise<void> {
    const content = lines
      .filter((line) => line.length <= MAX_ENTRY_LENGTH)
      .slice(-HISTORY_LENGTH)
      .map((line) => `${line.replaceAll('\n', LINE_SEPARATOR)}\n`)
      .join('');
    const saved = this.#saving.then(() => writeFileAtomically(this.#path, content, FILE_MODE));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
