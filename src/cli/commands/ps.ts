import type { PsModel } from '../../api/ps.ts';
import { humanBytes, humanTime } from '../../base/human.ts';
import { defineCommand } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

const ID_LENGTH = 12;

type Placed = Pick<PsModel, 'size' | 'size_vram' | 'remote_host' | 'remote_state'>;

/** Where the model's memory is: "100% CPU", "100% GPU", "35%/65% CPU/GPU", "remote". */
export function processorText({ size, size_vram: onGpu, ...model }: Placed): string {
  if (model.remote_host) return model.remote_state === 'out of use' ? 'remote, out of use' : 'remote';
  if (onGpu === 0) return '100% CPU';
  if (onGpu === size) return '100% GPU';
  if (size === 0 || onGpu > size) return 'Unknown';
  const percent = Math.round(((size - onGpu) / size) * 100);
  return `${percent}%/${100 - percent}% CPU/GPU`;
}

function untilText(expiresAt: string, now: number): string {
  const time = Date.parse(expiresAt);
  return time < now ? 'Stopping...' : humanTime(time, now);
}

export const psCommand = defineCommand({
  name: 'ps',
  usage: 'ps [PREFIX]',
  summary: 'List running models',
  arity: { min: 0 },
  flags: { json: jsonFlag },
  settings: 'client',
  needsServer: true,
  async run({ positionals, flags }, { client, stdout }) {
    const { models } = await client.ps();
    const now = Date.now();
    const chosen = models.filter((model) => model.name.startsWith(positionals[0] ?? ''));
    if (flags.json === true) {
      printJson({ models: chosen }, stdout);
      return 0;
    }
    const rows = chosen.map((model) => [
      model.name,
      model.digest.slice(0, ID_LENGTH),
      model.remote_host ? '-' : humanBytes(model.size),
      processorText(model),
      model.remote_host ? '-' : String(model.context_length),
      untilText(model.expires_at, now),
    ]);
    stdout.write(
      renderTable(['NAME', 'ID', 'SIZE', 'PROCESSOR', 'CONTEXT', 'UNTIL'], rows, narrowColumns(stdout)),
    );
    return 0;
  },
});
