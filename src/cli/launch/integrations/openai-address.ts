import type { LaunchSetup } from '../integration.ts';

/** Where OpenAI's dialect is served. */
export function openAiAddress({ host }: Pick<LaunchSetup, 'host'>): string {
  return `${host}/v1`;
}
