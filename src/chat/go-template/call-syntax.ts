import type { CallSyntax } from '../families/family.ts';

/** How calls are written by a model whose template has this text and this tag before its calls. */
export function templateCallSyntax(templateText: string, tag: string): CallSyntax {
  const key = /"parameters":\s*\{\{/.test(templateText) ? 'parameters' : 'arguments';
  const isList = tag.endsWith('[');
  const isBare = tag === '{';
  const closingTag = /^<[^/<>]+>$/.test(tag) ? `\n</${tag.slice(1)}` : '';
  const open = isBare ? '' : closingTag === '' ? tag : `${tag}\n`;
  return {
    open,
    separator: isList ? ', ' : closingTag === '' ? '\n' : `${closingTag}\n${tag}\n`,
    close: isList ? ']' : closingTag,
    beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, ${JSON.stringify(key)}: `,
    afterArguments: '}',
    argumentSyntax: { form: 'json' },
  };
}
