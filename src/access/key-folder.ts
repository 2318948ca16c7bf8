import type { CreateKeyRequest, KeyInfo } from '../api/keys.ts';
import { createKey, requireKey, revokeKey, rotateKey } from './key-changes.ts';
import { KeyFile } from './key-file.ts';
import { keyInfo } from './key-info.ts';

/** The key file of a user, changed without a server. A running one notices the change within a second or two. */
export class KeyFolder {
  readonly #file: KeyFile;

  /** @param folder the user's own, "~/.ollama" */
  constructor(folder: string) {
    this.#file = new KeyFile(folder);
  }

  get path(): string {
    return this.#file.path;
  }

  /** @throws KeyFileError */
  async list(): Promise<{ keys: KeyInfo[] }> {
    const records = (await this.#file.read()) ?? [];
    return { keys: records.map((record) => keyInfo(record, 'key file')) };
  }

  /** @throws KeyFileError; OllamaError `not-found` */
  async show(id: string): Promise<KeyInfo> {
    return keyInfo(requireKey((await this.#file.read()) ?? [], id), 'key file');
  }

  /** @throws the errors of `createKey` and of `KeyFile` */
  async create(request: CreateKeyRequest): Promise<KeyInfo & { key: string }> {
    const { record, key } = await this.#file.update((records) => createKey(records, request, Date.now()));
    return { key, ...keyInfo(record, 'key file') };
  }

  /** @throws the errors of `rotateKey` and of `KeyFile` */
  async rotate(id: string, grace?: string): Promise<KeyInfo & { key: string }> {
    const { record, key } = await this.#file.update((records) => rotateKey(records, id, grace, Date.now()));
    return { key, ...keyInfo(record, 'key file') };
  }

  /** @throws OllamaError `not-found` and the errors of `KeyFile` */
  async revoke(id: string): Promise<KeyInfo> {
    const { record } = await this.#file.update((records) => revokeKey(records, id));
    return keyInfo(record, 'key file');
  }
}
