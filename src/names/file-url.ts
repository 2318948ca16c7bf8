import { createHash } from 'node:crypto';
import { OllamaError } from '../base/errors.ts';
import { ModelName } from './model-name.ts';

/** Generous: signed URLs of storage services have about 2 KB. */
const MAX_URL_LENGTH = 8192;
/** Maximum length of each part of a model's name. */
const MAX_PART_LENGTH = 80;
/** Number of hex digits at the end of a name that was cut. */
const CUT_DIGITS = 8;
const HUGGING_FACE = 'huggingface.co';
const huggingFaceHosts: readonly string[] = [HUGGING_FACE, 'www.huggingface.co', 'hf.co'];
/** llama.cpp's naming of the files of a split model. */
const shardName = /-(\d{5})-of-(\d{5})(?=\.gguf$)/i;
/** Maximum number of shards; real models have a few dozen. */
const MAX_SHARDS = 1000;

/** The URL of a GGUF file on a web server, `http(s)://host/path/file.gguf`, and the name of the model created from it. */
export class FileUrl {
  readonly url: URL;
  readonly name: ModelName;

  private constructor(url: URL, name: ModelName) {
    this.url = url;
    this.name = name;
  }

  /**
   * @returns undefined if the text is not the URL of a .gguf file
   * @throws OllamaError `invalid-request` for a URL that cannot be used
   */
  static parse(text: string): FileUrl | undefined {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
    const url = new URL(text);
    if (!/[^/]\.gguf$/i.test(url.pathname)) return undefined;
    if (text.length > MAX_URL_LENGTH)
      throw new OllamaError('invalid-request', `the URL is longer than ${MAX_URL_LENGTH} characters`);
    if (url.username !== '' || url.password !== '') {
      const hint = `leave it out, and store it with "ollama login ${url.host}"`;
      throw new OllamaError('invalid-request', `the URL contains a user name or password: ${hint}`);
    }
    url.hash = '';
    const isHuggingFace = huggingFaceHosts.includes(url.host);
    if (isHuggingFace) {
      url.host = HUGGING_FACE;
      url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
    }
    const name = isHuggingFace ? (repositoryName(url) ?? plainName(url)) : plainName(url);
    if (!name)
      throw new OllamaError(
        'invalid-request',
        `no model name can be derived from ${shownUrl(url)}: rename the file`,
      );
    return new FileUrl(url, name);
  }

  /**
   * The URLs of the whole model: one URL, or one for each shard of a split model.
   * @throws OllamaError `invalid-request` if there are too many shards
   */
  get urls(): readonly URL[] {
    const [, , total] = shardName.exec(this.url.pathname) ?? [];
    if (total === undefined) return [this.url];
    const count = Number(total);
    if (count === 0 || count > MAX_SHARDS)
      throw new OllamaError(
        'invalid-request',
        `${shownUrl(this.url)} is one of ${count} shards: between 1 and ${MAX_SHARDS} are supported`,
      );
    return Array.from({ length: count }, (_, index) => {
      const url = new URL(this.url);
      const number = String(index + 1).padStart(total.length, '0');
      url.pathname = url.pathname.replace(shardName, `-${number}-of-${total}`);
      return url;
    });
  }
}

/** The URL for messages and logs, without the query, which may contain a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** The last part of the path, such as "model.gguf". */
export function fileNameOf(url: URL): string {
  return decoded(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
}

/** Names `/USER/REPO/resolve/REVISION/…/FILE.gguf` hf.co/USER/REPO:FILE, like the models that Hugging Face itself serves. */
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

/** Names `HOST/…/FOLDER/FILE.gguf` HOST/FOLDER/FILE:latest, or HOST/library/FILE:latest if there is no folder. */
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

/** Replaces characters that a name cannot contain by "_". A long text is cut and gets digits of its hash. */
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
