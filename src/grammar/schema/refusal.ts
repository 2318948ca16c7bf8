import { OllamaError } from '../../base/errors.ts';

/** @returns an error `invalid-request` about the keyword or subschema at a JSON pointer */
export function refusal(path: string, reason: string): OllamaError {
  return new OllamaError('invalid-request', `format: "${path}" ${reason}`);
}

/** Extends a JSON pointer (RFC 6901) by these names. */
export function pathTo(path: string, ...names: readonly (string | number)[]): string {
  const escaped = names.map((name) => String(name).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [path, ...escaped].join('/');
}
