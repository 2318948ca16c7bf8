import { hostname } from 'node:os';
import { matchesModel } from '../access/model-patterns.ts';
import type { Logger } from '../base/logger.ts';
import { MOST_BATCHES } from '../blocks/event-log.ts';
import { topicPrefix } from '../blocks/event-stream.ts';
import { KvEvents, MOST_WAITING } from '../blocks/kv-events.ts';
import type { KvEventsConfig } from '../config/settings/kv-events.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { noObserver, type SchedulerObserver } from '../scheduler/scheduler-observer.ts';

const LOOPBACK = /^tcp:\/\/(127\.[\d.]+|localhost|\[::1\]):/;

interface EventParts {
  readonly config: KvEventsConfig;
  readonly logger: Logger;
  /** Returns the scheduler, which is created after what observes it. */
  readonly scheduler: () => Pick<Scheduler, 'reportHeld'>;
}

/** @returns undefined when the settings switch the events off */
export function createKvEvents({ config, logger, scheduler }: EventParts): KvEvents | undefined {
  const { kvEvents: address, kvEventsReplay: replayAddress, kvEventsModels: patterns } = config;
  if (address === '') {
    if (replayAddress !== '')
      logger.warn('OLLAMA_KV_EVENTS_REPLAY has no effect, because OLLAMA_KV_EVENTS is off');
    return undefined;
  }
  for (const open of [address, replayAddress].filter((one) => one !== '' && !LOOPBACK.test(one)))
    logger.warn(
      'events about the KV caches, which contain prompts, can be read by other machines without a key',
      {
        address: open,
      },
    );
  return new KvEvents({
    address,
    ...(replayAddress !== '' && { replayAddress }),
    blockSize: config.kvEventsBlockSize,
    seed: config.kvEventsSeed,
    topic: topicOf(config),
    logger,
    isPublished: (model) => matchesModel(patterns, model),
    reportAgain: (engine) => scheduler().reportHeld(engine),
  });
}

/** An observer that passes on what the engines report of their caches as well. */
export function withKvEvents(
  observer: SchedulerObserver | undefined,
  events: KvEvents | undefined,
): SchedulerObserver | undefined {
  if (!events) return observer;
  return {
    ...(observer ?? noObserver),
    held: (engine, model, report) => events.report(engine, model, report),
    exited: (engine) => events.end(engine),
  };
}

/** The address of the events, as vLLM's `/kv_event_sources` describes it; empty = there are none. */
export function eventSources(config: KvEventsConfig): object {
  const { kvEvents: endpoint, kvEventsReplay: replay } = config;
  if (endpoint === '') return {};
  return {
    0: {
      enable_kv_cache_events: true,
      publisher: 'zmq',
      endpoint,
      replay_endpoint: replay === '' ? null : replay,
      topic: topicPrefix(topicOf(config)),
      buffer_steps: MOST_BATCHES,
      hwm: MOST_BATCHES,
      max_queue_size: MOST_WAITING,
    },
  };
}

function topicOf({ kvEventsTopic }: KvEventsConfig): string {
  return kvEventsTopic.replaceAll('{host}', hostname());
}
