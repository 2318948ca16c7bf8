/** Draws one schedule as text: a line for each model, a column for each span of time. */
import type { SimulatedMoment } from './simulation.ts';

const COLUMNS = 120;
const legend = 'L loading, 1-9 requests running (+ more), . idle, s stopping; below: w requests waiting';

export function timelineOf(moments: readonly SimulatedMoment[]): string {
  const end = Math.max(1, ...moments.map(({ at }) => at));
  const names = [...new Set(moments.map(({ name }) => name))].sort();
  const lines = names.flatMap((name) => {
    const own = moments.filter((moment) => moment.name === name);
    const columns = Array.from({ length: COLUMNS }, (_, column) =>
      stateAt(own, ((column + 1) * end) / COLUMNS),
    );
    const width = Math.max(...names.map(({ length }) => length));
    return [
      `${name.padEnd(width)} |${columns.map(({ runner }) => runner).join('')}|`,
      `${''.padEnd(width)} |${columns.map(({ waiting }) => countMark(waiting, ' ')).join('')}|`,
    ];
  });
  return [`0 to ${end} ms; ${legend}`, ...lines, ''].join('\n');
}

function stateAt(moments: readonly SimulatedMoment[], at: number): { runner: string; waiting: number } {
  let state = ' ';
  const waiting = new Set<number>();
  const running = new Set<number>();
  for (const { what, id } of moments.filter((moment) => moment.at <= at)) {
    if (what === 'arrive') waiting.add(id);
    if (what === 'grant') running.add(id);
    if (['grant', 'reject', 'leave'].includes(what)) waiting.delete(id);
    if (['end', 'leave'].includes(what)) running.delete(id);
    if (what === 'gone') running.clear();
    state = { load: 'L', ready: '.', stop: 's', gone: ' ' }[what as string] ?? state;
  }
  return { runner: state === '.' ? countMark(running.size, '.') : state, waiting: waiting.size };
}

function countMark(count: number, none: string): string {
  if (count === 0) return none;
  return count > 9 ? '+' : String(count);
}
