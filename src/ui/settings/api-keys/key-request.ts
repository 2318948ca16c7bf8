/** What the form for a new key asks of the server. */
import type { Scope } from '../../../api/scopes.ts';

export const limitNames = [
  'requests_per_minute',
  'requests_per_day',
  'tokens_per_minute',
  'tokens_per_day',
  'concurrent',
] as const;
type LimitName = (typeof limitNames)[number];

export interface KeyWishes {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Patterns, separated by commas or spaces. */
  readonly models: string;
  /** As somebody wrote them; '' = no limit. */
  readonly limits: Readonly<Partial<Record<LimitName, string>>>;
  readonly expires: string;
}

export type KeyRequest =
  | { readonly body: Readonly<Record<string, unknown>> }
  | { readonly problem: 'scopes' }
  | { readonly problem: 'number'; readonly limit: LimitName };

export function keyRequest({ name, scopes, models, limits, expires }: KeyWishes): KeyRequest {
  if (scopes.length === 0) return { problem: 'scopes' };
  const numbers: Partial<Record<LimitName, number>> = {};
  for (const limit of limitNames) {
    const text = (limits[limit] ?? '').trim();
    if (text === '') continue;
    if (!/^[1-9]\d{0,9}$/.test(text)) return { problem: 'number', limit };
    numbers[limit] = Number(text);
  }
  const patterns = models.split(/[\s,]+/).filter((pattern) => pattern !== '');
  const body = {
    name: name.trim(),
    scopes: [...scopes],
    ...(patterns.length > 0 && { models: patterns }),
    ...numbers,
    ...(expires.trim() !== '' && { expires: expires.trim() }),
  };
  return { body };
}
