import type { CreateKeyRequest, KeyInfo } from '../api/keys.ts';
import { defaultScopes } from '../api/scopes.ts';
import type { KeyLimits } from './caller-key.ts';
import type { KeyRecord } from './key-record.ts';

/** The wire's name of each limit. */
const limitFields = {
  requestsPerMinute: 'requests_per_minute',
  requestsPerDay: 'requests_per_day',
  tokensPerMinute: 'tokens_per_minute',
  tokensPerDay: 'tokens_per_day',
  concurrent: 'concurrent',
} as const satisfies Record<keyof KeyLimits, keyof KeyInfo>;
const limitNames = Object.keys(limitFields) as (keyof KeyLimits)[];

/** The fields of a key that requests, the key file and the config file have in common. */
export type KeyGrants = Omit<CreateKeyRequest, 'name' | 'expires'>;

/** Adds the defaults to what was written of a key. */
export function grantsOf(fields: KeyGrants): Pick<KeyRecord, 'scopes' | 'models' | 'limits' | 'maxPriority'> {
  const limits = limitNames.flatMap((name) => {
    const value = fields[limitFields[name]];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    scopes: [...new Set(fields.scopes ?? defaultScopes)],
    models: fields.models ?? [],
    limits: Object.fromEntries(limits) as KeyLimits,
    maxPriority: fields.priority ?? 0,
  };
}

/** The same in the other direction. */
export function grantFields({ scopes, models, limits, maxPriority }: KeyRecord) {
  const written = limitNames.flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [[limitFields[name], value]];
  });
  return {
    scopes: [...scopes],
    models: [...models],
    ...(Object.fromEntries(written) as Partial<Record<(typeof limitFields)[keyof KeyLimits], number>>),
    priority: maxPriority,
  };
}

/** A key as clients see it. */
export function keyInfo(record: KeyRecord, source: KeyInfo['source']): KeyInfo {
  const { id, name, createdAt, expiresAt, previous } = record;
  return {
    id,
    name,
    ...grantFields(record),
    ...(createdAt !== undefined && { created_at: timeText(createdAt) }),
    ...(expiresAt !== undefined && { expires_at: timeText(expiresAt) }),
    ...(previous && { previous_expires_at: timeText(previous.until) }),
    source,
  };
}

export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
