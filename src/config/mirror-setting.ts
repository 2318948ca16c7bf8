import { type Parser, withForm } from './values.ts';

const DEFAULT_REGISTRY = 'registry.ollama.ai';

/** Mirrors are asked one after another, and each one that is down delays a pull. */
const MAX_MIRRORS = 16;

const hostPattern = /^[A-Za-z0-9_.-]+(?::\d{1,5})?$/;

/** Mirrors of registries, each as "<registry host>=<mirror origin>", in the order in which to ask them. */
export const parseMirrors: Parser<readonly string[]> = withForm({ kind: 'list' }, (text, fallback) => {
  const entries = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (entries.length > MAX_MIRRORS) {
    return { value: fallback, warning: `more than ${MAX_MIRRORS} mirrors` };
  }
  const mirrors = entries.map(parseMirror);
  const wrong = entries[mirrors.indexOf(undefined)];
  if (wrong === undefined) return { value: mirrors.filter((mirror) => mirror !== undefined) };
  // An entry that may contain a password is not quoted.
  const shown = wrong.includes('@') ? 'an entry with "@"' : `"${wrong}"`;
  const form = 'the URL of a mirror without a path or password, such as "https://mirror.example:5000"';
  return {
    value: fallback,
    warning: `${shown} is neither ${form}, nor a registry's host followed by "=" and such a URL`,
  };
});

function parseMirror(entry: string): string | undefined {
  const [, host = DEFAULT_REGISTRY, address = ''] = /^(?:([^=/]*)=)?(.*)$/s.exec(entry) ?? [];
  if (!hostPattern.test(host) || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  const { origin, pathname, search, hash, username, password } = new URL(address);
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') return undefined;
  return `${host.toLowerCase()}=${origin}`;
}
