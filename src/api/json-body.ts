import { OllamaError } from '../base/errors.ts';

/** Maximum nesting depth: real tool schemas stay under 30, and everything after the parser may recurse. */
const MAX_JSON_DEPTH = 200;

/**
 * Parses the first JSON value of a request body and ignores anything after it, as Go's decoder does.
 * @throws OllamaError `invalid-request` for an empty body, bad JSON, or nesting beyond the limit
 */
export function decodeJson(body: string): unknown {
  if (body.trim() === '') throw new OllamaError('invalid-request', 'missing request body');
  const value = parseFirstValue(body);
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new OllamaError('invalid-request', `invalid JSON: nested more than ${MAX_JSON_DEPTH} levels deep`);
  }
  return value;
}

function parseFirstValue(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const end = endOfFirstObject(body);
    if (end === undefined || end === body.length) throw invalidJson(error);
    try {
      return JSON.parse(body.slice(0, end));
    } catch {
      throw invalidJson(error);
    }
  }
}

function invalidJson(cause: unknown): OllamaError {
  const reason = cause instanceof Error ? cause.message : 'not JSON';
  return new OllamaError('invalid-request', `invalid JSON: ${reason}`, { cause });
}

const structuralCharacter = /["{}[\]]/g;

/** Index just past the bracket that closes the first bracket of the body, if there is one. */
function endOfFirstObject(body: string): number | undefined {
  let depth = 0;
  structuralCharacter.lastIndex = 0;
  for (;;) {
    const character = structuralCharacter.exec(body)?.[0];
    if (character === undefined) return undefined;
    if (character === '"') {
      const end = endOfString(body, structuralCharacter.lastIndex);
      if (end === undefined) return undefined;
      structuralCharacter.lastIndex = end;
      continue;
    }
    depth += character === '{' || character === '[' ? 1 : -1;
    if (depth <= 0) return structuralCharacter.lastIndex;
  }
}

/** Index just past the quote that ends a string: the first quote after an even number of backslashes. */
function endOfString(body: string, start: number): number | undefined {
  for (let quote = body.indexOf('"', start); quote >= 0; quote = body.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (quote - backslashes > start && body[quote - backslashes - 1] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return undefined;
}

/** Descends level by level, without recursion, because the value may be nested a million levels deep. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= limit) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
