import { MIB } from '../../base/units.ts';
import { digestOf } from '../file-digest.ts';
import { SharedWork } from '../shared-work.ts';
import type { MediaOrder, PdfWork } from '../work/media-work.ts';

/** The texts of the conversations going on: eight of the largest files, or a thousand papers. */
const KEPT_BYTES = 64 * MIB;
const BYTES_PER_CHARACTER = 2;

/**
 * Reads PDF files, and keeps their texts: a conversation sends its files again with each message. Requests for the same file, with the
 * same salt, share the work.
 */
export class PdfTexts {
  readonly #work: PdfWork;
  readonly #shared: SharedWork<string>;

  constructor(work: PdfWork, keptBytes = KEPT_BYTES) {
    this.#work = work;
    this.#shared = new SharedWork(keptBytes, (text) => text.length * BYTES_PER_CHARACTER);
  }

  /**
   * @param source the file in base64
   * @throws OllamaError `invalid-request` saying what is wrong with the file; `canceled`; `busy`
   */
  async read(source: string, { owner, signal, salt = '' }: MediaOrder): Promise<string> {
    const key = `${await digestOf(source)} ${salt}`;
    return this.#shared.run(key, signal, (ending) => this.#work(source, { owner, signal: ending, key }));
  }
}
