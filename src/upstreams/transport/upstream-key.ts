import { messageOf, OllamaError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import type { ConfiguredUpstream } from '../../config/file/config-file.ts';

/** Keys have up to a few hundred characters; tokens of some clouds have 4 KB. */
const MAX_KEY_BYTES = 16 * 1024;
/** What a header may contain. */
const plainKey = /^[\x21-\x7e]+$/;

/** The key of one upstream: read when it is first needed, and again after the upstream has refused it. */
export class UpstreamKey {
  readonly #settings: Pick<ConfiguredUpstream, 'name' | 'keyFile' | 'keyVariable'>;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #key: Promise<string | undefined> | undefined;

  constructor(
    settings: Pick<ConfiguredUpstream, 'name' | 'keyFile' | 'keyVariable'>,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#settings = settings;
    this.#environment = environment;
  }

  /** @throws OllamaError `upstream` where there should be a key and is none; never with its text */
  get(): Promise<string | undefined> {
    this.#key ??= this.#read().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  forget(): void {
    this.#key = undefined;
  }

  async #read(): Promise<string | undefined> {
    const { name, keyFile, keyVariable } = this.#settings;
    if (keyFile === undefined && keyVariable === undefined) return undefined;
    const place = keyFile === undefined ? `variable ${keyVariable}` : 'key file';
    let key: string;
    try {
      key =
        keyFile === undefined
          ? (this.#environment[keyVariable ?? ''] ?? '').trim()
          : (await readRegularFile(keyFile, MAX_KEY_BYTES)).toString('utf8').trim();
    } catch (error) {
      throw broken(name, `its key file cannot be read: ${messageOf(error)}`);
    }
    if (!plainKey.test(key)) throw broken(name, `its ${place} does not hold a key`);
    return key;
  }
}

function broken(name: string, reason: string): OllamaError {
  return new OllamaError('upstream', `upstream "${name}": ${reason}`, { status: 502 });
}
