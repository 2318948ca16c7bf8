import { describe, expect, it } from 'vitest';
import { IgnoredParts } from '../api/ignored-parts.ts';
import { CallNames, MAX_TOOL_NAME } from './call-names.ts';
import { OfferedTools } from './openai/responses/offered-tools.ts';

const long = 'n'.repeat(MAX_TOOL_NAME + 1);

it('the name of a call is known to its results unless it is too long to be repeated', () => {
  const names = new CallNames();
  names.note('1', 'f');
  names.note('2', long);
  expect([names.of('1'), names.of('2'), names.of('3')]).toEqual(['f', undefined, undefined]);
});

describe('tools of the Responses API', () => {
  const offer = (tools: readonly Record<string, unknown>[]) => {
    const ignored = new IgnoredParts();
    const offered = new OfferedTools(ignored);
    offered.add(tools, 'tools');
    return { offered, names: offered.native.map((tool) => tool.function.name), ignored: ignored.names };
  };

  it('are left out and named where their name, or that of their namespace, is too long', () => {
    const member = { type: 'function', name: 'f' };
    const namespace = { type: 'namespace', name: long, tools: [member] };
    const { offered, names, ignored } = offer([{ type: 'function', name: long }, namespace, member]);
    expect(names).toEqual(['f']);
    expect(ignored).toEqual(['tools[0] (function)', 'tools[1] (namespace)']);
    expect(offered.namesOf([namespace, member])).toEqual(['f']);
  });

  it('get names of their own where a namespace and a name give the same text as others', () => {
    const tools = [1, 2, 3].map((count) => ({
      type: 'namespace',
      name: Array.from({ length: count }, () => 'a').join('__'),
      tools: [{ type: 'function', name: Array.from({ length: 4 - count }, () => 'a').join('__') }],
    }));
    const { offered, names } = offer(tools);
    expect(names).toEqual(['a__a__a__a', 'a__a__a__a_2', 'a__a__a__a_3']);
    expect(offered.identify('a__a__a__a_3')).toEqual({ kind: 'function', name: 'a', namespace: 'a__a__a' });
  });
});
