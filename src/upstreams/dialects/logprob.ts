import type { Logprob } from '../../api/common.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { objectsOf, textOf } from './fields.ts';

/** A token with its log probability, which all APIs write alike. */
export function logprobOf(entry: JsonObject): Logprob {
  const top = objectsOf(entry, 'top_logprobs').map(tokenOf);
  return { ...tokenOf(entry), ...(top.length > 0 && { top_logprobs: top }) };
}

function tokenOf(entry: JsonObject): Logprob {
  const token = textOf(entry, 'token');
  const { bytes, logprob } = entry;
  const isBytes = Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte));
  return {
    token,
    logprob: typeof logprob === 'number' ? logprob : 0,
    bytes: isBytes ? bytes.map(Number) : [...Buffer.from(token)],
  };
}
