/** The HTTP side of one upstream. */
import type { IncomingHttpHeaders } from 'node:http';
import tls from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { createDeferred } from '../../base/deferred.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { KIB, MIB } from '../../base/units.ts';
import type { ConfiguredUpstream } from '../../config/file/config-file.ts';
import { readAuthorities } from '../../registry/transport/authorities.ts';
import { proxyFor } from '../../registry/transport/proxy.ts';

/** As much as Node accepts from clients. */
const MAX_HEADER_BYTES = 16 * KIB;
/** Mozilla's whole list of certificate authorities takes 220 KB. */
const MAX_AUTHORITY_BYTES = 16 * MIB;
/** The path that a plain host of OpenAI's API leaves out. */
const OPENAI_BASE = '/v1';

export interface UpstreamReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Dispatcher.ResponseData['body'];
}

interface SentRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class UpstreamConnection {
  readonly #settings: ConfiguredUpstream;
  readonly #environment: Environment;
  readonly #base: URL;
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(settings: ConfiguredUpstream, environment: Environment) {
    this.#settings = settings;
    this.#environment = environment;
    this.#base = new URL(settings.url);
  }

  get host(): string {
    return this.#base.hostname;
  }

  /**
   * Sends one request to the upstream's own origin. Redirects are returned and never followed, so that its key goes nowhere
   * else.
   */
  async send({ path, headers, body, signal }: SentRequest): Promise<UpstreamReply> {
    const dispatcher = await this.#open();
    const sent = dispatcher.request({
      origin: this.#base.origin,
      path: this.#pathTo(path),
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal,
    });
    const { statusCode, headers: received, body: reply } = await unlessAborted(sent, signal);
    return { status: statusCode, headers: received, body: reply };
  }

  async close(): Promise<void> {
    const dispatcher = await this.#dispatcher?.catch(() => undefined);
    await dispatcher?.destroy();
  }

  #pathTo(path: string): string {
    const base = this.#base.pathname.replace(/\/+$/, '');
    const isBare = base === '' && this.#settings.kind === 'openai';
    // Clients of Anthropic's and Ollama's APIs take their base without the part that every path begins with.
    const shared = /^\/(?:v1|api)(?=\/)/.exec(path)?.[0];
    const isRepeated = this.#settings.kind !== 'openai' && shared !== undefined && base.endsWith(shared);
    return `${isBare ? OPENAI_BASE : base}${isRepeated ? path.slice(shared.length) : path}`;
  }

  #open(): Promise<Dispatcher> {
    this.#dispatcher ??= this.#create().catch((error: unknown) => {
      this.#dispatcher = undefined;
      throw error;
    });
    return this.#dispatcher;
  }

  async #create(): Promise<Dispatcher> {
    const { connectTimeoutMs, limit } = this.#settings;
    const isSecure = this.#base.protocol === 'https:';
    const secure = isSecure ? { secureContext: await this.#secureContext() } : {};
    // Times are kept by whoever reads: how long a silence may be depends on what has come.
    const common = {
      connections: limit,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const proxy = proxyFor(this.#base, this.#environment);
    if (!proxy) return new Agent({ ...common, connect: { timeout: connectTimeoutMs, ...secure } });
    return new ProxyAgent({
      ...common,
      uri: proxy.origin,
      proxyTunnel: isSecure,
      requestTls: { timeout: connectTimeoutMs, ...secure },
      ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    });
  }

  async #secureContext(): Promise<tls.SecureContext> {
    const authorities = await readAuthorities(this.#environment);
    const { ca } = this.#settings;
    try {
      if (ca !== undefined) authorities.push((await readRegularFile(ca, MAX_AUTHORITY_BYTES)).toString());
      return tls.createSecureContext({ ca: authorities });
    } catch (error) {
      throw new OllamaError('upstream', `its certificate authorities cannot be used: ${messageOf(error)}`, {
        status: 502,
        cause: error,
      });
    }
  }
}

/** While a request waits for one of the connections, its signal alone does not end it. */
async function unlessAborted<Result>(sent: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = createDeferred<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([sent, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
