// `npm run bench:schema`: processor time for the grammar of a request's JSON schema, compiled and taken from those kept.
import { ensureBuild, ensureDependencies } from './setup.mjs';

const ROUNDS = 20;

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
