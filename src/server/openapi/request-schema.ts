import { z } from 'zod';
import { COMPONENTS, type JsonSchema } from './schema-parts.ts';

/** Converts request schemas to JSON Schema (2020-12). Fields that are not listed are accepted and ignored. */
export class RequestSchemas {
  /** Schemas that have a name of their own, keyed by that name. */
  readonly named: Record<string, JsonSchema> = {};

  describe(schema: z.core.$ZodType): JsonSchema {
    const described = z.toJSONSchema(schema, {
      io: 'output',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'object') openObject(zodSchema as z.core.$ZodObject, jsonSchema);
      },
    });
    const { $schema: _, $defs = {}, ...own } = withReferences(described);
    Object.assign(this.named, $defs);
    return own;
  }
}

function openObject(schema: z.core.$ZodObject, described: Record<string, unknown>): void {
  delete described.additionalProperties;
  for (const [name, field] of Object.entries(schema._zod.def.shape)) {
    if (isInternal(field)) delete (described.properties as Record<string, unknown> | undefined)?.[name];
  }
  const required = Object.entries(schema._zod.def.shape)
    .filter(([, field]) => !['optional', 'default'].includes(field._zod.def.type))
    .map(([name]) => name);
  if (required.length > 0) described.required = required;
  else delete described.required;
}

/** A field that only our own code fills says so in its meta. */
function isInternal(field: z.core.$ZodType): boolean {
  return z.globalRegistry.get(field)?.internal === true;
}

/** Points references to the components of the document and drops names, which are the keys there. */
function withReferences(described: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(described), (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string') return value.replace('#/$defs/', COMPONENTS);
    return key === 'id' && typeof value === 'string' ? undefined : value;
  });
}
