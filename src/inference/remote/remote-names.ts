/** Which upstream a name leads to: by the config file, or by a stored model that stands for one elsewhere. */
import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { LiveSettings } from '../../config/live-settings.ts';
import type { RemoteModel } from '../../models/remote/remote-model.ts';
import { ModelName } from '../../names/model-name.ts';
import type { RemoteRoute, Upstreams } from '../../upstreams/routing/upstreams.ts';

/** The port of an address without scheme and port, as in Ollama. */
const DEFAULT_PORT = 11434;

interface RemoteNamesParts {
  readonly upstreams: Upstreams;
  readonly settings: Pick<LiveSettings, 'resolve'>;
  /** `remotes`: hosts that stored models may name. */
  readonly config: { readonly remotes: readonly string[] };
}

/** A name that upstreams answer for. */
export interface RemoteName {
  /** As lists show it: the alias, or the name that was asked for. */
  readonly name: string;
  readonly route: RemoteRoute;
  /** Options of the config file for the model and its aliases; those of a request override them. */
  readonly options: ModelOptions;
}

export class RemoteNames {
  readonly #parts: RemoteNamesParts;

  constructor(parts: RemoteNamesParts) {
    this.#parts = parts;
  }

  /** @param asked the name in a request; undefined for one that no upstream answers for */
  find(asked: string): RemoteName | undefined {
    const { upstreams, settings } = this.#parts;
    if (upstreams.all.length === 0) return undefined;
    const parsed = ModelName.tryParse(asked);
    if (!parsed) return undefined;
    const { name, alias, options } = settings.resolve(parsed);
    const route = upstreams.routeOf(alias === undefined ? asked : name.short);
    // The number of slots is a matter of the models here.
    const { num_parallel: _, ...own } = options;
    return route && { name: alias ?? asked, route, options: own };
  }

  /** @throws OllamaError `invalid-request` for a host that is not allowed (any more) */
  stored({ name, host, model }: RemoteModel): RemoteRoute {
    const { upstreams } = this.#parts;
    const upstream = upstreams.named(host) ?? upstreams.at(this.allowed(host));
    const place = { target: model, isPattern: false, listed: name.short, capabilities: [] };
    return { candidates: [{ upstream, ...place }], overflowMs: undefined };
  }

  /**
   * The host of a remote model as it is stored: the name of an upstream, or a URL as Ollama writes it.
   * @throws OllamaError `invalid-request` for a host that is not allowed
   */
  allowed(host: string): string {
    const upstream = this.#parts.upstreams.named(host);
    if (upstream) return upstream.name;
    const url = remoteUrl(host);
    if (url && this.#parts.config.remotes.some((allowed) => allowed.toLowerCase() === url.hostname)) {
      return `${url.protocol}//${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
    }
    const shown = JSON.stringify(host.slice(0, 100));
    if (!url) throw new OllamaError('invalid-request', `bad remote: ${shown} is not a host`);
    throw new OllamaError(
      'invalid-request',
      `this server cannot run this remote model: ${shown} is not allowed; name an upstream of the config file, or add the host to OLLAMA_REMOTES`,
    );
  }
}

function remoteUrl(host: string): URL | undefined {
  if (host === 'ollama.com') return new URL('https://ollama.com');
  const text = /^[a-z]+:\/\//i.test(host) ? host : `http://${host}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, username, password, pathname, search, hash } = url;
  const isPlain = `${username}${password}${search}${hash}` === '' && pathname === '/';
  if (!isPlain || (protocol !== 'http:' && protocol !== 'https:')) return undefined;
  if (text !== host && url.port === '' && !/:\d+$/.test(host)) url.port = String(DEFAULT_PORT);
  return url;
}
