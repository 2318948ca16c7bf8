import type { Tool } from '../../../api/common.ts';
import { jsonText } from '../shared/json-text.ts';
import { plainJson } from '../shared/plain-json.ts';
import { parameterFields } from '../shared/tool-fields.ts';

/** The model was trained on exactly this text around the schemas. */
const BEFORE = `In this environment you have access to a set of tools you can use to answer the user's question.

You can invoke a function by writing a "<atem:function_calls>" block like the following:
<atem:function_calls>
<atem:invoke name="$FUNCTION_NAME">
<atem:parameter name="$PARAMETER_NAME">$PARAMETER_VALUE</atem:parameter>
...
</atem:invoke>
</atem:function_calls>

String and scalar parameters should be specified as is, while lists and objects should use JSON format. Note that spaces for string values are not stripped. The output is not expected to be valid XML and is parsed with regular expressions.
Here are the functions available in JSONSchema format:
// Tool metadata
`;

const AFTER = `

Here's an example of how to call a function in the tool set:
(If the tool namespace is not specified, invoke the function directly as \`example_function_name\` rather than \`example_tool_name.example_function_name\`)

to=example_tool_name.example_function_name

<atem:function_calls>
<atem:invoke name="example_tool_name.example_function_name">
<atem:parameter name="example_parameter_1">value_1</atem:parameter>
<atem:parameter name="example_parameter_2">This is the value for the second parameter
that can span
"multiple" lines
</atem:parameter>
</atem:invoke>
</atem:function_calls>`;

export function toolDefinitions(tools: readonly Tool[]): string {
  const namespaces = namespacesOf(tools).map((name) => `${plainJson({ name, description: '' })}\n`);
  const schemas = tools.map((tool) => {
    const { name, description = '', parameters } = tool.function;
    const head = plainJson({ name, description }).slice(0, -1);
    return `\n${head}, "parameters": ${jsonText(parameterFields(parameters), 'spaced')}}`;
  });
  return `${BEFORE}${namespaces.join('')}// Function schemas${schemas.join('')}${AFTER}`;
}

/** The part of a tool name before the dot; a name without a dot is its own namespace. */
export function namespacesOf(tools: readonly Tool[]): string[] {
  return [...new Set(tools.map((tool) => namespaceOf(tool.function.name)))];
}

export const namespaceOf = (name: string): string => name.split('.', 1)[0] ?? name;
