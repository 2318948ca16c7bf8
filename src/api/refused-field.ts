import { z } from 'zod';

/** A field of another program's API that would change the answer and is not supported here, so it is refused. */
export function refusedField(name: string, remedy = 'leave it out') {
  return z
    .custom<never>()
    .superRefine((_value: unknown, context) => {
      context.addIssue({ code: 'custom', message: `field "${name}" is not supported: ${remedy}` });
    })
    .meta({ not: {}, description: 'Not supported' })
    .exactOptional();
}
