import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { answerGrammar } from '../answer/answer-grammar.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import { standardTurns } from '../shape/message-shape.ts';
import { GoFormat } from './go-format.ts';

const tools: Tool[] = [{ type: 'function', function: { name: 'now' } }];
const call: OutputEvent = { type: 'tool-call', call: { name: 'now', arguments: { a: 1 } } };
const content = (text: string): OutputEvent => ({ type: 'content', text });
const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });

const hermes =
  '{{ .Tools }}{{ range .Messages }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ if .ToolCalls }}<tool_call>\n{"name": "x", "arguments": {{ .ToolCalls }}}\n</tool_call>{{ end }}{{ end }}';

const formatOf = (text: string) =>
  new GoFormat({ text, template: new GoChatTemplate(text), parser: undefined, shape: standardTurns });

function readingOf(text: string, input: { think?: Think; tools?: Tool[]; prompt?: string } = {}) {
  const { think, tools: known = tools, prompt = 'p' } = input;
  return formatOf(text).read({ tools: known, think, lastMessage: undefined }, prompt);
}

function eventsOf(output: string, ...reading: Parameters<typeof readingOf>): OutputEvent[] {
  const { parser } = readingOf(...reading);
  return [...parser.push(output), ...parser.end()];
}

const written = '<think>hm</think>\n\nSo: <tool_call>\n{"name": "now", "arguments": {"a": 1}}\n</tool_call>';

describe('completions of models with a Go template', () => {
  it('contain thinking, text and calls in the syntax of the template', () => {
    expect(eventsOf(written, hermes, { think: true })).toEqual([thinking('hm'), content('So: '), call]);
  });

  it('begin inside the thinking if the prompt ends inside it', () => {
    const reading = { think: true, prompt: 'p<think>\n' };
    expect(eventsOf('hm</think>yes', hermes, reading)).toEqual([thinking('hm'), content('yes')]);
    expect(readingOf(hermes, reading).thinking).toEqual({
      start: '<think>',
      end: '</think>',
      startsInside: true,
    });
  });

  it('contain no thinking that was not requested', () => {
    expect(eventsOf('<think>hm</think>yes', hermes, { think: false })).toEqual([content('yes')]);
    expect(readingOf(hermes, { think: false })).not.toHaveProperty('thinking');
  });

  it('are not searched for calls if there are no tools', () => {
    const output = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
    expect(eventsOf(output, hermes, { tools: [] })).toEqual([content(output)]);
    expect(readingOf(hermes, { tools: [] })).not.toHaveProperty('callSyntax');
  });

  it('need the tags as visible tokens', () => {
    expect(readingOf(hermes, { think: true }).visibleTokens).toEqual(
      expect.arrayContaining(['<think>', '</think>', '<tool_call>', '</tool_call>']),
    );
  });
});

describe.each([
  ['after a tag', hermes],
  ['as a list', '{{ .Tools }}{{ if .ToolCalls }}[TOOL_CALLS] [{"name": 1}]{{ end }}'],
  ['as bare JSON', '{{ .Tools }}{{ if .ToolCalls }}{"name": "x", "parameters": {{ . }}}{{ end }}'],
])('enforced calls %s', (_, text) => {
  it('are parsed back', () => {
    const constraint = { tools, toolChoice: 'required', parallelCalls: false } as const;
    const grammar = new Gbnf(answerGrammar(constraint, readingOf(text, { think: false })).grammar ?? '');
    for (let seed = 1; seed < 30; seed++) {
      const output = grammar.sample(seededRandom(seed), 40);
      expect(
        eventsOf(output, text, { think: false }).map(({ type }) => type),
        output,
      ).toEqual(['tool-call']);
    }
  });
});
