/** Go templates have no `{%`, and Jinja's variables are not of this form. */
const jinjaMark = /\{%|\{\{-?\s*(messages|bos_token|prompt|content)\b/;
/** A field of the data, or of a variable, in an action: `{{ .Prompt }}`, `{{if $.System}}`. */
const goField = /\{\{[^{}]*[\s({|$-]\.[A-Z]|\{\{\.[A-Z]|\{\{[^{}]*\$\w*\.[A-Z]/;

/** Whether the text of a template is Jinja, as in GGUF files, and not Go's, as in Modelfiles. */
export function isJinja(text: string): boolean {
  return jinjaMark.test(text) && !goField.test(text);
}
