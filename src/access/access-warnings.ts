/** What a server asks of its clients. */
export interface AccessState {
  /** Whether requests need a key. */
  readonly isNeeded: boolean;
  readonly hasKeys: boolean;
  /** What is wrong with a server that other machines reach and that needs no key; undefined = nothing. */
  readonly exposure: string | undefined;
}

/**
 * What the log says about a change of the access to a server.
 * @param before undefined when the server starts: then only what is wrong is worth a line
 */
export function accessWarnings(before: AccessState | undefined, now: AccessState): string[] {
  const warnings: string[] = [];
  if (before) warnings.push(...changeWarnings(before, now));
  if (now.exposure !== undefined && now.exposure !== before?.exposure) warnings.push(now.exposure);
  return warnings;
}

function changeWarnings(before: AccessState, now: AccessState): string[] {
  if (now.isNeeded && !before.isNeeded) return ['requests need an API key from now on'];
  if (before.isNeeded && !now.isNeeded) return ['requests need no API key from now on'];
  if (now.isNeeded && before.hasKeys && !now.hasKeys) {
    return [
      'no API key is left; the server refuses requests until a program on this machine creates a key, or OLLAMA_REQUIRE_KEY is off',
    ];
  }
  // Only the owner's choice ends an exposure without a key.
  if (before.exposure !== undefined && now.exposure === undefined)
    return ['OLLAMA_REQUIRE_KEY is off; other machines can use and change this server without a key'];
  return [];
}
