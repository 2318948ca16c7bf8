import { parse, tokenize } from '@huggingface/jinja';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { jinjaTags } from './jinja-tags.ts';

/** Hugging Face renders chat templates with these options. */
const lexerOptions = { lstrip_blocks: true, trim_blocks: true };

/** White space in a row: reading it takes quadratic time. Real templates have less than a hundred. */
const MAX_SPACES = 1000;
const tooManySpaces = new RegExp(`(?<!\\s)\\s{${MAX_SPACES + 1}}`);

export type JinjaProgram = ReturnType<typeof parse>;
/** The library does not export its own token type. */
interface Token {
  readonly type: string;
}

/**
 * Parses a Jinja template.
 * @throws OllamaError `invalid-request` with the line and column of the invalid tag
 */
export function parseJinja(text: string): JinjaProgram {
  if (tooManySpaces.test(text)) {
    throw new OllamaError(
      'invalid-request',
      `it has more than ${MAX_SPACES} white space characters in a row`,
    );
  }
  let tokens: Token[];
  try {
    tokens = tokenize(text, lexerOptions);
  } catch (error) {
    throw syntaxError(text, firstUnreadableTag(text), error);
  }
  const reads = { last: 0 };
  try {
    return parse(observed(tokens, reads));
  } catch (error) {
    const openings = tokens.slice(0, reads.last + 1).filter(({ type }) => tagOpenings.has(type));
    throw syntaxError(text, Math.max(openings.length - 1, 0), error);
  }
}

const tagOpenings = new Set(['OpenStatement', 'OpenExpression']);

/** The parser's errors have no position. But it never reads beyond the token at which it fails, so the last read shows it. */
function observed(tokens: Token[], reads: { last: number }): Token[] {
  return new Proxy(tokens, {
    get(target, key) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (index < target.length) reads.last = Math.max(reads.last, index);
      return Reflect.get(target, key);
    },
  });
}

/** @returns the index of the tag */
function firstUnreadableTag(text: string): number {
  const tags = jinjaTags(text);
  let readable = 0;
  for (let unreadable = tags.length; readable < unreadable; ) {
    const middle = (readable + unreadable) >> 1;
    const tag = tags[middle];
    if (isReadable(text.slice(0, tag?.end))) readable = middle + 1;
    else unreadable = middle;
  }
  return readable;
}

function isReadable(text: string): boolean {
  try {
    tokenize(text, lexerOptions);
    return true;
  } catch {
    return false;
  }
}

function syntaxError(text: string, tagIndex: number, cause: unknown): OllamaError {
  const tags = jinjaTags(text);
  const before = text.slice(0, (tags[tagIndex] ?? tags.at(-1))?.start ?? 0);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return new OllamaError('invalid-request', `line ${line}, column ${column}: ${messageOf(cause)}`, { cause });
}
