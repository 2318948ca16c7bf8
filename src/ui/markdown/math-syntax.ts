/** Formulas in Markdown: `$$…$$`, `\[…\]`, `\(…\)` and `$…$`. */
import type { TokenizerAndRendererExtension, Tokens } from 'marked';

/** Longer ones are shown as they were written: typesetting takes time that the writer chooses. */
const MAX_FORMULA_CHARACTERS = 2000;
const MAX_DOLLAR_CHARACTERS = 500;

export interface MathToken extends Tokens.Generic {
  readonly type: 'math' | 'mathBlock';
  readonly raw: string;
  readonly text: string;
  readonly isDisplay: boolean;
}

interface Found {
  readonly raw: string;
  readonly text: string;
  readonly isDisplay: boolean;
}

const pairs = [
  { open: '$$', close: '$$', isDisplay: true },
  { open: '\\[', close: '\\]', isDisplay: true },
  { open: '\\(', close: '\\)', isDisplay: false },
] as const;

/** The formula at the beginning of a text, if there is one. */
export function formulaAt(source: string): Found | undefined {
  for (const { open, close, isDisplay } of pairs) {
    if (!source.startsWith(open)) continue;
    const end = source
      .slice(0, open.length + MAX_FORMULA_CHARACTERS + close.length)
      .indexOf(close, open.length);
    const text = end < 0 ? '' : source.slice(open.length, end).trim();
    if (text !== '') return { raw: source.slice(0, end + close.length), text, isDisplay };
    return undefined;
  }
  return dollarFormula(source);
}

/** `$x$`, but neither `$5 and $6` nor `$ x $`. */
function dollarFormula(source: string): Found | undefined {
  if (!/^\$[^\s$]/.test(source)) return undefined;
  const line = source.slice(0, MAX_DOLLAR_CHARACTERS).split('\n', 1)[0] ?? '';
  for (let end = line.indexOf('$', 1); end > 0; end = line.indexOf('$', end + 1)) {
    if (line[end - 1] === '\\') continue;
    const isClose = !/\s/.test(line[end - 1] ?? '') && !/\d/.test(line[end + 1] ?? '');
    if (!isClose) return undefined;
    return { raw: line.slice(0, end + 1), text: line.slice(1, end), isDisplay: false };
  }
  return undefined;
}

function startOf(source: string): number | undefined {
  const at = source.search(/\$|\\[([]/);
  return at < 0 ? undefined : at;
}

export const inlineMath: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'inline',
  start: startOf,
  tokenizer(source) {
    const found = formulaAt(source);
    return found && { type: 'math', ...found };
  },
};

/** A formula that stands alone. */
export const blockMath: TokenizerAndRendererExtension = {
  name: 'mathBlock',
  level: 'block',
  start: (source) => {
    const at = source.search(/\n(?:\$\$|\\\[)/);
    return at < 0 ? undefined : at + 1;
  },
  tokenizer(source) {
    if (!source.startsWith('$$') && !source.startsWith('\\[')) return undefined;
    const found = formulaAt(source);
    if (!found?.isDisplay) return undefined;
    const rest = /^[ \t]*(?:\n+|$)/.exec(source.slice(found.raw.length));
    return rest ? { type: 'mathBlock', ...found, raw: found.raw + rest[0] } : undefined;
  },
};
