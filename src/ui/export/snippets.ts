/** A request as a command or a program, so that a script can ask what the page asked. */
import type { JsonObject } from '../chats/chat-message.ts';

export const snippetLanguages = ['curl', 'python', 'typescript'] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

export interface SnippetInput {
  /** Origin of the server, such as `http://127.0.0.1:11434`. */
  readonly server: string;
  /** The body of `POST /api/chat`. */
  readonly request: JsonObject;
  /** Whether the server asks for an API key: the program then takes it from `OLLAMA_API_KEY`. */
  readonly needsKey: boolean;
}

const writers: Readonly<Record<SnippetLanguage, (input: SnippetInput) => string>> = {
  curl: curlSnippet,
  python: pythonSnippet,
  typescript: typescriptSnippet,
};

/** A program that sends the request and prints the answer as it arrives. */
export function snippet(language: SnippetLanguage, input: SnippetInput): string {
  return writers[language](input);
}

/**
 * Nothing in a quoted here-document has a meaning for the shell, and it may be longer than an argument. No line of it can end it: the
 * lines of indented JSON begin with a bracket, a blank or a brace.
 */
function curlSnippet({ server, request, needsKey }: SnippetInput): string {
  const key = needsKey ? `  -H "Authorization: Bearer $OLLAMA_API_KEY" \\\n` : '';
  return `curl -sSN ${shellText(`${server}/api/chat`)} \\
  -H 'Content-Type: application/json' \\
${key}  --data-binary @- <<'JSON'
${JSON.stringify(request, null, 2)}
JSON
`;
}

function shellText(text: string): string {
  return /^[\w./:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function pythonSnippet({ server, request, needsKey }: SnippetInput): string {
  const key = needsKey ? `\n    "Authorization": f"Bearer {os.environ['OLLAMA_API_KEY']}",` : '';
  return `import json
${needsKey ? 'import os\n' : ''}import urllib.request

request = ${literal(request, python)}

url = ${JSON.stringify(`${server}/api/chat`)}
headers = {
    "Content-Type": "application/json",${key}
}
body = json.dumps(request).encode()
with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
    for line in response:
        chunk = json.loads(line)
        if "error" in chunk:
            raise RuntimeError(chunk["error"])
        print(chunk["message"]["content"], end="", flush=True)
print()
`;
}

function typescriptSnippet({ server, request, needsKey }: SnippetInput): string {
  const key = needsKey ? `\n    Authorization: "Bearer " + process.env.OLLAMA_API_KEY,` : '';
  return `const request = ${literal(request, typescript)};

const response = await fetch(${JSON.stringify(`${server}/api/chat`)}, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",${key}
  },
  body: JSON.stringify(request),
});
if (!response.ok || !response.body) throw new Error(await response.text());

let rest = "";
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const chunk = JSON.parse(line);
    if (chunk.error) throw new Error(chunk.error);
    process.stdout.write(chunk.message.content);
  }
}
process.stdout.write("\\n");
`;
}

/** What differs between the literals of languages. */
interface Dialect {
  readonly indent: string;
  readonly words: Readonly<Record<string, string>>;
  readonly member: (name: string) => string;
}

const python: Dialect = {
  indent: '    ',
  words: { true: 'True', false: 'False', null: 'None' },
  member: (name) => JSON.stringify(name),
};

const typescript: Dialect = {
  indent: '  ',
  words: {},
  // Written plainly, this name would set the prototype of the object.
  member: (name) => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)),
};

/** A JSON value as a literal. The texts of JSON are valid texts in both languages. */
function literal(value: unknown, dialect: Dialect, depth = 1): string {
  const [inner, outer] = [dialect.indent.repeat(depth), dialect.indent.repeat(depth - 1)];
  const lines = (items: string[], open: string, close: string) =>
    items.length === 0
      ? open + close
      : `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${outer}${close}`;
  if (Array.isArray(value))
    return lines(
      value.map((item) => literal(item, dialect, depth + 1)),
      '[',
      ']',
    );
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    const texts = members.map(
      ([name, member]) => `${dialect.member(name)}: ${literal(member, dialect, depth + 1)}`,
    );
    return lines(texts, '{', '}');
  }
  const text = JSON.stringify(value);
  return dialect.words[text] ?? text;
}
