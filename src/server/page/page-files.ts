/** The files of the web page, as the build bundled them. */
import { createHash } from 'node:crypto';
import { readOwnFile, readOwnFileSync } from '../../base/program/own-files.ts';
import type { Encoding } from './encodings.ts';

/** The document that all addresses of pages answer with. */
export const DOCUMENT = 'page.html';

/** Within the package. */
const bundle = 'dist/ui/';

interface PageFile {
  readonly bytes: Buffer;
  /** Of these bytes, quoted as in the header. */
  readonly etag: string;
}

/** ETags need to differ, not to withstand attacks. */
const ETAG_CHARACTERS = 22;

/** Reads each file once. All of them together are smaller than a photograph. */
export class PageFiles {
  readonly #folder: string;
  readonly #read = new Map<string, Promise<PageFile>>();
  #names: ReadonlySet<string> | undefined;

  constructor(folder = bundle) {
    this.#folder = folder;
  }

  /** Whether there is a page: a build of the sources alone has none. */
  get isThere(): boolean {
    return this.has(DOCUMENT);
  }

  has(name: string): boolean {
    this.#names ??= namesIn(this.#folder);
    return this.#names.has(name);
  }

  /** @param name one that `has` knows */
  read(name: string, encoding: Encoding): Promise<PageFile> {
    const path = `${this.#folder}${name}${suffixes[encoding]}`;
    const reading =
      this.#read.get(path) ?? readOwnFile(path).then((bytes) => ({ bytes, etag: etagOf(bytes) }));
    this.#read.set(path, reading);
    reading.catch(() => this.#read.delete(path));
    return reading;
  }
}

const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };

function namesIn(folder: string): ReadonlySet<string> {
  try {
    const { names } = JSON.parse(readOwnFileSync(`${folder}files.json`).toString()) as { names: string[] };
    return new Set(names);
  } catch {
    return new Set();
  }
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, ETAG_CHARACTERS)}"`;
}
