import { readOwnFileSync } from './program/own-files.ts';

interface PackageFacts {
  readonly version: string;
}

/** Returns the version in package.json. */
export function programVersion(): string {
  return (JSON.parse(readOwnFileSync('package.json').toString()) as PackageFacts).version;
}
