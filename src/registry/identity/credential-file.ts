import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { openRegularFile, readBounded } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { type Credential, credentialProblem } from './credential.ts';

/** Enough for hundreds of registries. */
const MAX_FILE_BYTES = MIB;
const FILE_MODE = 0o600;
const READABLE_BY_OTHERS = 0o077;

/** Format of Podman's `auth.json` and Docker's `config.json`; unknown fields are kept. */
const fileSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({ auth: z.string().exactOptional(), registrytoken: z.string().exactOptional() }),
    )
    .default({}),
});

type Entries = z.infer<typeof fileSchema>;

/** `~/.ollama/auth.json`: credentials for registries, by host, readable only by the user. */
export class CredentialFile {
  readonly path: string;
  readonly #warn: (message: string) => void;

  /** @param folder the user's own, "~/.ollama" */
  constructor(folder: string, warn: (message: string) => void) {
    this.path = join(folder, 'auth.json');
    this.#warn = warn;
  }

  /** @throws OllamaError `internal` naming the file when it is malformed */
  async find(host: string): Promise<Credential | undefined> {
    const { auths } = await this.#read();
    const entry = Object.hasOwn(auths, host.toLowerCase()) ? auths[host.toLowerCase()] : undefined;
    if (!entry) return undefined;
    const credential = credentialOf(entry);
    if (!credential || credentialProblem(credential) !== undefined)
      throw new OllamaError(
        'internal',
        `${this.path}: the entry for ${host} is malformed: run "ollama login ${host}"`,
      );
    return credential;
  }

  async store(host: string, credential: Credential): Promise<void> {
    const content = await this.#read();
    const auths = { ...content.auths, [host.toLowerCase()]: entryOf(credential) };
    await this.#write({ ...content, auths });
  }

  /** Returns false when there was none. */
  async remove(host: string): Promise<boolean> {
    const content = await this.#read();
    const kept = Object.entries(content.auths).filter(([known]) => known !== host.toLowerCase());
    if (kept.length === Object.keys(content.auths).length) return false;
    await this.#write({ ...content, auths: Object.fromEntries(kept) });
    return true;
  }

  async #write(content: Entries): Promise<void> {
    await writeFileAtomically(this.path, `${JSON.stringify(content, undefined, 2)}\n`, FILE_MODE);
  }

  async #read(): Promise<Entries> {
    const text = await this.#text();
    if (text === undefined) return { auths: {} };
    const parsed = fileSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    // The content is secret, so the error names only the place of the fault.
    const field = parsed.error.issues[0]?.path.join('.') || 'the file';
    throw new OllamaError('internal', `${this.path}: ${field} is malformed: correct or remove the file`);
  }

  async #text(): Promise<string | undefined> {
    try {
      const file = await openRegularFile(this.path);
      try {
        const { mode } = await file.stat();
        if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0)
          this.#warn(`${this.path} can be read by other users: run "chmod 600 ${this.path}"`);
        return (await readBounded(file, this.path, MAX_FILE_BYTES)).toString();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}

function entryOf(credential: Credential): Entries['auths'][string] {
  if ('token' in credential) return { registrytoken: credential.token };
  return { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') };
}

function credentialOf({ auth, registrytoken }: Entries['auths'][string]): Credential | undefined {
  if (registrytoken) return { token: registrytoken };
  const text = Buffer.from(auth ?? '', 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at > 0 ? { username: text.slice(0, at), password: text.slice(at + 1) } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
