import { OllamaError } from '../../base/errors.ts';

/** @returns an error `invalid-request` about the keyword or subschema at a JSON pointer */
export function refusal(path: string, reason: string): OllamaError {
  return new OllamaError('invalid-request', `format: "${path}" ${reason}`);
}

/** @returns the same error about another field than `format` */
export function aboutField(error: unknown, field: string): unknown {
  const prefix = 'format: ';
  if (!(error instanceof OllamaError) || !error.message.startsWith(prefix)) return error;
  return new OllamaError(error.code, `${field}: ${error.message.slice(prefix.length)}`, { cause: error });
}

/** The place of a JSON pointer in a request, as a client would write it: `tools[3].function.parameters.maxLength`. */
export function fieldPath(field: string, pointer: string): string {
  const names = pointer.split('/').slice(1);
  const parts = names.map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`));
  return field + parts.join('').replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Extends a JSON pointer (RFC 6901) by these names. */
export function pathTo(path: string, ...names: readonly (string | number)[]): string {
  const escaped = names.map((name) => String(name).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [path, ...escaped].join('/');
}
