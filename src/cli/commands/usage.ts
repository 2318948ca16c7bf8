import type { UsageEntry, UsageFigures, UsageGroup } from '../../api/usage.ts';
import { OllamaError } from '../../base/errors.ts';
import { defineCommand, textFlag } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

/** As long as a server keeps usage. */
const MAX_DAYS = 400;
const DAY_MS = 24 * 60 * 60 * 1000;
const USUAL_GROUPS = 'day,model';

const titles: Readonly<Record<UsageGroup, string>> = { day: 'DAY (UTC)', key: 'KEY', model: 'MODEL' };
const figureTitles = ['REQUESTS', 'REFUSED', 'PROMPT', 'CACHED', 'THINKING', 'OUTPUT', 'SECONDS'] as const;

function figureCells(figures: UsageFigures): string[] {
  const counts = [
    figures.requests,
    figures.refusals,
    figures.prompt_tokens,
    figures.cached_tokens,
    figures.thinking_tokens,
    figures.output_tokens,
  ];
  return [...counts.map(String), figures.seconds.toFixed(1)];
}

function groupsOf(text: string): UsageGroup[] {
  const words = text.split(',').map((word) => word.trim());
  const groups = (['day', 'key', 'model'] as const).filter((group) => words.includes(group));
  if (groups.length === new Set(words).size) return groups;
  throw new OllamaError('invalid-request', '--by takes day, key and model, separated by commas');
}

/** @returns the first day of that many, in UTC */
function firstDay(text: string, now: number): string {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > MAX_DAYS) {
    throw new OllamaError('invalid-request', `--days takes a number from 1 to ${MAX_DAYS}`);
  }
  return new Date(now - (days - 1) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

function cellOf(entry: UsageEntry, group: UsageGroup): string {
  return entry[group] === '' || entry[group] === undefined ? '-' : entry[group];
}

export const usageCommand = defineCommand({
  name: 'usage',
  usage: 'usage',
  summary: 'Show how many requests and tokens were used, by day in UTC, by model and by API key',
  arity: { min: 0, max: 0 },
  flags: {
    days: {
      type: 'string',
      help: 'Number of days to show, today included (default 30)',
      placeholder: 'number',
    },
    by: {
      type: 'string',
      help: 'What to show apart: some of day, key and model (default day,model)',
      placeholder: 'list',
    },
    key: { type: 'string', help: 'Show only the API key with this ID', placeholder: 'id' },
    model: { type: 'string', help: 'Show only this model', placeholder: 'name' },
    json: jsonFlag,
  },
  settings: 'client',
  needsServer: true,
  async run({ flags }, { client, stdout }) {
    const groups = groupsOf(textFlag(flags, 'by') ?? USUAL_GROUPS);
    const query = {
      from: firstDay(textFlag(flags, 'days') ?? '30', Date.now()),
      by: groups.join(','),
      ...pick('key', textFlag(flags, 'key')),
      ...pick('model', textFlag(flags, 'model')),
    };
    const report = await client.usage(query);
    if (flags.json === true) {
      printJson(report, stdout);
      return 0;
    }
    const rows = report.usage.map((entry) => [
      ...groups.map((group) => cellOf(entry, group)),
      ...figureCells(entry),
    ]);
    const total = ['TOTAL', ...groups.slice(1).map(() => ''), ...figureCells(report.total)];
    const header = [...groups.map((group) => titles[group]), ...figureTitles];
    stdout.write(renderTable(header, [...rows, total], narrowColumns(stdout)));
    return 0;
  },
});

function pick(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
