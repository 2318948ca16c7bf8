import type { VerifyResponse } from '../../api/verify.ts';
import { humanBytes } from '../../base/human.ts';
import { defineCommand } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { ProgressView } from '../output/progress.ts';

/** The report of a check: a line for each problem, and a summary. */
export function verifyReport({
  checked = 0,
  bytes = 0,
  broken = [],
  broken_manifests: manifests = [],
}: VerifyResponse): string {
  const lines = [
    ...manifests.map((name) => `broken manifest: ${name}`),
    ...broken.map(
      ({ digest, problem, detail, models }) =>
        `${problem}: ${digest}\n  ${detail}\n  needed by ${models.join(', ')}`,
    ),
  ];
  const troubles = lines.length;
  const summary = `${checked} blobs checked, ${humanBytes(bytes)} good`;
  // A pull compares only sizes, so it would keep a blob with a wrong digest.
  const isHidden = broken.some(({ problem }) => problem === 'wrong digest');
  const advice = isHidden ? 'remove the model and pull or create it again' : 'pull or create again';
  lines.push(troubles === 0 ? `${summary}, nothing is broken` : `${summary}, ${troubles} broken: ${advice}`);
  return `${lines.join('\n')}\n`;
}

export const verifyCommand = defineCommand({
  name: 'verify',
  usage: 'verify [MODEL]',
  summary: 'Verify the files of one model or all models',
  arity: { min: 0, max: 1 },
  flags: { json: jsonFlag },
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model], flags }, { client, stdout, stderr, environment }) {
    const progress = new ProgressView(stderr, environment);
    let last: VerifyResponse = { status: 'failed' };
    try {
      for await (const event of client.verify(model === undefined ? {} : { model })) {
        last = event;
        if (event.digest !== undefined) progress.update(event);
      }
    } finally {
      progress.stop();
    }
    if (flags.json === true) printJson(last, stdout);
    else stdout.write(verifyReport(last));
    return last.status === 'success' ? 0 : 1;
  },
});
