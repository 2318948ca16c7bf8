import { type ConfiguredUpstream, emptyConfigFile } from '../../../src/config/file/config-file.ts';
import { upstreamEntry } from '../../../src/config/file/upstream-section.ts';
import { listen } from '../../../src/server/serve.ts';
import { type OpenAiServer, startOpenAiServer } from './openai-server.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

export const kinds = ['openai', 'ollama', 'anthropic'] as const;
export type Kind = (typeof kinds)[number];

/** The base of each API, as its clients take it. */
function baseOf(kind: Kind, url: string): string {
  return kind === 'openai' ? `${url}/v1` : url;
}

type UpstreamFields = Parameters<typeof upstreamEntry>[0];

/** An upstream as the config file has it. */
export function upstream(
  fields: Pick<UpstreamFields, 'name' | 'url' | 'kind'> & Partial<UpstreamFields>,
): ConfiguredUpstream {
  return upstreamEntry({ models: ['far'], ...fields });
}

export interface FrontServer {
  readonly server: ScriptServer;
  readonly url: string;
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** A server on a real port whose config file has these upstreams. */
export async function startFront(
  upstreams: readonly ConfiguredUpstream[],
  options: Parameters<typeof startScriptServer>[0] = {},
): Promise<FrontServer> {
  const file = { ...emptyConfigFile, ...options.file, upstreams };
  const server = await startScriptServer({ ...options, file });
  const listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
  return {
    server,
    url: listening.url,
    post: (path, body, headers = {}) =>
      fetch(listening.url + path, { method: 'POST', body: JSON.stringify(body), headers }),
    close: async () => {
      await listening.close(0);
      await server.close();
    },
  };
}

export interface UpstreamPair {
  /** The server behind. Its model is "m". */
  readonly back: OpenAiServer;
  /** The server in front, whose model "far" is that model. */
  readonly front: FrontServer;
  close(): Promise<void>;
}

/** Two servers, of which one is an upstream of the other. */
export async function startPair(
  kind: Kind,
  fields: Partial<UpstreamFields> = {},
  options: Parameters<typeof startScriptServer>[0] = {},
): Promise<UpstreamPair> {
  const back = await startOpenAiServer();
  const models = [{ name: 'far', as: 'm' }];
  const url = baseOf(kind, back.url);
  const front = await startFront([upstream({ name: 'behind', url, kind, models, ...fields })], options);
  return {
    back,
    front,
    close: async () => {
      await front.close();
      await back.close();
    },
  };
}
