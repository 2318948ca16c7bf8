import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryServer, sha256 } from './registry-server.ts';

export interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize?: number };
}

/** The answer of Hugging Face's registry for models in shards. */
const SHARDS_REFUSED = JSON.stringify({
  error:
    'The specified tag is a sharded GGUF. Ollama does not support this yet. Please use another tag or "latest". ' +
    'Follow this issue for more info: https://github.com/ollama/ollama/issues/5245',
});

/**
 * Hugging Face with one repository, ada/fox: a registry that refuses its manifests, the list of its files, and
 * redirects to a storage server for their bytes.
 */
export class HuggingFaceServer implements AsyncDisposable {
  readonly hub: RegistryServer;
  readonly storage: RegistryServer;
  /** The list of files; tests falsify it. */
  readonly tree: TreeEntry[] = [];
  pageSize = 1000;
  /** If set, the token that is needed to see the repository. */
  token: string | undefined;
  readonly #digests = new Map<string, string>();

  private constructor(hub: RegistryServer, storage: RegistryServer) {
    this.hub = hub;
    this.storage = storage;
    hub.behave((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<HuggingFaceServer> {
    return new HuggingFaceServer(await RegistryServer.start(), await RegistryServer.start());
  }

  get url(): string {
    return this.hub.url;
  }

  /** Puts files into the repository. */
  add(files: ReadonlyMap<string, Uint8Array>, folder = ''): void {
    for (const [name, content] of files) {
      const path = folder + name;
      const digest = sha256(content);
      const size = content.length;
      this.storage.blobs.set(digest, content);
      this.#digests.set(path, digest);
      this.tree.push({
        type: 'file',
        path,
        size,
        oid: 'f0',
        lfs: { oid: digest.slice(7), size, pointerSize: 134 },
      });
    }
  }

  /** Changes the listed facts of a file. */
  lie(path: string, changes: Partial<TreeEntry>): void {
    const index = this.tree.findIndex((entry) => entry.path === path);
    const entry = this.tree[index];
    if (!entry) throw new Error(`no file ${path}`);
    this.tree[index] = { ...entry, ...changes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.hub.close(), this.storage.close()]);
  }

  #answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '', this.url);
    const isKnown = this.token === undefined || request.headers.authorization === `Bearer ${this.token}`;
    if (!isKnown) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="Authentication required"' }).end();
      return true;
    }
    if (/^\/v2\/ada\/fox\/manifests\//.test(url.pathname)) {
      response.writeHead(400, { 'Content-Type': 'application/json' }).end(SHARDS_REFUSED);
      return true;
    }
    if (url.pathname === '/api/models/ada/fox/tree/main') {
      this.#list(url, response);
      return true;
    }
    const path = /^\/ada\/fox\/resolve\/main\/(.+)$/.exec(url.pathname)?.[1];
    const digest = this.#digests.get(decodeURIComponent(path ?? ''));
    if (digest === undefined) return false;
    response.writeHead(302, { Location: `${this.storage.url}/blobs/${digest}` }).end();
    return true;
  }

  #list({ searchParams }: URL, response: ServerResponse): void {
    const start = Number(searchParams.get('cursor') ?? 0);
    const end = start + this.pageSize;
    const next = `<https://huggingface.co/api/models/ada/fox/tree/main?recursive=true&cursor=${end}>; rel="next"`;
    response.writeHead(200, {
      'Content-Type': 'application/json',
      ...(end < this.tree.length && { Link: next }),
    });
    response.end(JSON.stringify(this.tree.slice(start, end)));
  }
}
