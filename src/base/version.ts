import { readFileSync } from 'node:fs';

interface PackageFacts {
  readonly version: string;
}

/** The program's version, as package.json states it. */
export function programVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as PackageFacts).version;
}
