// `npm run bench:schema`: processor time for the grammar of a request's JSON schema, compiled and taken from those kept, and
// the same for the tools of a coding agent with `tool_choice: "required"`, as a server process sees it.
import { ensureBuild, ensureDependencies } from './setup.mjs';

const ROUNDS = 20;
const COLD_ROUNDS = 5;

const text = { type: 'string' };
const schemas = {
  'three fields': object({ name: text, age: { type: 'integer' }, isStudent: { type: 'boolean' } }),
  'one date-time': object({ at: { type: 'string', format: 'date-time' } }),
  'six mixed fields': object({
    id: { type: 'string', format: 'uuid' },
    at: { type: 'string', format: 'date-time' },
    mail: { type: 'string', format: 'email' },
    count: { type: 'integer', minimum: 1, maximum: 99 },
    tags: { type: 'array', items: text, maxItems: 5 },
    kind: { enum: ['a', 'b', 'c'] },
  }),
};

function object(properties) {
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** @returns median processor time in milliseconds */
function cost(action) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return times.sort((left, right) => left - right)[ROUNDS >> 1];
}

await ensureDependencies();
await ensureBuild();
const { CompiledSchemas } = await import('../dist/grammar/schema/compiled-schemas.js');

console.log('| schema | compiled, ms | kept, ms |');
console.log('|---|---:|---:|');
for (const [name, schema] of Object.entries(schemas)) {
  const compiled = cost(() => new CompiledSchemas().of(schema));
  const schemasKept = new CompiledSchemas();
  schemasKept.of(schema);
  const kept = cost(() => schemasKept.of(structuredClone(schema)));
  console.log(`| ${name} | ${compiled.toFixed(1)} | ${kept.toFixed(2)} |`);
}

const { keepingGrammars } = await import('../dist/chat/work/kept-grammars.js');
const { ChatTasks } = await import('../dist/chat/work/chat-tasks.js');
const order = { owner: 'bench' };

/** @returns median milliseconds of wall time */
async function duration(action, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = performance.now();
    await action();
    times.push(performance.now() - before);
  }
  return times.sort((left, right) => left - right)[rounds >> 1];
}

/** As many tools, of as many characters, as a coding agent has; each differs from the others. */
const tools = Array.from({ length: 24 }, (_, index) => ({
  type: 'function',
  function: {
    name: `tool_${index}`,
    description: 'Prefer this tool to a shell command that does the same. '.repeat(12),
    parameters: object({
      path: text,
      edits: {
        type: 'array',
        maxItems: 50,
        items: object({
          old_text: text,
          new_text: { ...text, maxLength: 100 + index },
          everywhere: { type: 'boolean' },
        }),
      },
      line: { type: 'integer', minimum: 1, maximum: 1000 + index },
      mode: { enum: ['a', 'b', `c${index}`] },
      since: { type: 'string', format: 'date-time' },
    }),
  },
}));
const demand = { tools, toolChoice: 'required', parallelCalls: true };
const input = { tools, think: undefined, lastMessage: { role: 'user', content: 'x' } };
const format = { from: 'request', text: '{{ messages }}', parser: 'qwen3' };
const ask = (work) =>
  work(
    'answerGrammar',
    structuredClone({ demand, reading: { format, facts: {}, input, promptEnd: '' } }),
    order,
  );
const compile = async (name, given) => new ChatTasks()[name](given);
const warm = keepingGrammars(compile);
const { grammar } = await ask(warm);
const cold = await duration(() => ask(compile), COLD_ROUNDS);
const again = await duration(() => ask(warm), ROUNDS);
console.log(`\n24 tools, ${JSON.stringify(tools).length} characters of JSON, ${grammar.length} of grammar:`);
console.log(
  `compiled ${cold.toFixed(1)} ms, kept ${again.toFixed(2)} ms (wall time, median of ${COLD_ROUNDS} and ${ROUNDS})`,
);
