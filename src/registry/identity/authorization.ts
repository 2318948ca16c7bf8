import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';
import { isHuggingFace, isHuggingFaceHost } from '../hugging-face/hugging-face.ts';
import { discardBody, readBounded } from '../transport/bounded-body.ts';
import { StallGuard } from '../transport/stall-guard.ts';
import {
  asksForBasic,
  type BearerChallenge,
  isOwnRealm,
  parseBearerChallenge,
  tokenUrl,
} from './challenge.ts';
import { basicHeader, type Credential, isTokenText } from './credential.ts';

/** A token response is smaller than 10 KB. */
const MAX_TOKEN_BYTES = 64 * KIB;
/** Time limit of the whole response: a token server has nothing to compute. */
const TOKEN_TIMEOUT_MS = 30_000;
const NONCE_BYTES = 16;
const HUGGING_FACE_HINT =
  ' (the model does not exist, or it is private: run "ollama login hf.co" with a token of your account, or set HF_TOKEN for the server)';

/** Our identity, as far as a registry may ask for it. */
export interface RegistryIdentity {
  /** The credential that the user stored for a host. */
  credential(host: string): Promise<Credential | undefined>;
  /** Signs with the user's key; undefined when there is none. */
  sign(text: string): Promise<string | undefined>;
}

interface AuthorizationParts {
  readonly registry: URL;
  readonly identity: RegistryIdentity | undefined;
  readonly clock: Clock;
  /** Sends a GET that includes `authorization` only for the URL's own origin; throws error statuses. */
  readonly ask: (url: URL, authorization: string | undefined, signal: AbortSignal) => Promise<Response>;
}

/**
 * What one operation sends to its registry for authorization: nothing at first; after the registry asks, a token or the
 * stored credential. Kept for the operation and never sent to another origin.
 */
export class Authorization {
  readonly #parts: AuthorizationParts;
  #header: string | undefined;
  /** Whether the header is the stored credential, not a token issued for one origin. */
  #isStored = false;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
  }

  headerFor(url: URL): string | undefined {
    const { registry } = this.#parts;
    if (url.origin === registry.origin) return this.#header;
    return this.#isStored && isHuggingFace(url) && isHuggingFace(registry) ? this.#header : undefined;
  }

  /**
   * Handles a 401, so that the request can be repeated.
   * @param shown the header that was refused
   * @throws OllamaError `upstream` when there is nothing else to send
   */
  async answer(refusal: Response, shown: string | undefined, signal: AbortSignal): Promise<void> {
    await discardBody(refusal);
    if (this.#header !== undefined && this.#header !== shown) return; // Another request renewed it meanwhile.
    const asked = refusal.headers.get('www-authenticate');
    const credential = await this.#credential();
    const bearer = parseBearerChallenge(asked);
    const direct = directHeader(credential, asked);
    const header = direct ?? (bearer && (await this.#token(bearer, credential, signal)));
    if (header === undefined || header === shown) throw await this.refused(refusal);
    this.#header = header;
    this.#isStored = direct !== undefined;
  }

  /**
   * Whether to repeat a request after a 403: some hosts answer it to anonymous requests without asking for authorization.
   * @param shown the header that was refused
   */
  async offer(refusal: Response, shown: string | undefined): Promise<boolean> {
    const header = directHeader(await this.#credential(), null);
    if (header === undefined || header === shown) return false;
    await discardBody(refusal);
    this.#header = header;
    this.#isStored = true;
    return true;
  }

  async #credential(): Promise<Credential | undefined> {
    const { registry, identity } = this.#parts;
    // Hugging Face tokens give access to the whole account, so never send them unencrypted.
    if (isHuggingFaceHost(registry.host) && registry.protocol !== 'https:') return undefined;
    return await identity?.credential(registry.host);
  }

  /** Returns the error for a 401 that could not be answered, or whose answer was refused. */
  async refused(refusal: Response): Promise<OllamaError> {
    await discardBody(refusal);
    const { host } = this.#parts.registry;
    const isAsked = asksForBasic(refusal.headers.get('www-authenticate'));
    const login = isAsked ? ` (run "ollama login ${host}")` : '';
    const hint = isHuggingFaceHost(host) ? HUGGING_FACE_HINT : login;
    return new OllamaError('upstream', `unauthorized: access denied${hint}`);
  }

  async #token(
    challenge: BearerChallenge,
    credential: Credential | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { registry, clock, ask } = this.#parts;
    const password = credential && 'password' in credential ? credential : undefined;
    const url = tokenUrl(challenge, registry, password !== undefined);
    const shown = password ? basicHeader(password) : await this.#signature(challenge, url);
    const guard = new StallGuard(clock, TOKEN_TIMEOUT_MS, signal);
    try {
      const response = await ask(url, shown, guard.signal);
      return `Bearer ${tokenOf(await readBounded(response, MAX_TOKEN_BYTES, 'the token response'))}`;
    } catch (error) {
      if (!guard.stalled) throw error;
      throw new OllamaError('upstream', `${url.host} did not return a token in time`, { cause: error });
    } finally {
      guard.close();
    }
  }

  /** Adds time and nonce to the URL and signs it: "GET,<url>,<base64 of the hex SHA-256 of the empty body>". */
  async #signature(challenge: BearerChallenge, url: URL): Promise<string | undefined> {
    const { identity, registry, clock } = this.#parts;
    if (!identity || !isOwnRealm(challenge, registry)) return undefined;
    url.searchParams.append('ts', String(Math.floor(clock.date() / 1000)));
    url.searchParams.append('nonce', randomBytes(NONCE_BYTES).toString('base64url'));
    url.searchParams.sort();
    const emptyBody = Buffer.from(createHash('sha256').digest('hex')).toString('base64');
    return identity.sign(`GET,${url.href},${emptyBody}`);
  }
}

/** Header for the registry itself: a stored token, or the password if the registry asks for one. */
function directHeader(credential: Credential | undefined, asked: string | null): string | undefined {
  if (!credential) return undefined;
  if ('token' in credential) return `Bearer ${credential.token}`;
  return asksForBasic(asked) ? basicHeader(credential) : undefined;
}

/** Docker's token servers call it `token`, OAuth 2 servers `access_token`. */
function tokenOf(body: Uint8Array): string {
  const parsed = parseJson(new TextDecoder().decode(body));
  const fields: Record<string, unknown> = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  const token = fields.token ?? fields.access_token;
  if (typeof token === 'string' && isTokenText(token)) return token;
  throw new OllamaError('upstream', 'the token response contains no token');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
