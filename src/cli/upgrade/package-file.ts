/** A package file as `npm pack` makes it, checked before npm installs it. */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { readPackageArchive } from '../../base/files/package-archive.ts';
import { MIB } from '../../base/units.ts';
import { requireVersion } from './version-order.ts';

/** Ours has less than 1 MiB. */
const MAX_FILE_BYTES = 64 * MIB;
/** Ours has less than 8 MiB unpacked. */
const MAX_UNPACKED_BYTES = 256 * MIB;

const factsSchema = z.object({ name: z.string(), version: z.string() });
const shrinkwrapSchema = z.object({
  version: z.string(),
  packages: z.record(z.string(), z.object({ integrity: z.string().optional(), dev: z.boolean().optional() })),
});

export class PackageFile {
  readonly path: string;
  readonly version: string;
  readonly #bytes: Uint8Array;

  private constructor(path: string, version: string, bytes: Uint8Array) {
    this.path = path;
    this.version = version;
    this.#bytes = bytes;
  }

  /**
   * @param name name that the package must have
   * @throws OllamaError `invalid-request` unless it is a package of this name that pins all of its dependencies
   */
  static async read(path: string, name: string): Promise<PackageFile> {
    const bytes = await readWhole(path);
    const refuse = (reason: string) => new OllamaError('invalid-request', `${path} ${reason}`);
    const texts = entriesOf(bytes, ['package/package.json', 'package/npm-shrinkwrap.json']);
    const facts = factsSchema.safeParse(parseJson(texts.get('package/package.json')));
    if (!facts.success) throw refuse('is not a package file, as "npm pack" makes it');
    if (facts.data.name !== name) throw refuse(`is a package of ${facts.data.name}, not of ${name}`);
    const version = requireVersion(facts.data.version);
    const lock = shrinkwrapSchema.safeParse(parseJson(texts.get('package/npm-shrinkwrap.json')));
    const entries = Object.entries(lock.data?.packages ?? {});
    const dependencies = entries.filter(([place, { dev }]) => place !== '' && dev !== true);
    const isPinned = dependencies.every(([, { integrity }]) => integrity?.startsWith('sha512-'));
    if (lock.data?.version !== version || dependencies.length === 0 || !isPinned)
      throw refuse('does not pin its dependencies (npm-shrinkwrap.json): make it with "npm pack" in a clone');
    return new PackageFile(path, version, bytes);
  }

  /**
   * Unpacks the bytes that were checked, which no other user can have replaced, into an existing folder.
   * @throws OllamaError `invalid-request` with the reason of the program tar
   */
  async unpack(folder: string): Promise<void> {
    const parameters = ['-xzf', '-', '-C', folder, '--strip-components=1', '--no-same-owner'];
    try {
      const unpacking = promisify(execFile)('tar', parameters);
      // If tar ends early, its exit status says more than the broken pipe.
      unpacking.child.stdin?.on('error', () => undefined).end(this.#bytes);
      await unpacking;
    } catch (error) {
      const message = `${this.path} cannot be unpacked: ${messageOf(error)}`;
      throw new OllamaError('invalid-request', message, { cause: error });
    }
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      const advice =
        'run "sh scripts/install.sh" in a clone, or "npm pack" there and name the file that it makes';
      throw new OllamaError('invalid-request', `${path} is a folder: ${advice}`);
    }
    if (!facts.isFile() || facts.size > MAX_FILE_BYTES)
      throw new OllamaError('invalid-request', `${path} is not a package file, as "npm pack" makes it`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    const isMissing = systemCode(error) === 'ENOENT';
    const hint = isMissing ? ": name a package file; versions cannot be looked up in npm's registry yet" : '';
    const reason = isMissing ? `there is no file ${path}` : `${path} cannot be read: ${messageOf(error)}`;
    throw new OllamaError('invalid-request', reason + hint, { cause: error });
  }
}

/** Contents of the entries with these names; none if it is not a compressed archive. */
function entriesOf(bytes: Uint8Array, names: readonly string[]): ReadonlyMap<string, string> {
  try {
    const entries = readPackageArchive(bytes, MAX_UNPACKED_BYTES).filter(({ name }) => names.includes(name));
    return new Map(entries.map(({ name, content }) => [name, content.toString()]));
  } catch {
    return new Map();
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
