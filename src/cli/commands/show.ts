import type { ShowResponse } from '../../api/show.ts';
import { OllamaError } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { renderEstimate } from '../output/estimate-table.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderModelTables } from '../output/model-tables.ts';
import { narrowColumns } from '../output/terminal-traits.ts';
import { estimateRequest } from './estimate-request.ts';

const sections = {
  license: (show: ShowResponse) => `${show.license ?? ''}\n`,
  modelfile: (show: ShowResponse) => `${show.modelfile ?? ''}\n`,
  parameters: (show: ShowResponse) => `${show.parameters ?? ''}\n`,
  system: (show: ShowResponse) => show.system ?? '',
  template: (show: ShowResponse) => show.template ?? '',
};

type Section = keyof typeof sections;

const sectionNames = Object.keys(sections) as Section[];

export const showCommand = defineCommand({
  name: 'show',
  usage: 'show MODEL',
  summary: 'Show information about a model',
  arity: { min: 1, max: 1 },
  flags: {
    license: { type: 'boolean', help: "Show the model's license" },
    modelfile: { type: 'boolean', help: "Show the model's Modelfile" },
    parameters: { type: 'boolean', help: "Show the model's parameters" },
    system: { type: 'boolean', help: "Show the model's system message" },
    template: { type: 'boolean', help: "Show the model's template" },
    verbose: { type: 'boolean', short: 'v', help: 'Also show metadata and tensors' },
    json: jsonFlag,
    estimate: { type: 'boolean', help: 'Estimate the memory that the model would use' },
    ctx: { type: 'string', placeholder: 'int', help: 'Context length in tokens for --estimate' },
    slots: { type: 'string', placeholder: 'int', help: 'Number of parallel requests for --estimate' },
  },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, { client, stdout }) {
    if (flags.estimate === true) {
      const estimate = await client.estimate(estimateRequest(model, flags));
      if (flags.json === true) printJson(estimate, stdout);
      else stdout.write(renderEstimate(estimate));
      return 0;
    }
    const misplaced = ['ctx', 'slots'].find((name) => flags[name] !== undefined);
    if (misplaced) throw new OllamaError('invalid-request', `--${misplaced} requires --estimate`);
    const asked = sectionNames.filter((name) => flags[name] === true);
    if (asked.length > 1) {
      throw new OllamaError(
        'invalid-request',
        "only one of '--license', '--modelfile', '--parameters', '--system', or '--template' can be specified",
      );
    }
    const verbose = flags.verbose === true;
    const show = await client.show({ model, verbose, speed: asked.length === 0 });
    if (flags.json === true) {
      printJson(show, stdout);
      return 0;
    }
    const [section] = asked;
    stdout.write(
      section
        ? sections[section](show)
        : renderModelTables(show, { verbose, columns: narrowColumns(stdout) }),
    );
    return 0;
  },
});
