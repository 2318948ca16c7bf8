import type { Tool } from '../../api/common.ts';
import type { Chat } from '../chats/chat.ts';
import { words } from '../words/words.ts';
import { JsonEditor, type ValueProblem } from './json-editor.tsx';
import { modelDefaults } from './model-defaults.ts';
import { MAX_TOOLS, toolsProblem } from './tools-problem.ts';

function checkTools(value: unknown): ValueProblem | undefined {
  const problem = toolsProblem(value);
  if (!problem) return undefined;
  const { kind, path } = problem;
  const { schema, tools } = words.value.chatSettings;
  if (kind === 'toolCount') return { text: tools.toolCount(MAX_TOOLS), path: [] };
  return { text: kind in schema ? schema[kind as keyof typeof schema] : tools[kind as 'tool'], path };
}

/** Something to change, which shows the form. */
const example: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather in a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      },
    },
  },
];

/** The tools that the model may call, as requests carry them. */
export function ToolsSection({ chat, model }: { readonly chat: Chat; readonly model: string | undefined }) {
  const { tools } = chat.settings.value;
  const text = words.value.chatSettings;
  const { canUseTools } = modelDefaults(model);
  const change = (value: unknown) => {
    const list = Array.isArray(value) && value.length > 0 ? (value as Tool[]) : undefined;
    chat.set({ tools: list });
  };
  return (
    <div class="settings-group">
      <p class="small">{canUseTools ? text.toolsNote : text.noTools(model ?? '')}</p>
      <JsonEditor label={text.toolsLabel} value={tools} check={checkTools} onChange={change} />
      {!tools && (
        <button type="button" class="tools-add" onClick={() => change(example)}>
          {text.addExample}
        </button>
      )}
    </div>
  );
}
