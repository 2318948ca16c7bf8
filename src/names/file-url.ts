import { createHash } from 'node:crypto';
import { OllamaError } from '../base/errors.ts';
import { ModelName } from './model-name.ts';

/** Signed URLs of storage services have some 2 KB. */
const MAX_URL_LENGTH = 8192;
/** Of each part of a model's name. */
const MAX_PART_LENGTH = 80;
/** Hex digits at the end of a name that had to be cut. */
const CUT_DIGITS = 8;
const HUGGING_FACE = 'huggingface.co';
const huggingFaceHosts: readonly string[] = [HUGGING_FACE, 'www.huggingface.co', 'hf.co'];
/** As llama.cpp names the files of a split model. */
const shardName = /-(\d{5})-of-(\d{5})(?=\.gguf$)/i;
/** Models in use have a few dozen. */
const MAX_SHARDS = 1000;

/** A GGUF file on an ordinary web server, `http(s)://host/path/file.gguf`, and the name of the model made of it. */
export class FileUrl {
  readonly url: URL;
  readonly name: ModelName;

  private constructor(url: URL, name: ModelName) {
    this.url = url;
    this.name = name;
  }

  /**
   * @returns undefined for anything but the URL of a .gguf file
   * @throws OllamaError `invalid-request` for one that cannot be used
   */
  static parse(text: string): FileUrl | undefined {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
    const url = new URL(text);
    if (!/[^/]\.gguf$/i.test(url.pathname)) return undefined;
    if (text.length > MAX_URL_LENGTH)
      throw new OllamaError('invalid-request', `the URL is longer than ${MAX_URL_LENGTH} characters`);
    if (url.username !== '' || url.password !== '') {
      const hint = `leave out user and password, and store them with "ollama login ${url.host}"`;
      throw new OllamaError('invalid-request', `the URL holds a user name or password: ${hint}`);
    }
    url.hash = '';
    const isHuggingFace = huggingFaceHosts.includes(url.host);
    if (isHuggingFace) {
      url.host = HUGGING_FACE;
      url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
    }
    const name = isHuggingFace ? (repositoryName(url) ?? plainName(url)) : plainName(url);
    if (!name) throw new OllamaError('invalid-request', `no model can be named after ${shownUrl(url)}`);
    return new FileUrl(url, name);
  }

  /**
   * Where all its bytes are: one URL, or one for each shard of a split model.
   * @throws OllamaError `invalid-request` for a set of too many
   */
  get urls(): readonly URL[] {
    const [, , total] = shardName.exec(this.url.pathname) ?? [];
    if (total === undefined) return [this.url];
    const count = Number(total);
    if (count === 0 || count > MAX_SHARDS)
      throw new OllamaError('invalid-request', `${shownUrl(this.url)} is one of ${count} shards`);
    return Array.from({ length: count }, (_, index) => {
      const url = new URL(this.url);
      const number = String(index + 1).padStart(total.length, '0');
      url.pathname = url.pathname.replace(shardName, `-${number}-of-${total}`);
      return url;
    });
  }
}

/** For messages and logs: without the query, which may hold a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** The last part of the path, "model.gguf". */
export function fileNameOf(url: URL): string {
  return decoded(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
}

/** `/USER/REPO/resolve/REVISION/…/FILE.gguf` is hf.co/USER/REPO:FILE, as in the names that Hugging Face serves itself. */
function repositoryName(url: URL): ModelName | undefined {
  const [, user, repository] = /^\/([^/]+)\/([^/]+)\/resolve\/[^/]+\//.exec(url.pathname) ?? [];
  if (user === undefined || repository === undefined) return undefined;
  return ModelName.fromParts({
    host: 'hf.co',
    namespace: reduced(decoded(user), /[^A-Za-z0-9_-]/g),
    model: reduced(decoded(repository), /[^A-Za-z0-9_.-]/g),
    tag: reduced(stemOf(url), /[^A-Za-z0-9_.-]/g),
  });
}

/** `HOST/…/FOLDER/FILE.gguf` is HOST/FOLDER/FILE:latest; without a folder, HOST/library/FILE:latest. */
function plainName(url: URL): ModelName | undefined {
  const folder = url.pathname.split('/').at(-2) ?? '';
  return ModelName.fromParts({
    host: url.host.replace(/[^A-Za-z0-9_.:-]/g, '_'),
    namespace: reduced(folder === '' ? 'library' : decoded(folder), /[^A-Za-z0-9_-]/g),
    model: reduced(stemOf(url), /[^A-Za-z0-9_.-]/g),
    tag: 'latest',
  });
}

function stemOf(url: URL): string {
  return fileNameOf(url)
    .replace(shardName, '')
    .replace(/\.gguf$/i, '');
}

/** What a name cannot hold becomes "_"; a long text is cut and gets digits of its hash. */
function reduced(text: string, forbidden: RegExp): string {
  const allowed = text.replace(forbidden, '_').replace(/^[.-]/, '_');
  if (allowed.length <= MAX_PART_LENGTH) return allowed;
  const digits = createHash('sha256').update(text).digest('hex').slice(0, CUT_DIGITS);
  return `${allowed.slice(0, MAX_PART_LENGTH - CUT_DIGITS - 1)}-${digits}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
