import { OllamaError } from '../../base/errors.ts';
import { modelfileContents } from '../../modelfile/contents.ts';
import { parseModelfile } from '../../modelfile/parse.ts';
import { ModelName } from '../../names/model-name.ts';
import { type CommandContext, defineCommand, textFlag } from '../command.ts';
import { ProgressView } from '../output/progress.ts';
import { readModelfile } from './create-modelfile.ts';
import { createRequest, planFiles, type Quantization } from './create-request.ts';
import { uploadFiles } from './create-upload.ts';

interface CreateFlags extends Quantization {
  readonly file: string | undefined;
  readonly isLinked: boolean;
}

async function create(model: string, flags: CreateFlags, context: CommandContext): Promise<void> {
  const { client, stdin, stderr, environment } = context;
  if (!ModelName.tryParse(model)) throw new OllamaError('invalid-request', `invalid model name: ${model}`);
  const source = await readModelfile(flags.file, stdin);
  const contents = modelfileContents(parseModelfile(source.bytes));
  for (const warning of contents.warnings) stderr.write(`${warning}\n`);
  const progress = new ProgressView(stderr, environment);
  try {
    progress.spin('gathering model components');
    const plan = await planFiles(contents, source.folder);
    if (flags.draftQuantize && plan.drafts.length === 0) {
      throw new OllamaError('invalid-request', '--draft-quantize requires a DRAFT model');
    }
    const digests = await uploadFiles([...plan.files, ...plan.adapters, ...plan.drafts], {
      client,
      report: (event) => progress.update(event),
      isLinked: flags.isLinked,
    });
    const request = createRequest(model, contents, plan, digests, flags);
    for await (const event of client.create(request)) progress.update(event);
  } finally {
    progress.stop();
  }
}

/** The types that shell completion offers; the server supports more. */
const quantizations = [
  'auto',
  'F16',
  'BF16',
  'Q8_0',
  'Q6_K',
  'Q5_K_M',
  'Q5_K_S',
  'Q4_K_M',
  'Q4_K_S',
  'Q4_0',
  'Q3_K_M',
  'Q2_K',
];

export const createCommand = defineCommand({
  name: 'create',
  usage: 'create MODEL',
  summary: 'Create a model from a Modelfile',
  arity: { min: 1, max: 1 },
  flags: {
    file: {
      type: 'string',
      short: 'f',
      help: 'Path of the Modelfile, or - for standard input (default "Modelfile"; without one, the model in the current folder)',
      takesFile: true,
    },
    quantize: {
      type: 'string',
      short: 'q',
      help: "Quantize the weights to this type (for example Q4_K_M; auto: the best for the server's machine)",
      values: quantizations,
    },
    requantize: {
      type: 'boolean',
      help: 'Also convert weights that are quantized already, which loses quality',
    },
    'draft-quantize': {
      type: 'string',
      help: 'Quantize the weights of the DRAFT model to this type',
      values: quantizations.filter((name) => name !== 'auto'),
    },
    link: { type: 'boolean', help: 'Link to the local files instead of copying them' },
  },
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, context) {
    const given = {
      file: textFlag(flags, 'file') || undefined,
      isLinked: flags.link === true,
      quantize: textFlag(flags, 'quantize'),
      draftQuantize: textFlag(flags, 'draft-quantize'),
      requantize: flags.requantize === true,
    };
    await create(model, given, context);
    return 0;
  },
});
