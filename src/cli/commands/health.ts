import { defineCommand } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';

export const healthCommand = defineCommand({
  name: 'health',
  usage: 'health [MODEL]',
  summary: 'Check whether the server, or a model, can answer; exit with code 1 if not',
  arity: { min: 0, max: 1 },
  flags: { json: jsonFlag },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model], flags }, { client, stdout }) {
    const report = await client.health(model);
    if (flags.json === true) printJson(report, stdout);
    else {
      for (const { name, ok, detail } of report.checks) {
        stdout.write(`${ok ? 'ok' : 'FAILED'}  ${name}${detail === undefined ? '' : `: ${detail}`}\n`);
      }
    }
    return report.status === 'ok' ? 0 : 1;
  },
});
