import { OllamaError } from '../base/errors.ts';

/** The SHA-256 digest of a blob: "sha256:" and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const strictDigest = /^sha256:[0-9a-f]{64}$/;
const acceptedDigest = /^sha256[:-]([0-9a-fA-F]{64})$/;

export function isDigest(text: string): text is Digest {
  return strictDigest.test(text);
}

/**
 * Parses a digest from a client: `sha256:<hex>`, or `sha256-<hex>` as in a file name, with hex digits in either case.
 * @throws OllamaError `invalid-request`
 */
export function parseDigest(text: string): Digest {
  const hex = acceptedDigest.exec(text)?.[1];
  if (hex === undefined) throw new OllamaError('invalid-request', 'invalid digest format');
  return `sha256:${hex.toLowerCase()}`;
}

/** The blob's file name, "sha256-<hex>". */
export function digestFileName(digest: Digest): string {
  return parseDigest(digest).replace(':', '-');
}

/** The first 12 hex digits, which identify a layer in progress lines. */
export function shortDigest(digest: Digest): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
