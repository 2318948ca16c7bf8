/** Our templates against Go's own: every byte, and every error or not. */
import { expect, it } from 'vitest';
import { chatTemplateData } from '../../src/chat/go-template/chat-data.ts';
import { GoTemplate } from '../../src/template/template.ts';
import type { GoValue } from '../../src/template/value.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../scale.ts';
import type { ChatCase, TemplateCase } from './go-template/cases/case.ts';
import { chatCases } from './go-template/cases/chats.ts';
import { functionCases } from './go-template/cases/functions.ts';
import { generatedCases } from './go-template/cases/generated.ts';
import { languageCases } from './go-template/cases/language.ts';
import { findGo, renderWithGo } from './go-template/go-program.ts';

const GENERATED = rounds({ change: 1000, long: 3000, nightly: 50_000 });
/** The first build compiles Go's library. */
const TIMEOUT_MS = 300_000;

const go = findGo();
if (go === undefined) {
  process.stderr.write('\n*** Go was not found: conformance of templates with Go is NOT tested ***\n\n');
}

const cases = [
  ...languageCases,
  ...functionCases,
  ...chatCases,
  ...generatedCases(GENERATED, seededRandom(seedFrom(7))),
];

it.skipIf(go === undefined)(
  `${cases.length} templates render as Go renders them`,
  { timeout: TIMEOUT_MS },
  () => {
    const expected = renderWithGo(go ?? '', cases);
    expect(expected).toHaveLength(cases.length);
    const misfits = cases.flatMap((one, index) => {
      const { output, error } = expected[index] ?? { output: '' };
      const ours = render(one);
      const agrees = error === undefined ? ours.output === output : ours.error !== undefined;
      return agrees ? [] : [{ template: one.template, go: error ?? output, ours: ours.error ?? ours.output }];
    });
    expect(misfits.slice(0, 20)).toEqual([]);
    // Both are well represented.
    const failed = expected.filter(({ error }) => error !== undefined).length;
    expect(failed).toBeGreaterThan(cases.length / 10);
    expect(failed).toBeLessThan((cases.length * 2) / 3);
  },
);

function render({ template, data, chat }: TemplateCase): { output?: string; error?: string } {
  try {
    const values = chat ? chatValues(chat) : goValue(data);
    return { output: GoTemplate.parse(template).execute(values) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** JSON as Go decodes it. */
function goValue(value: unknown): GoValue {
  if (Array.isArray(value)) return value.map(goValue);
  if (typeof value !== 'object' || value === null) return value as GoValue;
  return new Map(Object.entries(value).map(([key, item]) => [key, goValue(item)]));
}

function chatValues(chat: ChatCase): GoValue {
  const messages = chat.Messages.map((message) => lowered(message)) as never[];
  return chatTemplateData({
    system: chat.System,
    messages,
    tools: chat.Tools as never[],
    think: { isSet: true, isOn: chat.Think, level: '' },
  });
}

const fieldNames: Readonly<Record<string, string>> = {
  Role: 'role',
  Content: 'content',
  Thinking: 'thinking',
  ToolCalls: 'tool_calls',
  ToolName: 'tool_name',
  ToolCallID: 'tool_call_id',
  ID: 'id',
  Function: 'function',
  Index: 'index',
  Name: 'name',
  Arguments: 'arguments',
};

/** A message of a case as the API has it. */
function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      fieldNames[key] ?? key,
      key === 'Arguments' ? item : lowered(item),
    ]),
  );
}
