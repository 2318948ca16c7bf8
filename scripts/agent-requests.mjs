// Requests as coding agents send them: two dozen tools, long conversations, a system text of many thousand tokens.

const words =
  'read the file and change one line then run every test again before you answer with what was found'.split(
    ' ',
  );

/** @returns a text of so many words that differs with its number */
function prose(count, number) {
  return Array.from({ length: count }, (_, index) => words[(index * 7 + number * 3) % words.length]).join(
    ' ',
  );
}

function tool(index) {
  const text = (about) => ({ type: 'string', description: prose(12, about) });
  return {
    name: `tool_${index}`,
    description: prose(40, index),
    parameters: {
      type: 'object',
      properties: {
        path: text(index),
        command: { ...text(index + 1), minLength: 1 },
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: prose(8, index) },
        mode: { type: 'string', enum: ['read', 'write', 'append'] },
        edits: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              before: text(index),
              after: text(index + 2),
              all: { type: 'boolean', default: false },
            },
            required: ['before', 'after'],
            additionalProperties: false,
          },
        },
      },
      required: ['path', 'command'],
      additionalProperties: false,
    },
  };
}

const TOOLS = 24;

/** Tools of OpenAI's dialect. */
export function manyTools() {
  return Array.from({ length: TOOLS }, (_, index) => ({ type: 'function', function: tool(index) }));
}

/** A conversation of OpenAI's dialect: a system text, then question, call, result and answer in turn. */
export function manyMessages(count) {
  const messages = [{ role: 'system', content: prose(400, 0) }];
  for (let turn = 0; messages.length < count - 1; turn += 1) {
    const id = `call_${turn}`;
    messages.push(
      { role: 'user', content: prose(30, turn) },
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id,
            type: 'function',
            function: {
              name: `tool_${turn % TOOLS}`,
              arguments: JSON.stringify({ path: prose(3, turn), command: prose(5, turn) }),
            },
          },
        ],
      },
      { role: 'tool', tool_call_id: id, content: prose(120, turn) },
      { role: 'assistant', content: prose(40, turn) },
    );
  }
  return [...messages.slice(0, count - 1), { role: 'user', content: prose(20, 99) }];
}

/** Words of the system text that make its prompt about 18,000 tokens long, with the tools. */
const SYSTEM_WORDS = 12_000;

/** A session of Anthropic's dialect. The attribution line is the session's own; the rest of its prompt is not. */
export function session(attribution) {
  const system = [
    { type: 'text', text: `x-anthropic-billing-header: cc_version=${attribution}; cc_entrypoint=cli;` },
    { type: 'text', text: prose(SYSTEM_WORDS, 1) },
  ];
  const tools = manyTools().map(({ function: { name, description, parameters } }) => ({
    name,
    description,
    input_schema: parameters,
  }));
  const turn = (number) => {
    const messages = [{ role: 'user', content: prose(30, 1) }];
    for (let index = 1; index < number; index += 1) {
      messages.push(
        { role: 'assistant', content: prose(40, index) },
        { role: 'user', content: prose(30, index + 1) },
      );
    }
    return { model: 'agent', max_tokens: 1, system, tools, messages };
  };
  return { turn };
}
