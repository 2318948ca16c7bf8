import { messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import { anyRegistry } from '../transport/registry-access.ts';
import type { RegistryTransports } from '../transport/transport.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';
import type { PullOptions } from './pull-options.ts';

export interface SourcesOptions extends Omit<PullOptions, 'fetch' | 'resolveHost' | 'origin'> {
  readonly transports: Pick<RegistryTransports, 'open'>;
  /** Origins of mirrors, in the order in which to ask them. */
  readonly mirrors: readonly string[];
}

/**
 * Returns the mirrors of one registry.
 * @param mirrors each "<host of a registry>=<origin>"
 */
export function mirrorsOf(host: string, mirrors: readonly string[]): string[] {
  const prefix = `${host.toLowerCase()}=`;
  return mirrors.filter((mirror) => mirror.startsWith(prefix)).map((mirror) => mirror.slice(prefix.length));
}

/**
 * Pulls from the first mirror that can provide the whole model, otherwise from the name's own registry, which continues
 * from what a mirror has delivered. Each source has its own connections and tokens.
 * @throws OllamaError as `pullModel`
 */
export async function* pullFromSources(
  name: ModelName,
  options: SourcesOptions,
): AsyncGenerator<PullProgress, void> {
  for (const mirror of options.mirrors) {
    try {
      yield* pullFrom(name, options, mirror);
      return;
    } catch (error) {
      throwIfCanceled(options.signal);
      if (!isOfSource(error)) throw error;
      const reason = messageOf(error);
      options.logger.warn('a mirror could not provide the model; trying the next source', {
        mirror,
        model: name.short,
        reason,
      });
    }
  }
  yield* pullFrom(name, options, undefined);
}

async function* pullFrom(
  name: ModelName,
  { transports, mirrors, ...options }: SourcesOptions,
  mirror: string | undefined,
): AsyncGenerator<PullProgress, void> {
  const { fetch, resolveHost, close } = transports.open();
  // A mirror uses the scheme of its own URL, whatever applies to the registry.
  const insecure = mirror === undefined ? (options.insecure ?? false) : mirror.startsWith('http:');
  // The settings name the mirrors, so whoever sends the request may use them.
  const access = mirror === undefined ? options.access : anyRegistry;
  try {
    yield* pullModel(name, { ...options, access, fetch, resolveHost, insecure, origin: mirror });
  } finally {
    await close();
  }
}

/** A full disk or a bug would also affect the next source. */
function isOfSource(error: unknown): boolean {
  return error instanceof OllamaError ? error.code === 'upstream' : error instanceof TypeError;
}
