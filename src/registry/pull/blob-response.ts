import { OllamaError } from '../../base/errors.ts';
import type { Layer } from '../../store/manifest.ts';
import type { ByteRange } from './part-plan.ts';

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
 * The blob's bytes that the body holds: the range it names for 206, else all (RFC 9110 section 14).
 * @throws OllamaError `upstream` when the blob there has not the manifest's size
 */
export function bytesOf(response: Response, { digest, size }: Layer): ByteRange {
  const ranged = response.status === 206;
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (ranged && !range)
    throw new OllamaError('upstream', `the registry did not say which part of ${digest} it sent`);
  const offered = ranged ? range?.[3] : response.headers.get('content-length');
  if (offered && offered !== '*' && Number(offered) !== size) {
    throw new OllamaError(
      'upstream',
      `the registry offers ${offered} bytes for ${digest}, its manifest says ${size}`,
    );
  }
  return ranged ? { start: Number(range?.[1]), end: Number(range?.[2]) + 1 } : { start: 0, end: size };
}
