import { randomBytes, sign } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { createOnce } from '../../base/files/create-once.ts';
import { makePrivateFolder } from '../../base/private-folder.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { KIB } from '../../base/units.ts';
import { encodePrivateKey, generateSshKey, parsePrivateKey, publicKeyLine, type SshKey } from './ssh-key.ts';

/** An ed25519 key takes 400 bytes; the largest SSH keys are smaller than 10 KB. */
const MAX_KEY_BYTES = 64 * KIB;
/** Only the owner reads the private key. */
const KEY_MODE = 0o600;

/** The key pair that identifies this user to registries: `id_ed25519` and `id_ed25519.pub`, shared with Ollama. */
export class KeyFile {
  readonly #path: string;

  /** @param folder the user's own, "~/.ollama" */
  constructor(folder: string) {
    this.#path = join(folder, 'id_ed25519');
  }

  /**
   * Creates the key pair if it does not exist; if two processes do so at once, one wins.
   * @returns the new public key's line, undefined when the pair existed
   */
  async ensure(): Promise<string | undefined> {
    if ((await this.#read()) !== undefined) return undefined;
    makePrivateFolder(join(this.#path, '..'));
    const key = generateSshKey();
    const temporary = `${this.#path}.${randomBytes(8).toString('hex')}`;
    try {
      const content = encodePrivateKey(key);
      await writeFile(temporary, content, { mode: KEY_MODE, flag: 'wx' });
      if (!(await createOnce(temporary, this.#path, content, { mode: KEY_MODE }))) return undefined;
    } finally {
      await rm(temporary, { force: true });
    }
    const line = publicKeyLine(key);
    await writeFileAtomically(`${this.#path}.pub`, line);
    return line;
  }

  /**
   * Returns "<public key>:<signature>", both base64, the form that Ollama registries expect in `Authorization`.
   * @returns undefined when there is no key
   * @throws OllamaError `internal` naming the file when it does not contain a usable key
   */
  async sign(text: string): Promise<string | undefined> {
    const pem = await this.#read();
    if (pem === undefined) return undefined;
    const { privateKey, publicBlob } = this.#parse(pem);
    return `${publicBlob}:${sign(null, Buffer.from(text), privateKey).toString('base64')}`;
  }

  #parse(pem: string): SshKey {
    try {
      return parsePrivateKey(pem);
    } catch (error) {
      throw new OllamaError('internal', `${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #read(): Promise<string | undefined> {
    try {
      return (await readRegularFile(this.#path, MAX_KEY_BYTES)).toString();
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}
