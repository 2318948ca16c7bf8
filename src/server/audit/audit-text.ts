/** Texts of requests as they may stand in the audit log: bounded, in plain characters, and without secrets. */

/** The longest model name has fewer, without its host. */
const MAX_CHARACTERS = 256;
/** Shorter texts are no secrets, and would make every text unreadable. */
const LEAST_SECRET_CHARACTERS = 8;
/** Our own keys, and those of other services that clients send by mistake. */
const keyPattern = /\b(?:ok-[\w-]{32,}|sk-[\w-]{20,}|hf_\w{16,})/g;
const addressPattern = /^[a-z][a-z0-9+.-]*:\/\//i;
const HIDDEN = '(hidden)';

/** @param secrets what the request presented as its key */
export function auditText(text: string, secrets: readonly string[]): string {
  // What is cut off is not looked at, and a secret is not cut in two.
  let shown = text.length > 4 * MAX_CHARACTERS ? text.slice(0, 4 * MAX_CHARACTERS) : text;
  if (addressPattern.test(shown)) shown = withoutCredentials(shown);
  for (const secret of secrets) {
    if (secret.length >= LEAST_SECRET_CHARACTERS) shown = shown.replaceAll(secret, HIDDEN);
  }
  shown = shown.replace(keyPattern, HIDDEN);
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS)}…` : shown;
}

/** An address without its password and its query, in which tokens are sent. */
function withoutCredentials(text: string): string {
  return text.replace(/[?#].*$/s, '').replace(/^([^/]*\/\/)[^/]*@/, '$1');
}

/** JSON in printable ASCII, so that no text can disturb a terminal or look like another. */
export function plainJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
