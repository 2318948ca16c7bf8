import { OllamaError } from '../base/errors.ts';
import type { Layer } from '../store/manifest.ts';

/**
 * A compressed blob could unpack to anything, and its ranges would not be ours.
 * @throws OllamaError `upstream`
 */
export function requireIdentity(response: Response, { digest }: Layer): void {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding === 'identity') return;
  throw new OllamaError(
    'upstream',
    `the registry sent ${digest} in the encoding "${encoding}", not as it is`,
  );
}

/**
 * The blob's byte at which the body starts: the range's start for 206, else 0 (RFC 9110 section 14).
 * @throws OllamaError `upstream` when the blob there has not the manifest's size
 */
export function startOf(response: Response, { digest, size }: Layer): number {
  const ranged = response.status === 206;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (ranged && !range)
    throw new OllamaError('upstream', `the registry did not say which part of ${digest} it sent`);
  const offered = ranged ? range?.[2] : response.headers.get('content-length');
  if (offered && offered !== '*' && Number(offered) !== size) {
    throw new OllamaError(
      'upstream',
      `the registry offers ${offered} bytes for ${digest}, its manifest says ${size}`,
    );
  }
  return ranged ? Number(range?.[1]) : 0;
}
