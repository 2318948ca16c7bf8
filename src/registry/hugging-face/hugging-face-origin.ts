import type { ModelName } from '../../names/model-name.ts';

/**
 * Where a model of hf.co is asked for: that host redirects to its long name, which then asks for tokens of its own.
 * @returns undefined where the name's own host is to be asked
 */
export function huggingFaceOrigin({ host }: ModelName, insecure: boolean): string | undefined {
  return host.toLowerCase() === 'hf.co' && !insecure ? 'https://huggingface.co' : undefined;
}
