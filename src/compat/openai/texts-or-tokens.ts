import { z } from 'zod';

/** More tokens than any context has; the body's own limit is of the same size. */
const MAX_TOKENS = 1_000_000;

/**
 * Schema of a text, a list of texts, a list of tokens or a list of token lists; each is turned into a list. The first
 * element decides which list it is, so that a long one is read once.
 * @param limit maximum number of texts or token lists
 * @param error text for any other value
 */
export function textsOrTokens(limit: number, error: string) {
  return z
    .custom<unknown>()
    .transform((value: unknown, context): string[] | number[][] => {
      const list = listsOf(value);
      if (list !== undefined && list.length <= limit) return list;
      if (list === undefined) context.addIssue({ code: 'custom', message: error });
      else {
        context.addIssue({ code: 'too_big', origin: 'array', maximum: limit, inclusive: true, input: value });
      }
      return z.NEVER;
    })
    .meta({ anyOf: descriptions(limit) });
}

function listsOf(value: unknown): string[] | number[][] | undefined {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (typeof value[0] === 'string')
    return value.every((item) => typeof item === 'string') ? value : undefined;
  if (typeof value[0] === 'number') return isTokens(value) ? [value] : undefined;
  return value.every(isTokens) ? value : undefined;
}

function isTokens(value: unknown): value is number[] {
  return isTokenList(value) && value.length > 0;
}

/** Whether it is a list of what could be tokens, or an empty one. */
export function isTokenList(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length > MAX_TOKENS) return false;
  return value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function descriptions(limit: number): object[] {
  const tokens = { type: 'array', minItems: 1, maxItems: MAX_TOKENS, items: { type: 'integer', minimum: 0 } };
  return [
    { type: 'string' },
    { type: 'array', minItems: 1, maxItems: limit, items: { type: 'string' } },
    tokens,
    { type: 'array', minItems: 1, maxItems: limit, items: tokens },
  ];
}
