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

describe('where prompts come from', () => {
  it.each([
    ['nothing', {}, 'plain'],
    ['one Go template', { template: goPlain }, 'go'],
    ['one Jinja template', { chatTemplate: jinjaPlain }, 'jinja'],
    ['equal ones', { template: goPlain, chatTemplate: jinjaPlain }, 'go'],
    ['a Jinja template that can do more', { template: goPlain, chatTemplate: jinjaTools }, 'jinja'],
    ['a Go template that can do more', { template: goTools, chatTemplate: jinjaPlain }, 'go'],
    ['only Jinja takes results of tools', { template: goTools, chatTemplate: jinjaRound }, 'jinja'],
    ['both take results', { template: goRound, chatTemplate: jinjaRound }, 'go'],
    ['Jinja can do more but takes no results', { template: goRound, chatTemplate: jinjaThinks }, 'go'],
    ['a parser is named', { template: goPlain, chatTemplate: jinjaTools, parser: 'lfm2' }, 'go'],
    ['a renderer', { template: goPlain, chatTemplate: jinjaTools, renderer: 'lfm2' }, 'renderer'],
    ['Jinja in TEMPLATE', { template: jinjaPlain, chatTemplate: jinjaTools }, 'jinja'],
    ['a broken Go template beside Jinja', { template: '{{ if }}', chatTemplate: jinjaPlain }, 'jinja'],
    ['a broken Go template alone', { template: '{{ if }}' }, 'go'],
  ] as const)('%s', (_, facts, kind) => {
    expect(choose(facts).source.kind).toBe(kind);
  });

  it('is as the environment says where there are two', () => {
    expect(choose({ template: goPlain, chatTemplate: jinjaTools }, 'go').source.kind).toBe('go');
    expect(choose({ template: goRound, chatTemplate: jinjaPlain }, 'jinja').source.kind).toBe('jinja');
    expect(choose({ template: goPlain }, 'jinja').source.kind).toBe('go');
  });

  it('is a template with the parser of gpt-oss, known by its marks', () => {
    const template = '<|start|>{{ .Prompt }}<|end|>';
    expect(choose({ family: 'gptoss', template }).source).toMatchObject({ kind: 'go', parser: 'harmony' });
    expect(choose({ family: 'llama', template }).source).toMatchObject({ kind: 'go', parser: undefined });
  });
});

describe('what prompts serve', () => {
  it.each([
    ['the chosen template alone', { template: goPlain, chatTemplate: jinjaTools }, ['tools']],
    ['thinking in tags', { chatTemplate: jinjaThinks }, ['tools', 'thinking']],
    ['thinking that is cut off earlier turns', { chatTemplate: "x.content.split('</think>')" }, ['thinking']],
    ['thinking in fields of its own', { chatTemplate: "content.split('</think>') reasoning_content" }, []],
    ['gaps', { template: '{{ .Prompt }}{{ .Suffix }}' }, ['insert']],
    ['what the parser reads', { renderer: 'lfm2', parser: 'lfm2-thinking' }, ['tools', 'thinking']],
    ['thinking of gpt-oss', { family: 'gpt-oss' }, ['thinking']],
  ] as const)('%s', (_, facts, abilities) => {
    expect(choose(facts).abilities).toEqual(abilities);
  });
});
