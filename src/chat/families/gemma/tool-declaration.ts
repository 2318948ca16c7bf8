import type { Tool } from '../../../api/common.ts';
import { recordOf, stringsOf, typeNamesOf } from '../shared/untrusted-schema.ts';
import { type BraceStyle, braceStrings } from './brace-value.ts';

type Properties = (properties: Readonly<Record<string, unknown>>) => string;

/** `declaration:name{description:…,parameters:{properties:{…},required:[…],type:…}}`, without the tags around it. */
export function toolDeclaration({ function: tool }: Tool, style: BraceStyle, properties: Properties): string {
  const { quote } = style;
  const fields = [`description:${quote}${tool.description ?? ''}${quote}`];
  const parameters = tool.parameters && parameterFields(tool.parameters, style, properties);
  if (parameters) fields.push(`parameters:{${parameters.join(',')}}`);
  return `declaration:${tool.name}{${fields.join(',')}}`;
}

function parameterFields(
  schema: Readonly<Record<string, unknown>>,
  style: BraceStyle,
  writeProperties: Properties,
): string[] | undefined {
  const properties = recordOf(schema.properties);
  const required = stringsOf(schema.required);
  const [type] = typeNamesOf(schema.type).filter((name) => name !== '');
  if (properties === undefined && type === undefined) return undefined;
  const fields: string[] = [];
  if (properties && Object.keys(properties).length > 0)
    fields.push(`properties:{${writeProperties(properties)}}`);
  if (required.length > 0) fields.push(`required:${braceStrings(required, style)}`);
  if (type !== undefined) fields.push(`type:${style.quote}${type.toUpperCase()}${style.quote}`);
  return fields;
}
