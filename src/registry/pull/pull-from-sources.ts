import { messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import type { RegistryTransports } from '../transport/transport.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';
import type { PullOptions } from './pull-options.ts';

export interface SourcesOptions extends Omit<PullOptions, 'fetch' | 'resolveHost' | 'origin'> {
  readonly transports: Pick<RegistryTransports, 'open'>;
  /** Origins of mirrors, in the order to ask them. */
  readonly mirrors: readonly string[];
}

/**
 * The mirrors of one registry.
 * @param mirrors each "<host of a registry>=<origin>"
 */
export function mirrorsOf(host: string, mirrors: readonly string[]): string[] {
  const prefix = `${host.toLowerCase()}=`;
  return mirrors.filter((mirror) => mirror.startsWith(prefix)).map((mirror) => mirror.slice(prefix.length));
}

/**
 * Pulls from the first mirror that can give the whole model, else from the name's own registry, which goes on from
 * what a mirror has brought. Each source has its own connections and tokens.
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
      options.logger.warn('a mirror cannot give the model', { mirror, model: name.short, reason });
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
  // A mirror's own scheme counts for it, whatever was said about the registry.
  const insecure = mirror === undefined ? (options.insecure ?? false) : mirror.startsWith('http:');
  try {
    yield* pullModel(name, { ...options, fetch, resolveHost, insecure, origin: mirror });
  } finally {
    await close();
  }
}

/** A full disk or a bug would be the same with the next source. */
function isOfSource(error: unknown): boolean {
  return error instanceof OllamaError ? error.code === 'upstream' : error instanceof TypeError;
}
