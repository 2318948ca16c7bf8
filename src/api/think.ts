import { z } from 'zod';

const thinkLevels = ['low', 'medium', 'high', 'max'] as const;

export type Think = boolean | (typeof thinkLevels)[number];

const accepted = '"high", "medium", "low", "max", true, or false';

export const thinkSchema = z
  .custom<Think>()
  .superRefine((value: unknown, context) => {
    if (typeof value === 'boolean' || thinkLevels.some((level) => level === value)) return;
    const message =
      typeof value === 'string'
        ? `invalid think value: ${JSON.stringify(value)} (must be ${accepted})`
        : `think must be a boolean or string (${accepted})`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ enum: [true, false, ...thinkLevels] });
