// Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page of docs/.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @param page file name in docs/
 * @param parts new texts, by the name of their markers
 * @throws Error if the page lacks a marker
 */
export function writeParts(page, parts) {
  const path = fileURLToPath(new URL(`../docs/${page}`, import.meta.url));
  let text = readFileSync(path, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/${page} has no ${start} … ${end}`);
    text = `${text.slice(0, from)}${start}\n${part}\n${text.slice(to)}`;
  }
  writeFileSync(path, text);
}
