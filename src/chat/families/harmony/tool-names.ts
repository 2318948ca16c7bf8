import type { Tool } from '../../../api/common.ts';

/** Tools that the models were trained with. */
const builtIn: ReadonlySet<string> = new Set(['browser.open', 'browser.search', 'browser.find', 'python']);

/** Maps TypeScript identifiers, which prompts of gpt-oss use for tools, to the tool names in the request. */
export function identifiersOf(tools: readonly Tool[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { function: tool } of tools) {
    const identifier = builtIn.has(tool.name) ? tool.name : identifierOf(tool.name);
    let free = identifier;
    for (let count = 2; names.has(free); count++) free = `${identifier}_${count}`;
    names.set(free, tool.name);
  }
  return names;
}

export function withIdentifiers(tools: readonly Tool[]): readonly Tool[] {
  const names = [...identifiersOf(tools).keys()];
  return tools.map((tool, index) => ({
    ...tool,
    function: { ...tool.function, name: names[index] ?? tool.function.name },
  }));
}

function identifierOf(name: string): string {
  const plain = name.replace(/[ .-]/g, '_').replace(/[^\p{L}\p{Nd}_$]/gu, '');
  if (plain === '') return 'unnamed';
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
