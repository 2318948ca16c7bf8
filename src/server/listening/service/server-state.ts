import type { Scheduler } from '../../../scheduler/scheduler.ts';
import type { ServerState } from './service-manager.ts';

/** A decision that is this late is not late because the machine is busy. */
const STUCK_MS = 30_000;

/** What the service manager shows about the server, and whether the scheduler still decides. */
export function serverState(scheduler: Pick<Scheduler, 'running' | 'waiting' | 'lateMs'>): ServerState {
  const models = scheduler.running();
  const requests = models.reduce((sum, { activeRequests }) => sum + activeRequests, 0);
  const status = [
    counted(models.length, 'model', 'loaded'),
    counted(requests, 'request', 'running'),
    counted(scheduler.waiting().length, 'request', 'waiting'),
  ].join(', ');
  const late = scheduler.lateMs();
  if (late <= STUCK_MS) return { status };
  return { status, stuck: `the scheduler has decided nothing for ${Math.round(late / 1000)} s` };
}

function counted(count: number, noun: string, what: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'} ${what}`;
}
