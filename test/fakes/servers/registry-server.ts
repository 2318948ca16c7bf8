import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeLayer {
  readonly mediaType: string;
  readonly content: Uint8Array | string;
}

/** Answers a request and returns true, or leaves it to the next handler. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

export function sha256(content: Uint8Array | string): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/**
 * A registry on a free port of 127.0.0.1 that speaks the pull half of the protocol, including ranges. Behaviours added
 * with `behave` are tried first and make it hostile.
 */
export class RegistryServer {
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, Uint8Array>();
  readonly #behaviours: Behaviour[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  static async start(): Promise<RegistryServer> {
    const registry = new RegistryServer();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** Host and port, "127.0.0.1:<port>". */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** The name under which a client pulls a published model. */
  name(model: string, tag = 'latest'): string {
    return `${this.host}/library/${model}:${tag}`;
  }

  /** Makes a model available; returns the manifest's bytes. */
  publish(
    model: string,
    layers: readonly FakeLayer[],
    config: unknown = { model_format: 'gguf' },
    tag = 'latest',
  ) {
    const describe = ({ mediaType, content }: FakeLayer) => {
      const bytes = Buffer.from(content);
      this.blobs.set(sha256(bytes), bytes);
      return { mediaType, digest: sha256(bytes), size: bytes.length };
    };
    return this.publishManifest(
      model,
      {
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: describe({ mediaType: CONFIG_TYPE, content: JSON.stringify(config) }),
        layers: layers.map(describe),
      },
      tag,
    );
  }

  /** Publishes any document as the manifest of a model. */
  publishManifest(model: string, manifest: unknown, tag = 'latest'): Uint8Array {
    const bytes = Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
    this.manifests.set(`/v2/library/${model}/manifests/${tag}`, bytes);
    return bytes;
  }

  /** Adds a behaviour before the ordinary answers; the newest is tried first. */
  behave(behaviour: Behaviour): void {
    this.#behaviours.unshift(behaviour);
  }

  /** URLs requested so far that contain the text. */
  requestsFor(text: string): string[] {
    return this.requests.map(({ url }) => url).filter((url) => url.includes(text));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push({ url, headers: request.headers });
    if (this.#behaviours.some((behaviour) => behaviour(request, response))) return;
    const manifest = this.manifests.get(url);
    if (manifest) {
      response
        .writeHead(200, { 'Content-Type': MANIFEST_TYPE, 'Content-Length': manifest.length })
        .end(manifest);
      return;
    }
    const blob = this.blobs.get(/\/blobs\/(.+)$/.exec(url)?.[1] ?? '');
    if (blob) sendBlob(request, response, blob);
    else response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  }
}

/** The range of bytes that a request asks for. */
function rangeOf(
  request: IncomingMessage,
  blob: Uint8Array,
): { start: number; end: number; isRanged: boolean } {
  const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const end = last ? Math.min(Number(last) + 1, blob.length) : blob.length;
  return { start: Number(start ?? 0), end, isRanged: start !== undefined };
}

/** Sends the status and headers for the requested bytes, and returns the bytes. */
function beginBlob(request: IncomingMessage, response: ServerResponse, blob: Uint8Array): Uint8Array {
  const { start, end, isRanged } = rangeOf(request, blob);
  const range = isRanged && { 'Content-Range': `bytes ${start}-${end - 1}/${blob.length}` };
  response.writeHead(isRanged ? 206 : 200, { 'Content-Length': end - start, ...range });
  return blob.subarray(start, end);
}

/** Sends the blob, or the part of it that a Range header requests. */
function sendBlob(request: IncomingMessage, response: ServerResponse, blob: Uint8Array): void {
  if (rangeOf(request, blob).start >= Math.max(blob.length, 1)) {
    response.writeHead(416, { 'Content-Range': `bytes */${blob.length}` }).end();
  } else {
    response.end(beginBlob(request, response, blob));
  }
}

/** Answers requests for the registry's blobs. */
export function onBlobs(
  registry: RegistryServer,
  answer: (request: IncomingMessage, response: ServerResponse, blob: Uint8Array) => boolean,
): Behaviour {
  return (request, response) => {
    const blob = registry.blobs.get(/\/blobs\/(.+)$/.exec(request.url ?? '')?.[1] ?? '');
    return blob !== undefined && answer(request, response, blob);
  };
}

/**
 * Sends at most this many bytes of each response for a larger blob, then cuts the connection; only for the first
 * `times` responses.
 */
export function breakBlobs(registry: RegistryServer, bytes: number, times: number): Behaviour {
  let left = times;
  return onBlobs(registry, (request, response, blob) => {
    if (left <= 0 || blob.length <= bytes) return false;
    left -= 1;
    const asked = beginBlob(request, response, blob);
    response.write(asked.subarray(0, bytes), () => response.destroy());
    return true;
  });
}

/** Answers each range request with the whole blob. */
export function ignoreRanges(registry: RegistryServer): Behaviour {
  return onBlobs(registry, (request, response, blob) => {
    if (request.headers.range === undefined) return false;
    response.writeHead(200, { 'Content-Length': blob.length }).end(blob);
    return true;
  });
}

/** Flips the blob's byte at each of the places, in the first `times` responses that contain it. */
export function damageBlobs(registry: RegistryServer, places: readonly number[], times = 1): Behaviour {
  const left = new Map(places.map((place) => [place, times]));
  return onBlobs(registry, (request, response, blob) => {
    const { start, end } = rangeOf(request, blob);
    const bytes = Buffer.from(beginBlob(request, response, blob));
    for (const [place, count] of left) {
      if (count <= 0 || place < start || place >= end) continue;
      left.set(place, count - 1);
      bytes[place - start] = (bytes[place - start] ?? 0) ^ 255;
    }
    response.end(bytes);
    return true;
  });
}

/** Requires a Bearer token, issues one at `/token`, and rejects wrong ones. */
export function requireToken(
  registry: RegistryServer,
  token: string,
  realm = `${registry.url}/token`,
): Behaviour {
  return (request, response) => {
    if (request.url?.startsWith('/token')) {
      response.writeHead(200).end(JSON.stringify({ token }));
      return true;
    }
    if (request.headers.authorization === `Bearer ${token}`) return false;
    const challenge = `Bearer realm="${realm}",service="fake registry",scope="repository:library/x:pull other:y:pull"`;
    response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    return true;
  };
}
