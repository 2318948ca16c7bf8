/** Events about what the KV caches hold, for routers. */
import { parseEventAddress } from '../event-address.ts';
import { type Setting, setting } from '../setting.ts';
import type { SettingValue } from '../value-text.ts';
import { parseNames, parseText, positiveCountUpTo } from '../values.ts';

/** Larger ones would tell routers of no conversation at all. */
const MOST_BLOCK_TOKENS = 1024;

export const kvEventSettings = {
  kvEvents: setting(
    'OLLAMA_KV_EVENTS',
    parseEventAddress,
    '',
    'Where to publish which tokens the KV caches hold, in vLLM\'s form over ZeroMQ: off, a port, or "tcp://host:port"; the events contain prompts (default off)',
    { empty: 'off' },
  ),
  kvEventsReplay: setting(
    'OLLAMA_KV_EVENTS_REPLAY',
    parseEventAddress,
    '',
    'Where readers of the events get what they missed: off, a port, or "tcp://host:port" (default off)',
    { empty: 'off' },
  ),
  kvEventsTopic: setting(
    'OLLAMA_KV_EVENTS_TOPIC',
    parseText,
    '',
    'Topic of the events, in which {host} and {model} stand for their names, such as "kv@{host}@{model}" (default none, as in vLLM)',
  ),
  kvEventsModels: setting(
    'OLLAMA_KV_EVENTS_MODELS',
    parseNames,
    [] as readonly string[],
    'Models whose events are published, separated by commas, with * for any text (default all)',
    { empty: 'all' },
  ),
  kvEventsBlockSize: setting(
    'OLLAMA_KV_EVENTS_BLOCK_SIZE',
    positiveCountUpTo(MOST_BLOCK_TOKENS),
    16,
    'Number of tokens in a block of the events (default 16)',
  ),
  kvEventsSeed: setting(
    'OLLAMA_KV_EVENTS_SEED',
    parseText,
    'vllm-none-hash',
    'Text from which the hashes of blocks begin, as PYTHONHASHSEED of vLLM (default vllm-none-hash)',
  ),
} as const;

export interface KvEventsConfig {
  /** "tcp://host:port"; "" = off. */
  readonly kvEvents: string;
  /** "tcp://host:port"; "" = off. */
  readonly kvEventsReplay: string;
  readonly kvEventsTopic: string;
  /** Patterns; empty = all. */
  readonly kvEventsModels: readonly string[];
  /** Tokens. */
  readonly kvEventsBlockSize: number;
  readonly kvEventsSeed: string;
}

export function readKvEvents(read: <T extends SettingValue>(setting: Setting<T>) => T): KvEventsConfig {
  return {
    kvEvents: read(kvEventSettings.kvEvents),
    kvEventsReplay: read(kvEventSettings.kvEventsReplay),
    kvEventsTopic: read(kvEventSettings.kvEventsTopic),
    kvEventsModels: read(kvEventSettings.kvEventsModels),
    kvEventsBlockSize: read(kvEventSettings.kvEventsBlockSize),
    kvEventsSeed: read(kvEventSettings.kvEventsSeed),
  };
}
