/** A server of the Model Context Protocol on standard input and output, with one tool (https://modelcontextprotocol.io). */
import { createInterface } from 'node:readline';

const METHOD_NOT_FOUND = -32_601;
const inputSchema = { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] };

const results = {
  initialize: ({ protocolVersion }) => {
    const serverInfo = { name: 'numbers', version: '1.0.0' };
    return { protocolVersion, capabilities: { tools: {} }, serverInfo };
  },
  'tools/list': () => ({ tools: [{ name: 'double', description: 'Doubles a number.', inputSchema }] }),
  'tools/call': ({ arguments: { value } }) => ({
    content: [{ type: 'text', text: `doubled: ${2 * value}` }],
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  // Notifications have no ID and get no answer.
  if (id === undefined) continue;
  const result = results[method]?.(params);
  const error = { code: METHOD_NOT_FOUND, message: `${method} is not known` };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error }) }));
}
