import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { systemCode } from '../../base/errors.ts';
import { type Environment, userFolder } from '../../config/settings.ts';

export const HISTORY_LENGTH = 100;
/** Only the user may read what they typed. */
const FILE_MODE = 0o600;

/** The lines typed at the prompt, oldest first, one a line. */
export class HistoryFile {
  readonly #path: string;
  #saving = Promise.resolve();

  constructor(environment: Environment) {
    this.#path = join(userFolder(environment), 'history');
  }

  /** @returns the newest lines, oldest first; none when there is no file */
  async load(): Promise<string[]> {
    try {
      const lines = (await readFile(this.#path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
      return lines.slice(-HISTORY_LENGTH);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Replaces the file, one call after the other. @param lines oldest first */
  save(lines: readonly string[]): Promise<void> {
    const content = lines
      .slice(-HISTORY_LENGTH)
      .map((line) => `${line}\n`)
      .join('');
    const saved = this.#saving.then(() => writeFileAtomically(this.#path, content, FILE_MODE));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
