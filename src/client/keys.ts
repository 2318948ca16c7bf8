import type { CreateKeyRequest, KeyInfo, KeysResponse, NewKeyResponse } from '../api/keys.ts';
import type { ClientRequest } from './connection.ts';

type Send = <T>(request: ClientRequest) => Promise<T>;

const pathOf = (id: string) => `/api/keys/${encodeURIComponent(id)}`;

/** The routes under /api/keys, which need a key with the scope `admin`. An ID may be a name. */
export class KeyRequests {
  readonly #json: Send;

  constructor(json: Send) {
    this.#json = json;
  }

  list(): Promise<KeysResponse> {
    return this.#json({ method: 'GET', path: '/api/keys' });
  }

  show(id: string): Promise<KeyInfo> {
    return this.#json({ method: 'GET', path: pathOf(id) });
  }

  /** The reply shows the key, and nothing shows it again. */
  create(request: CreateKeyRequest): Promise<NewKeyResponse> {
    return this.#json({ method: 'POST', path: '/api/keys', json: request });
  }

  /** @param grace how long the old key is still accepted, such as "1h" */
  rotate(id: string, grace?: string): Promise<NewKeyResponse> {
    return this.#json({ method: 'POST', path: `${pathOf(id)}/rotate`, json: { grace } });
  }

  revoke(id: string): Promise<KeyInfo> {
    return this.#json({ method: 'DELETE', path: pathOf(id) });
  }
}
