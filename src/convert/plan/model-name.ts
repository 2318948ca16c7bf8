import type { Config } from '../hugging-face/config.ts';

/** Versions and sizes, which keep their spelling. */
const NUMBERED = /^(?:v\d+(?:\.\d+)*|\d.*)$/;

/** Names are shown in one line. */
const MAX_LENGTH = 200;

/**
 * `general.name` from the name under which transformers loaded the model, such as "meta-llama/Llama-2-7b-hf": "Llama 2 7b Hf".
 * The reference falls back on the name of the folder, which the server does not know.
 */
export function modelName(config: Config): string | undefined {
  const path = config.value('_name_or_path');
  if (typeof path !== 'string' || path === '' || path.length > MAX_LENGTH) return undefined;
  if (path.split('/').length > 2) return undefined;
  const name = path.includes(' ') ? path : path.slice(path.indexOf('/') + 1);
  const words = name
    .replaceAll('-', ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.length === 0 ? undefined : words.map(titled).join(' ');
}

/** A capital at the start of each run of letters, unless the word has capitals of its own or is a number. */
function titled(word: string): string {
  const isLower = word === word.toLowerCase() && word !== word.toUpperCase();
  if (!isLower || NUMBERED.test(word)) return word;
  return word.replaceAll(/\p{L}+/gu, (letters) => letters.charAt(0).toUpperCase() + letters.slice(1));
}
