import { z } from 'zod';
import { keepAliveSchema } from './keep-alive.ts';
import { optionsSchema } from './options/options.ts';

/** Fields of requests that only load a model and ask it something short. */
export const loadFields = {
  model: z.string().exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
  options: optionsSchema.exactOptional(),
};
