import { describe, expect, it } from 'vitest';
import { choosePromptSource, type TemplateFacts } from './prompt-source.ts';

const goPlain = '{{ .System }}{{ .Prompt }}';
const goTools = '{{ .Tools }}{{ range .Messages }}{{ .ToolCalls }}{{ end }}';
const goRound = `${goTools}{{ range .Messages }}{{ if eq .Role "tool" }}{{ end }}{{ end }}`;
const jinjaPlain = '{% for m in messages %}{{ m.content }}{% endfor %}';
const jinjaTools = `${jinjaPlain}{{ tools }}`;
const jinjaRound = `${jinjaTools}{{ m.tool_calls }}{% if m['role'] == 'tool' %}{% endif %}`;
const jinjaThinks = `${jinjaTools}<think></think>`;

const choose = (facts: Partial<TemplateFacts>, choice: Parameters<typeof choosePromptSource>[1] = 'auto') =>
  choosePromptSource({ family: 'llama', ...facts }, choice);

describe('the source of prompts', () => {
  it.each([
    ['nothing', {}, 'plain'],
    ['one Go template', { template: goPlain }, 'go'],
    ['one Jinja template', { chatTemplate: jinjaPlain }, 'jinja'],
    ['templates that support the same', { template: goPlain, chatTemplate: jinjaPlain }, 'go'],
    ['a Jinja template that supports more', { template: goPlain, chatTemplate: jinjaTools }, 'jinja'],
    ['a Go template that supports more', { template: goTools, chatTemplate: jinjaPlain }, 'go'],
    ['only Jinja supports results of tools', { template: goTools, chatTemplate: jinjaRound }, 'jinja'],
    ['both support results', { template: goRound, chatTemplate: jinjaRound }, 'go'],
    ['Jinja supports more, but not results', { template: goRound, chatTemplate: jinjaThinks }, 'go'],
    ['a parser is named', { template: goPlain, chatTemplate: jinjaTools, parser: 'lfm2' }, 'go'],
    ['a renderer', { template: goPlain, chatTemplate: jinjaTools, renderer: 'lfm2' }, 'renderer'],
    ['Jinja in TEMPLATE', { template: jinjaPlain, chatTemplate: jinjaTools }, 'jinja'],
    ['a broken Go template next to Jinja', { template: '{{ if }}', chatTemplate: jinjaPlain }, 'jinja'],
    ['only a broken Go template', { template: '{{ if }}' }, 'go'],
  ] as const)('%s', (_, facts, kind) => {
    expect(choose(facts).source.kind).toBe(kind);
  });

  it('follows the environment if there are two templates', () => {
    expect(choose({ template: goPlain, chatTemplate: jinjaTools }, 'go').source.kind).toBe('go');
    expect(choose({ template: goRound, chatTemplate: jinjaPlain }, 'jinja').source.kind).toBe('jinja');
    expect(choose({ template: goPlain }, 'jinja').source.kind).toBe('go');
  });

  it('is a template with the parser of gpt-oss if the template has its markers', () => {
    const template = '<|start|>{{ .Prompt }}<|end|>';
    expect(choose({ family: 'gptoss', template }).source).toMatchObject({ kind: 'go', parser: 'harmony' });
    expect(choose({ family: 'llama', template }).source).toMatchObject({ kind: 'go', parser: undefined });
  });
});

describe('the abilities of prompts', () => {
  it.each([
    ['only the chosen template', { template: goPlain, chatTemplate: jinjaTools }, ['tools']],
    ['thinking in tags', { chatTemplate: jinjaThinks }, ['tools', 'thinking']],
    [
      'thinking that is removed from earlier turns',
      { chatTemplate: "x.content.split('</think>')" },
      ['thinking'],
    ],
    ['thinking in separate fields', { chatTemplate: "content.split('</think>') reasoning_content" }, []],
    ['gaps', { template: '{{ .Prompt }}{{ .Suffix }}' }, ['insert']],
    ['what the parser supports', { renderer: 'lfm2', parser: 'lfm2-thinking' }, ['tools', 'thinking']],
    ['thinking of gpt-oss', { family: 'gpt-oss' }, ['thinking']],
  ] as const)('%s', (_, facts, abilities) => {
    expect(choose(facts).abilities).toEqual(abilities);
  });
});
