import { parse, tokenize } from '@huggingface/jinja';
import { messageOf, OllamaError } from '../../base/errors.ts';

/** Hugging Face renders chat templates with these options. */
const lexerOptions = { lstrip_blocks: true, trim_blocks: true };

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

/** Comments, and tags including the strings inside them. Comments do not count as tags; neither do tags of `generation`. */
const tagPattern =
  /\{#[\s\S]*?#\}|\{%-?\s*(?:end)?generation\s*-?%\}|(\{[{%](?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|(?![%}]\})[\s\S])*(?:[%}]\})?)/g;

function tagsOf(text: string): RegExpExecArray[] {
  return [...text.matchAll(tagPattern)].filter(([, tag]) => tag !== undefined);
}

/** @returns the index of the tag */
function firstUnreadableTag(text: string): number {
  const tags = tagsOf(text);
  let readable = 0;
  for (let unreadable = tags.length; readable < unreadable; ) {
    const middle = (readable + unreadable) >> 1;
    const tag = tags[middle];
    const end = tag ? tag.index + tag[0].length : text.length;
    if (isReadable(text.slice(0, end))) readable = middle + 1;
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
  const tags = tagsOf(text);
  const before = text.slice(0, (tags[tagIndex] ?? tags.at(-1))?.index ?? 0);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return new OllamaError('invalid-request', `line ${line}, column ${column}: ${messageOf(cause)}`, { cause });
}
