import { KIB } from '../../base/units.ts';

/** A credential that a user has stored for a registry. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** A token that is sent to the registry unchanged. */
  | { readonly token: string };

/** Tokens of cloud registries reach about 4 KB; servers accept headers of 8 KB. */
const MAX_SECRET_LENGTH = 8 * KIB;

/** Why a credential cannot be sent (RFC 7617, RFC 6750); undefined when it can. */
export function credentialProblem(credential: Credential): string | undefined {
  const secret = 'token' in credential ? credential.token : credential.password;
  const kind = 'token' in credential ? 'token' : 'password';
  if (secret === '') return `the ${kind} is empty`;
  if (secret.length > MAX_SECRET_LENGTH) return `the ${kind} is longer than ${MAX_SECRET_LENGTH} characters`;
  if ('token' in credential)
    return isTokenText(credential.token) ? undefined : 'the token contains invalid characters';
  const { username, password } = credential;
  if (username === '' || username.includes(':')) return 'the user name is empty or contains a colon';
  return /\p{Cc}/u.test(username + password)
    ? 'the user name or password contains control characters'
    : undefined;
}

/** Accepts visible ASCII only, which is safe in a header. */
export function isTokenText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

export function basicHeader({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
