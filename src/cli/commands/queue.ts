import { formatDuration } from '../../base/duration.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import { defineCommand } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

const PERCENT = 100;

export const queueCommand = defineCommand({
  name: 'queue',
  usage: 'queue',
  summary: 'List waiting requests',
  arity: { min: 0, max: 0 },
  flags: { json: jsonFlag },
  settings: 'client',
  needsServer: true,
  async run({ flags }, { client, stdout }) {
    const reply = await client.queue();
    if (flags.json === true) {
      printJson(reply, stdout);
      return 0;
    }
    const rows = reply.queue.map(({ position, model, priority, waited, waits_for: reason }) => [
      String(position),
      model,
      String(priority),
      formatDuration(Math.round(waited / NANOSECONDS_PER_MILLISECOND)),
      reason,
    ]);
    stdout.write(
      renderTable(['POSITION', 'MODEL', 'PRIORITY', 'WAITED', 'WAITS FOR'], rows, narrowColumns(stdout)),
    );
    for (const { model, fraction } of reply.loading) {
      stdout.write(`loading ${model}: ${Math.floor(fraction * PERCENT)}%\n`);
    }
    stdout.write(`${reply.active} running, ${rows.length} of ${reply.limit} waiting\n`);
    return 0;
  },
});
