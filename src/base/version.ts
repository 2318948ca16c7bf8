import { readFileSync } from 'node:fs';

interface PackageFacts {
  readonly version: string;
}

/** Returns the version in package.json. */
export function programVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as PackageFacts).version;
}
