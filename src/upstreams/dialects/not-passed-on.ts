import { OllamaError } from '../../base/errors.ts';
import type { Addressee } from './dialect.ts';

/** The error for a field that changes the answer, and for which the API of an upstream has nothing. */
export function notPassedOn(
  { upstream }: Pick<Addressee, 'upstream'>,
  field: string,
  reason: string,
): OllamaError {
  return new OllamaError(
    'invalid-request',
    `field "${field}" cannot be passed on to the upstream "${upstream}": ${reason}; leave it out`,
  );
}
