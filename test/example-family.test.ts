/** The example family in docs/templates.md is identical to the one in the code, and works. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tool } from '../src/api/common.ts';
import { parrot } from './fakes/chats/example-family.ts';
import { proveNoDelay, proveParser } from './fakes/chats/parser-proof.ts';

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const parser = parrot.parsers?.parrot;
const renderer = parrot.renderers?.parrot;
if (!parser || !renderer) throw new Error('the example lacks a parser or a renderer');
const made = (name: string, values: object) =>
  ({ type: 'tool-call', call: { name, arguments: { ...values } } }) as const;

describe('the example of docs/templates.md', () => {
  it('is quoted in the page unchanged', () => {
    const code = textOf('fakes/chats/example-family.ts').replaceAll('../../../src/chat/families/', './');
    const shown = code.replaceAll('../../../src/chat/', '../').replaceAll('../../../src/', '../../');
    expect(textOf('../docs/templates.md')).toContain(`\`\`\`ts\n${shown}\`\`\``);
  });

  it('writes prompts', () => {
    const tools: Tool[] = [{ type: 'function', function: { name: 'fly' } }];
    const tool_calls = [{ function: { name: 'fly', arguments: { far: true } } }];
    const messages = [
      { role: 'user', content: 'up!' },
      { role: 'assistant', content: '', tool_calls },
    ];
    expect(renderer.render({ messages, tools, think: undefined, now: new Date(0) })).toBe(
      '<can>[{"type":"function","function":{"name":"fly"}}]</can><user>up!<assistant><do>{"name":"fly","arguments":{"far":true}}</do><bird>',
    );
  });
});

proveParser('completions of the example', parser, [
  { name: 'text', output: 'a <b> c', events: [{ type: 'content', text: 'a <b> c' }] },
  {
    name: 'thinking, text and calls',
    output: '<hm>so</hm> ok <do>{"name": "fly", "arguments": {"to": "</do>"}}</do><do>{"name": "sit"}</do>',
    events: [
      { type: 'thinking', text: 'so' },
      { type: 'content', text: 'ok' },
      made('fly', { to: '</do>' }),
      made('sit', {}),
    ],
  },
  {
    name: 'half a call',
    output: 'x <do>{"name": "f',
    events: [{ type: 'content', text: 'x <do>{"name": "f' }],
  },
]);
proveNoDelay(parser);
