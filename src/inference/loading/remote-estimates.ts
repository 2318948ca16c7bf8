import type { CallerKey } from '../../access/caller-key.ts';
import { requireModel } from '../../access/require-model.ts';
import type { RemoteEstimateRequest, RemoteEstimateResponse, RemoteTag } from '../../api/estimate.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ModelTemplates } from '../../models/model-templates.ts';
import { readRemoteModel } from '../../models/read-remote-model.ts';
import { ModelName } from '../../names/model-name.ts';
import type { RepositoryTag } from '../../registry/hugging-face/repository-tags.ts';
import type { RemoteModel } from '../../registry/inspect/inspect-model.ts';
import type { Layer } from '../../store/manifest.ts';
import type { Store } from '../../store/store.ts';
import type { MemoryEstimates } from './estimate-reply.ts';

/** Each may hold 64 MiB of a header in memory. */
const MAX_RUNNING = 2;
/** Far longer than a few megabytes take, and short enough that a slow registry does not keep others waiting. */
const MAX_MILLISECONDS = 60_000;

/** Shows a model of a registry to `use`. */
export type InspectModel = <Result>(
  name: ModelName,
  options: { readonly insecure: boolean; readonly signal: AbortSignal; readonly isLocal: boolean },
  use: (model: RemoteModel) => Promise<Result>,
) => Promise<Result>;

export interface RemoteEstimateParts {
  readonly estimates: Pick<MemoryEstimates, 'estimateOf'>;
  readonly inspect: InspectModel;
  readonly store: Pick<Store, 'blobs'>;
  readonly templates: Pick<ModelTemplates, 'choose'>;
  readonly logger: Logger;
}

/** Who asks, and until when they wait. */
interface Asker {
  readonly key: CallerKey | undefined;
  readonly isLocal: boolean;
  readonly signal: AbortSignal;
}

/** The reply, and the type of the weights, for example "Q4_1". */
type Estimated = RemoteEstimateResponse & { readonly type: string };

/** Estimates how much memory models of registries need, before they are pulled. */
export class RemoteEstimates {
  readonly #parts: RemoteEstimateParts;
  #running = 0;

  constructor(parts: RemoteEstimateParts) {
    this.#parts = parts;
  }

  /** @throws OllamaError `invalid-request`, `forbidden`, `upstream`, `busy`, `canceled` */
  async estimate(request: RemoteEstimateRequest, asker: Asker): Promise<Estimated> {
    if (!request.model) throw new OllamaError('invalid-request', 'model is required');
    requireModel(asker.key, request.model);
    const name = ModelName.parse(request.model);
    if (this.#running >= MAX_RUNNING)
      throw new OllamaError('busy', `${MAX_RUNNING} models of registries are already being read: ask again`, {
        headers: { 'Retry-After': '1' },
      });
    this.#running += 1;
    try {
      return await this.#estimate(name, request, asker);
    } finally {
      this.#running -= 1;
    }
  }

  async #estimate(name: ModelName, request: RemoteEstimateRequest, asker: Asker): Promise<Estimated> {
    const { inspect, estimates, templates, logger } = this.#parts;
    const { key, isLocal, signal } = asker;
    const late = AbortSignal.timeout(MAX_MILLISECONDS);
    const options = { insecure: request.insecure ?? false, isLocal, signal: AbortSignal.any([signal, late]) };
    try {
      return await inspect(name, options, async (remote) => {
        const { model, layers, weightsFileBytes } = await readRemoteModel(name, remote, {
          templates,
          logger,
        });
        const estimate = estimates.estimateOf(model, request, key);
        // A list of other types is welcome, but its absence is no reason to say nothing.
        const tags = await remote.tags().catch(() => []);
        return {
          ...estimate,
          model: name.short,
          download: await this.#download(layers),
          details: model.details,
          capabilities: [...model.capabilities],
          context_length: model.facts.contextLength,
          ...(tags.length > 0 && { tags: tags.map((tag) => estimated(tag, estimate, weightsFileBytes)) }),
        };
      });
    } catch (error) {
      throwIfCanceled(signal);
      if (!late.aborted) throw error;
      throw new OllamaError(
        'upstream',
        `the registry did not answer within ${MAX_MILLISECONDS / 1000} seconds`,
        {
          cause: error,
        },
      );
    }
  }

  async #download(layers: readonly Layer[]): Promise<RemoteEstimateResponse['download']> {
    const { blobs } = this.#parts.store;
    const sizes = await Promise.all(
      layers.map(async ({ digest, size }) => ((await blobs.size(digest)) === undefined ? size : 0)),
    );
    return {
      total: layers.reduce((sum, { size }) => sum + size, 0),
      missing: sizes.reduce((sum, size) => sum + size, 0),
    };
  }
}

/** Another type of the same model differs in its weights only. */
function estimated(
  { tag, size }: RepositoryTag,
  { memory, available }: Pick<RemoteEstimateResponse, 'memory' | 'available'>,
  weightsFileBytes: number,
): RemoteTag {
  const total = Math.max(0, memory.total + size - weightsFileBytes);
  return { tag, size, total, fits: total <= available };
}
