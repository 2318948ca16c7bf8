import { OllamaError } from '../base/errors.ts';

const DEFAULT_HOST = 'registry.ollama.ai';
const DEFAULT_NAMESPACE = 'library';
const DEFAULT_TAG = 'latest';

export type Scheme = 'http' | 'https';

export interface ModelNameParts {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

/**
 * Each part is also the name of a folder or file, so none may start with a dot or contain a slash. Lengths are those of the
 * registry, except for the host: the registry allows 350 characters, but file systems allow only 255.
 */
const grammar: Readonly<Record<keyof ModelNameParts, RegExp>> = {
  host: /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,254}$/,
  namespace: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/,
  model: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
};

/** Maximum length of a valid name: a scheme, four parts and their separators. Longer text is refused before it is split. */
const LONGEST_NAME = 8 + 255 + 80 + 80 + 80 + 3;

/**
 * The name of a model, in the store and in a registry: `[scheme://][host/][namespace/]model[:tag]`. Immutable.
 */
export class ModelName implements ModelNameParts {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
  /** Present only if the text contained one. */
  readonly scheme?: Scheme;

  private constructor(parts: ModelNameParts, scheme?: Scheme) {
    this.host = parts.host;
    this.namespace = parts.namespace;
    this.model = parts.model;
    this.tag = parts.tag;
    if (scheme) this.scheme = scheme;
  }

  /** @throws OllamaError `invalid-request` */
  static parse(text: string): ModelName {
    const name = ModelName.tryParse(text);
    if (!name) throw new OllamaError('invalid-request', 'invalid model name');
    return name;
  }

  static tryParse(text: string): ModelName | undefined {
    if (text.length > LONGEST_NAME) return undefined;
    const tagged = text.lastIndexOf(':') > text.lastIndexOf('/');
    const [path, tag] = tagged ? splitLast(text, ':') : [text, DEFAULT_TAG];
    const [owner, model] = path.includes('/') ? splitLast(path, '/') : [undefined, path];
    const [location, namespace] = owner?.includes('/') ? splitLast(owner, '/') : [undefined, owner];
    const located = location === undefined ? { host: DEFAULT_HOST } : splitScheme(location);
    if (!located) return undefined;
    return ModelName.fromParts(
      { host: located.host, namespace: namespace ?? DEFAULT_NAMESPACE, model, tag },
      located.scheme,
    );
  }

  /** The name with exactly these parts; undefined if one is not valid. */
  static fromParts(parts: ModelNameParts, scheme?: Scheme): ModelName | undefined {
    const valid =
      grammar.host.test(parts.host) &&
      grammar.namespace.test(parts.namespace) &&
      grammar.model.test(parts.model) &&
      grammar.tag.test(parts.tag);
    return valid ? new ModelName(parts, scheme) : undefined;
  }

  /** The name as shown to people: without the default host and namespace, always with the tag. */
  get short(): string {
    const tagged = `${this.model}:${this.tag}`;
    if (!equalFold(this.host, DEFAULT_HOST)) return `${this.host}/${this.namespace}/${tagged}`;
    return equalFold(this.namespace, DEFAULT_NAMESPACE) ? tagged : `${this.namespace}/${tagged}`;
  }

  /** All four parts, such as "registry.ollama.ai/library/smollm2:135m". */
  get full(): string {
    return `${this.host}/${this.namespace}/${this.model}:${this.tag}`;
  }

  /** Whether both names mean the same model. Letter case and scheme are ignored. */
  equals(other: ModelName): boolean {
    return equalFold(this.full, other.full);
  }
}

function equalFold(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function splitLast(text: string, separator: string): [string, string] {
  const at = text.lastIndexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

function splitScheme(location: string): { host: string; scheme?: Scheme } | undefined {
  const at = location.indexOf('://');
  if (at < 0) return { host: location };
  const scheme = location.slice(0, at).toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  return { host: location.slice(at + 3), scheme };
}
