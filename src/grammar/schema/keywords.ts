import { pathTo, refusal } from './refusal.ts';
import { keyword, type Source } from './source.ts';

/** Keywords that the compiler reads. */
const honoured = new Set([
  ...['$ref', '$defs', 'definitions', 'type', 'nullable', 'enum', 'const', 'allOf', 'anyOf', 'oneOf'],
  ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems'],
  ...['uniqueItems', 'pattern', 'format', 'minLength', 'maxLength', 'minimum', 'maximum'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
]);

/** Keywords of JSON Schema, OpenAPI and common generators that do not affect which values are valid. */
const annotations = new Set([
  ...['$schema', '$id', '$comment', '$anchor', '$vocabulary', 'id', 'title', 'description', 'default'],
  ...['examples', 'example', 'readOnly', 'writeOnly', 'deprecated', 'contentEncoding', 'contentMediaType'],
  ...['contentSchema', 'discriminator', 'externalDocs', 'xml', 'markdownDescription', 'enumNames'],
  ...['enumDescriptions', 'errorMessage', 'propertyOrdering', 'strict', 'name'],
]);

/** Keywords of JSON Schema that our grammars cannot express. */
const refused = new Set([
  ...['not', 'if', 'then', 'else', 'contains', 'minContains', 'maxContains', 'dependencies'],
  ...['dependentRequired', 'dependentSchemas', 'unevaluatedItems', 'unevaluatedProperties'],
  ...['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor'],
]);

/** @throws OllamaError `invalid-request` naming the first keyword that would not be honoured */
export function requireKnownKeywords(source: Source): void {
  for (const name of Object.keys(source.schema)) {
    if (honoured.has(name) || annotations.has(name) || name.startsWith('x-')) continue;
    if (keyword(source, name) === undefined) continue;
    const path = pathTo(source.path, name);
    if (refused.has(name))
      throw refusal(path, 'is not supported; remove it or express the constraint in another way');
    throw refusal(path, 'is not a known keyword; remove it, or begin its name with "x-"');
  }
}
