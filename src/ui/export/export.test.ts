import { describe, expect, it } from 'vitest';
import type { ChatEntry } from '../../api/chats.ts';
import { ChatFold } from '../chats/chat-fold.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { type ExportedChat, exportedChat, jsonLines, type MarkdownWords, markdown } from './chat-export.ts';
import { type ImportedChat, type ImportFault, readChatFile } from './chat-import.ts';
import { fineTuningLines } from './fine-tuning.ts';

const time = '2030-01-01T00:00:00.000Z';
const ids = (prefix: string) => {
  let made = 0;
  return () => {
    made += 1;
    return `${prefix}${made}`;
  };
};
const entryId = ids('e');

function message(id: string, parent: string | null, rest: Partial<ChatMessage>): ChatMessage {
  return { id, parent, role: 'user', created_at: time, content: '', ...rest };
}

function entriesOf(...messages: ChatMessage[]): ChatEntry[] {
  return messages.map((one) => ({ type: 'message', id: entryId(), at: time, message: { ...one } }));
}

function chatOf(entries: readonly ChatEntry[], chosen: [string | null, string][] = []): ExportedChat {
  const fold = new ChatFold();
  for (const entry of entries) fold.apply(entry);
  return exportedChat({ id: 'c1', created_at: time, updated_at: time, chosen }, fold, entries);
}

function imported(text: string): readonly ImportedChat[] | ImportFault {
  const reading = readChatFile(text, { newId: ids('new'), now: () => time });
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value as readonly ImportedChat[] | ImportFault;
  }
}

const call = { function: { name: 'add', arguments: { a: 1 } } };
const talk = entriesOf(
  message('u1', null, {
    content: 'Add',
    attachments: [{ id: 'f', kind: 'text', name: 'n.txt', type: 'text/plain', size: 1, text: '1' }],
  }),
  message('a1', 'u1', {
    role: 'assistant',
    model: 'm',
    thinking: 'Hm\nso',
    tool_calls: [call],
    state: 'done',
  }),
  message('t1', 'a1', { role: 'tool', tool_name: 'add', content: '2' }),
  message('a2', 't1', { role: 'assistant', model: 'm', content: 'It is **2**.', state: 'done' }),
  message('a3', 't1', { role: 'assistant', model: 'm', content: 'Two', state: 'stopped' }),
);
const settings: ChatEntry = {
  type: 'settings',
  id: 's1',
  at: time,
  settings: { system: 'Be exact.', think: 'low' },
};
const title: ChatEntry = { type: 'title', id: 't1', at: time, title: 'Sums' };

describe('JSON lines', () => {
  it('make the same chat again, with all branches and settings', () => {
    const chat = chatOf([title, settings, ...talk]);
    const [again] = imported(jsonLines([chat])) as readonly ImportedChat[];
    expect(again?.id).toBe('c1');
    const copy = chatOf(again?.entries ?? []);
    expect(copy.messages).toEqual(chat.messages);
    expect([copy.title, copy.settings]).toEqual(['Sums', { system: 'Be exact.', think: 'low' }]);
  });

  it('have neither removed messages nor what was replaced', () => {
    const removed: ChatEntry = { type: 'remove', id: 'r', at: time, message: 'a1' };
    const renamed: ChatEntry = { ...title, id: 't2', at: '2031-01-01T00:00:00Z', title: 'Other' };
    const text = jsonLines([chatOf([title, renamed, ...talk, removed])]);
    expect(text).not.toContain('It is **2**');
    expect(text).not.toContain('"r"');
    expect(text.match(/"type":"title"/g)).toHaveLength(1);
    expect(text).toContain('Other');
  });

  it('hold several chats', () => {
    const text = jsonLines([chatOf(talk), { ...chatOf(talk), id: 'c2' }]);
    expect((imported(text) as readonly ImportedChat[]).map(({ id }) => id)).toEqual(['c1', 'c2']);
  });
});

describe('import', () => {
  const head = '{"type":"chat","version":1,"id":"c"}';

  it.each([
    ['', 'empty', 1],
    ['{', 'notJson', 1],
    ['5', 'unknownLine', 1],
    ['{"type":"title","id":"a","at":"2030-01-01T00:00:00Z","title":"x"}', 'noChat', 1],
    ['{"type":"chat","version":2}', 'version', 1],
    [`${head}\n\n{"type":"title","id":"../x","at":"${time}","title":"x"}`, 'entry', 3],
    [`${head}\n{"type":"title","id":"a","at":"yesterday","title":"x"}`, 'entry', 2],
    [`${head}\n{"type":"message","id":"a","at":"${time}","message":{"id":"b","role":"root"}}`, 'entry', 2],
    ['{"messages":[]}', 'example', 1],
    ['{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}', 'example', 1],
  ])('refuses %j', (text, problem, line) => {
    expect(imported(text)).toEqual({ problem, line });
  });

  it('leaves out of messages what no page of ours wrote', () => {
    const hostile = {
      ...message('m', null, { content: 'x', state: 'streaming' }),
      extra: 1,
      timing: { eval_count: 3, total_duration: '<b>' },
      attachments: [
        { id: 'a', kind: 'image', name: 'n', type: 'image/svg+xml', size: 1, data: 'AAAA' },
        { id: 'b', kind: 'image', name: 'n', type: 'image/png', size: 1, data: 'javascript:' },
        { id: 'c', kind: 'image', name: 'n', type: 'image/png', size: 1, data: 'AAAA' },
      ],
    };
    const line = JSON.stringify({ type: 'message', id: 'e', at: time, message: hostile });
    const [chat] = imported(`${head}\n${line}`) as readonly ImportedChat[];
    const [entry] = chat?.entries ?? [];
    expect(entry?.type === 'message' && entry.message).toEqual({
      ...message('m', null, { content: 'x' }),
      timing: { eval_count: 3 },
      attachments: [hostile.attachments[2]],
    });
  });
});

describe('fine-tuning lines', () => {
  const lines = fineTuningLines([chatOf([settings, ...talk], [['t1', 'a2']])]);

  it('are examples that end with an answer, with calls and results joined', () => {
    expect(JSON.parse(lines)).toEqual({
      messages: [
        { role: 'system', content: 'Be exact.' },
        { role: 'user', content: 'n.txt:\n```\n1\n```\n\nAdd' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'call_1_0', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1_0', content: '2' },
        { role: 'assistant', content: 'It is **2**.' },
      ],
    });
  });

  it('come back as chats', () => {
    const [chat] = imported(lines) as readonly ImportedChat[];
    const again = chatOf(chat?.entries ?? []);
    expect(again.settings).toEqual({ system: 'Be exact.' });
    expect(again.path.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(again.path[1]?.tool_calls?.[0]?.function).toEqual(call.function);
  });

  it('leave out chats without a whole answer', () => {
    const stopped = entriesOf(
      message('u', null, { content: 'x' }),
      message('a', 'u', { role: 'assistant', content: 'y', state: 'stopped' }),
    );
    expect(fineTuningLines([chatOf(stopped)])).toBe('');
  });
});

it('Markdown shows the branch with thinking, calls and files, none of which can end its own frame', () => {
  const words: MarkdownWords = {
    ...{ untitled: 'Untitled', you: 'You', assistant: 'Assistant', system: 'System' },
    ...{ thinking: 'Thinking', toolCall: 'Call', resultOf: (tool) => `Result of ${tool}`, attached: 'File' },
  };
  expect(markdown(chatOf([title, settings, ...talk], [['t1', 'a2']]), words)).toBe(
    `# Sums

## System

Be exact.

## You

File: n.txt

\`\`\`
1
\`\`\`

Add

## m

> Thinking
>
> Hm
> so

Call: add

\`\`\`json
{
  "a": 1
}
\`\`\`

## Result of add

2

## m

It is **2**.
`,
  );
});

describe('a file from outside', () => {
  const head = (rest: object) => JSON.stringify({ type: 'chat', version: 1, id: 'c1', ...rest });

  it('cannot bring values that are nested too deeply for the page', () => {
    const deep = `{"type":"settings","id":"s","at":"${time}","settings":{"format":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}}`;
    expect(imported(`${head({})}\n${deep}`)).toEqual({ problem: 'notJson', line: 2 });
    const quoted = JSON.stringify({ type: 'title', id: 't', at: time, title: `"${'['.repeat(300)}` });
    expect(imported(`${head({})}\n${quoted}`)).toHaveLength(1);
  });

  it('cannot bring changes from the future, which later ones could not replace', () => {
    const future = '9999-12-31T23:59:59.999Z';
    const title = JSON.stringify({ type: 'title', id: 't', at: future, title: 'x' });
    const [chat] = imported(`${head({ updated_at: future })}\n${title}`) as readonly ImportedChat[];
    expect([chat?.updated_at, chat?.entries[0]?.at]).toEqual([time, time]);
  });

  it('gives chats IDs that the server takes too', () => {
    expect(imported(head({ id: 'Chat_One' }))).toMatchObject([{ id: 'chat_one' }]);
  });
});
