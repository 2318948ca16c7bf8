import type { TagsModel } from '../../api/tags.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { LiveSettings } from '../../config/live-settings.ts';
import type { ModelCatalog } from '../../models/catalog.ts';
import type { Model } from '../../models/model.ts';
import type { Digest } from '../../names/digest.ts';
import { ModelName } from '../../names/model-name.ts';
import type { RemoteRoute, Upstreams } from '../../upstreams/routing/upstreams.ts';
import { nameKeyOf, withRemote } from '../remote/remote-tags.ts';

/** A model with the settings that the config file adds. */
export interface ConfiguredModel extends Model {
  /** Short name of the alias by which it was requested. */
  readonly alias?: string;
  /** Milliseconds; applies if a request does not set a keep-alive. */
  readonly keepAliveMs?: number;
  /** Never unloaded to make room for other models, and never because it is idle. */
  readonly pinned?: boolean;
  /** Digest of the weights that are computed with, where these are a converted copy. */
  readonly computedDigest?: Digest;
}

/** The name under which lists of models show it. */
export function listedName({ alias, name }: Pick<ConfiguredModel, 'alias' | 'name'>): string {
  return alias ?? name.short;
}

interface ConfiguredModelsParts {
  readonly catalog: Pick<ModelCatalog, 'find' | 'list'>;
  readonly settings: Pick<LiveSettings, 'resolve' | 'aliases' | 'onChange'>;
  readonly logger: Logger;
  /** The servers that answer for models; absent = there are none. */
  readonly upstreams?: Pick<Upstreams, 'listed' | 'routeOf'>;
}

/** The models as requests name them: with the config file's aliases, and its options of individual models. */
export class ConfiguredModels {
  readonly #parts: ConfiguredModelsParts;
  /** Aliases that were already compared with the models, to find one with the same name. */
  readonly #compared = new Set<string>();

  constructor(parts: ConfiguredModelsParts) {
    this.#parts = parts;
    parts.settings.onChange(() => this.#compared.clear());
  }

  /** @throws OllamaError the errors of the catalog; `not-found` for an alias whose model does not exist */
  async find(asked: ModelName): Promise<ConfiguredModel | undefined> {
    const { catalog, settings } = this.#parts;
    const { name, alias, options, keepAliveMs, pinned } = settings.resolve(asked);
    const model = await catalog.find(name);
    if (alias !== undefined) await this.#warnOfHidden(alias);
    if (model) {
      return {
        ...model,
        parameters: { ...model.parameters, ...options },
        pinned,
        ...(alias !== undefined && { alias }),
        ...(keepAliveMs !== undefined && { keepAliveMs }),
      };
    }
    const route = this.#parts.upstreams?.routeOf(name.short);
    if (route) throw runsElsewhere(alias ?? asked.short, route);
    if (alias === undefined) return undefined;
    const message = `model '${alias}' not found: the config file makes it an alias of '${name.short}', which is not on this server`;
    throw new OllamaError('not-found', message);
  }

  /** Newest first, models of upstreams last. An alias has the details of its model, and replaces a model of the same name. */
  async list(): Promise<TagsModel[]> {
    const { catalog, settings } = this.#parts;
    const models = withRemote(await catalog.list(), this.#parts.upstreams?.listed ?? []);
    const byName = new Map(models.map((model) => [nameKeyOf(model.name), model]));
    const aliases = settings.aliases.flatMap(({ name }) => {
      const target = settings.resolve(ModelName.parse(name)).name.short;
      const model = byName.get(target.toLowerCase());
      return model ? [{ ...model, name, model: name }] : [];
    });
    if (aliases.length === 0) return models;
    const hidden = new Set(aliases.map(({ name }) => name.toLowerCase()));
    const all = [...models.filter(({ name }) => !hidden.has(name.toLowerCase())), ...aliases];
    return all.sort((left, right) => Date.parse(right.modified_at) - Date.parse(left.modified_at));
  }

  /** Short name of the model that a name is an alias of; undefined if the name is not an alias. */
  aliasTarget(name: ModelName): string | undefined {
    const resolved = this.#parts.settings.resolve(name);
    return resolved.alias === undefined ? undefined : resolved.name.short;
  }

  /** Logs once that a model cannot be reached by its name. */
  async #warnOfHidden(alias: string): Promise<void> {
    if (this.#compared.has(alias)) return;
    this.#compared.add(alias);
    const hidden = await this.#parts.catalog.find(ModelName.parse(alias)).catch(() => undefined);
    if (!hidden) return;
    this.#parts.logger.warn('an alias in the config file hides the model of the same name', { alias });
  }
}

/** For what only the models here can do, such as converting text to tokens. */
function runsElsewhere(name: string, { candidates }: RemoteRoute): OllamaError {
  const upstream = candidates[0]?.upstream.name ?? '';
  return new OllamaError(
    'not-found',
    `the model '${name}' runs on the upstream "${upstream}", which is asked only to chat, generate and embed`,
    { status: 400 },
  );
}
