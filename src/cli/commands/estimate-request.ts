import type { EstimateRequest } from '../../api/estimate.ts';
import { OllamaError } from '../../base/errors.ts';
import { type FlagValues, textFlag } from '../command.ts';

/** @throws OllamaError `invalid-request` for a flag that is not a whole number above 0 */
export function estimateRequest(model: string, flags: FlagValues): EstimateRequest {
  const contextLength = countFlag(flags, 'ctx');
  const slots = countFlag(flags, 'slots');
  return {
    model,
    ...(contextLength !== undefined && { options: { num_ctx: contextLength } }),
    ...(slots !== undefined && { slots }),
  };
}

function countFlag(flags: FlagValues, name: string): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count;
  throw new OllamaError('invalid-request', `--${name} must be a whole number above 0, not "${text}"`);
}
