/** The server that tests of client libraries talk to, without a socket: a model that thinks and calls tools. */
import { ScriptRunner } from '../runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const template =
  '{{ if .Tools }}{{ .Tools }}{{ end }}{{ range .Messages }}{{ .Role }}:{{ .Content }}{{ range .ToolCalls }}{{ .Function.Name }}{{ .Function.Arguments }}{{ end }} {{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ if .ToolCalls }}<tool_call>{"name": ""}</tool_call>{{ end }}{{ end }}';

/** The pieces of an answer that thinks, says something and calls the tool "weather". */
export const calling = [
  ...['<think>', 'hm', '</think>', 'See:', '<tool_call>', '{"name": "weather", "arguments": '],
  ...['{"city": "Rome"}}', '</tool_call>'],
];

/** Starts a server with the model "m". */
export async function startClientServer(runner = new ScriptRunner()): Promise<ScriptServer> {
  const server = await startScriptServer({ runner });
  await server.addModel('m', { create: { template } });
  return server;
}

/** Options of a client library that reach the server. */
export function clientOptions({ app }: ScriptServer, path = '') {
  return {
    baseURL: `http://localhost${path}`,
    apiKey: 'none',
    maxRetries: 0,
    fetch: async (url: string | URL | Request, init?: RequestInit) => app.request(String(url), init),
  };
}

/** The prompt of the latest completion. */
export async function promptText({ runner }: ScriptServer): Promise<string> {
  return runner.detokenize(runner.requests.at(-1)?.prompt ?? []);
}
