import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Markdown, readMarkdown } from './markdown.ts';

export interface Page extends Markdown {
  /** From the project's folder: "docs/faq.md". */
  readonly path: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** README.md and all of docs/. */
export function readPages(): Page[] {
  const names = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', ...names.sort().map((name) => `docs/${name}`)];
  return paths.map((path) => ({ path, ...readMarkdown(readFileSync(root + path, 'utf8')) }));
}
