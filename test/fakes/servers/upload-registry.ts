import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

interface UploadSession {
  readonly repository: string;
  bytes: Buffer;
}

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A registry on a free port of 127.0.0.1 that speaks the push half of the protocol, like Docker's. */
export class UploadRegistry {
  readonly requests: SeenRequest[] = [];
  /** Blobs by "<namespace>/<model>@<digest>". */
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  /** As in Docker's registry, the location contains the state of an upload and changes with each part. */
  readonly sessions = new Map<string, UploadSession>();
  /** Whether a GET request returns the state of an upload. */
  tellsStatus = true;
  /** Prefix of locations; empty for relative ones. */
  locationBase = '';
  readonly #behaviours: Behaviour[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<UploadRegistry> {
    const registry = new UploadRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Adds a behaviour before the ordinary answers; the newest is tried first. */
  behave(behaviour: Behaviour): void {
    this.#behaviours.unshift(behaviour);
  }

  /** "<method> <start of the path>" of the requests so far that contain the text. */
  seen(text: string): SeenRequest[] {
    return this.requests.filter(({ method, url }) => `${method} ${url}`.includes(text));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Adds the received bytes of a part to its session. */
  async take(request: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<UploadSession | undefined> {
    const session = this.sessions.get(sessionIdOf(request));
    if (!session) return undefined;
    for await (const chunk of request) {
      const room = limit - session.bytes.length;
      session.bytes = Buffer.concat([session.bytes, (chunk as Buffer).subarray(0, room)]);
      if (session.bytes.length >= limit) break;
    }
    return session;
  }

  /** Answers with an upload's next location and the range received so far. */
  tellLocation(response: ServerResponse, status: number, id: string): void {
    const session = this.sessions.get(id);
    const size = session?.bytes.length ?? 0;
    const location = `${this.locationBase}/v2/${session?.repository}/blobs/uploads/${id}?_state=${size}`;
    response.writeHead(status, { Location: location, Range: `0-${Math.max(size - 1, 0)}` }).end();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method = '', headers } = request;
    this.requests.push({ method, url, headers });
    request.on('error', () => undefined);
    for (const behaviour of this.#behaviours) if (await behaviour(request, response)) return;
    const [, repository = '', kind, rest = ''] =
      /^\/v2\/([^/]+\/[^/]+)\/(blobs|manifests)\/(.*)$/.exec(url) ?? [];
    if (kind === 'manifests' && method === 'PUT') await this.#putManifest(request, response);
    else if (kind === 'blobs' && rest.startsWith('uploads/'))
      await this.#upload(request, response, repository);
    else if (kind === 'blobs' && method === 'HEAD')
      response.writeHead(this.blobs.has(`${repository}@${rest}`) ? 200 : 404).end();
    else response.writeHead(404).end();
  }

  async #upload(request: IncomingMessage, response: ServerResponse, repository: string): Promise<void> {
    const id = sessionIdOf(request);
    const query = new URL(request.url ?? '', this.url).searchParams;
    if (request.method === 'POST') return this.#begin(query, response, repository);
    if (!this.sessions.has(id))
      return void response.writeHead(404).end('{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}');
    if (request.method === 'GET') {
      if (this.tellsStatus) this.tellLocation(response, 204, id);
      else response.writeHead(405).end();
    } else if (request.method === 'PATCH') await this.#patch(request, response, id);
    else await this.#commit(query, response, id);
  }

  #begin(query: URLSearchParams, response: ServerResponse, repository: string): void {
    const digest = query.get('mount') ?? '';
    const source = this.blobs.get(`${query.get('from')}@${digest}`);
    if (source) {
      this.blobs.set(`${repository}@${digest}`, source);
      response.writeHead(201, { Location: `/v2/${repository}/blobs/${digest}` }).end();
      return;
    }
    const id = randomBytes(8).toString('hex');
    this.sessions.set(id, { repository, bytes: Buffer.alloc(0) });
    this.tellLocation(response, 202, id);
  }

  async #patch(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const start = Number(/^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1]);
    if (start !== this.sessions.get(id)?.bytes.length) {
      request.resume();
      this.tellLocation(response, 416, id);
      return;
    }
    try {
      await this.take(request);
    } catch {
      return; // The client disconnected.
    }
    this.tellLocation(response, 202, id);
  }

  async #commit(query: URLSearchParams, response: ServerResponse, id: string): Promise<void> {
    const { repository, bytes } = this.sessions.get(id) ?? { repository: '', bytes: Buffer.alloc(0) };
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (query.get('digest') !== digest)
      return void response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
    this.sessions.delete(id);
    this.blobs.set(`${repository}@${digest}`, bytes);
    response.writeHead(201).end();
  }

  async #putManifest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.manifests.set(request.url ?? '', Buffer.concat(chunks));
    response.writeHead(201).end();
  }
}

export function sessionIdOf({ url = '' }: IncomingMessage): string {
  return /\/uploads\/([0-9a-f]+)/.exec(url)?.[1] ?? '';
}

/**
 * Checks the signature in the header of a token request, as Ollama's registry requires it, and returns the public key.
 */
export function checkSignature(
  request: IncomingMessage,
  registryUrl: string,
): { publicKey: string; isValid: boolean } {
  const [publicKey = '', signature = ''] = (request.headers.authorization ?? '').split(':');
  const raw = Buffer.from(publicKey, 'base64').subarray(-32);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  const empty = Buffer.from(createHash('sha256').update('').digest('hex')).toString('base64');
  const text = `GET,${registryUrl}${request.url},${empty}`;
  return { publicKey, isValid: verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')) };
}

/** Requires a Bearer token; `answer` handles requests to the realm. `isValid` decides which tokens are valid. */
export function requireUploadToken(
  realm: string,
  isValid: (token: string) => boolean,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Behaviour {
  return (request, response) => {
    if (request.url?.startsWith('/token')) {
      answer(request, response);
      return true;
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined && isValid(token)) return false;
    request.resume();
    const challenge = `Bearer realm="${realm}",service="fake registry",scope="repository:library/x:pull,push"`;
    response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    return true;
  };
}
