/** Official clients send PDF files, and the model gets their texts. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryptedTrailer, scannedPdf, textPdf } from '../../test/fakes/pdf/pdf-file.ts';
import { clientOptions, promptText } from '../../test/fakes/servers/client-server.ts';
import { FileServer } from '../../test/fakes/servers/file-server.ts';
import { startVisionServer, type VisionServer } from '../../test/fakes/servers/vision-server.ts';

const TEXT = 'First page\n\n--- page 2 ---\n\nSecond page';
const pdf = textPdf(['First page', 'Second page']);

let files: FileServer;
let hosts: readonly string[];
let server: VisionServer;

beforeEach(async () => {
  files = await FileServer.start({ '/a.pdf': pdf, '/page.html': Buffer.from('<html>') });
  hosts = ['127.0.0.1'];
  server = await startVisionServer({ imageHosts: () => hosts });
});
afterEach(async () => {
  await server.close();
  await files[Symbol.asyncDispose]();
});

const base64 = (bytes: Buffer) => bytes.toString('base64');
const dataUrl = (bytes: Buffer) => `data:application/pdf;base64,${base64(bytes)}`;

describe("Anthropic's client", () => {
  const anthropic = () => new Anthropic(clientOptions(server));
  const ask = (...messages: Anthropic.MessageParam[]) =>
    anthropic().messages.create({ model: 'm', max_tokens: 5, messages });
  const document = (
    source: Anthropic.DocumentBlockParam['source'],
    fields: Partial<Anthropic.DocumentBlockParam> = {},
  ): Anthropic.DocumentBlockParam => ({ type: 'document', source, ...fields });
  const encoded = (bytes: Buffer) =>
    document({ type: 'base64', media_type: 'application/pdf', data: base64(bytes) });

  it('sends documents in messages', async () => {
    const titled = { ...encoded(pdf), title: 'Report', context: 'From 2026', citations: { enabled: true } };
    const question = { type: 'text' as const, text: 'What is this?' };
    const reply = await ask({ role: 'user', content: [titled, question] });
    expect(reply.content).toMatchObject([{ type: 'text', text: 'A cat' }]);
    expect(await promptText(server)).toContain(`Report\n\nFrom 2026\n\n${TEXT}\nWhat is this?`);
  });

  it('sends documents by URL, if the setting allows the host', async () => {
    const linked = document({ type: 'url', url: files.url('/a.pdf') });
    await ask({ role: 'user', content: [linked] });
    expect(await promptText(server)).toContain(TEXT);
    hosts = [];
    await expect(ask({ role: 'user', content: [linked] })).rejects.toThrow(
      'messages[0].content[0]: documents at URLs are fetched only from hosts in OLLAMA_FETCH_IMAGES',
    );
    hosts = ['127.0.0.1'];
    const page = document({ type: 'url', url: files.url('/page.html') });
    await expect(ask({ role: 'user', content: [page] })).rejects.toThrow('the file is not a PDF file');
  });

  it('sends documents as results of tools, and in results of servers', async () => {
    await ask(
      { role: 'user', content: 'Read it' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'Read', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: [encoded(pdf)] }] },
    );
    expect(await promptText(server)).toContain(`tool: ${TEXT}`);
    const fetched = { type: 'web_fetch_result', url: 'https://a', content: encoded(textPdf(['Fetched'])) };
    const block = { type: 'web_fetch_tool_result', tool_use_id: 's', content: fetched };
    await ask(
      { role: 'user', content: 'Fetch it' },
      { role: 'assistant', content: [block as never] },
      { role: 'user', content: 'So?' },
    );
    expect(await promptText(server)).toContain('Fetched');
  });

  it('counts the tokens of documents', async () => {
    const count = async (content: Anthropic.MessageParam['content']) =>
      (await anthropic().messages.countTokens({ model: 'm', messages: [{ role: 'user', content }] }))
        .input_tokens;
    expect(await count([encoded(pdf)])).toBe(await count(TEXT));
  });

  it.each([
    ['scanned', scannedPdf(), 'the PDF file has no text, as those of a scanner: send its pages as images'],
    ['encrypted', textPdf(['x'], { trailer: encryptedTrailer }), 'the PDF file is encrypted'],
    ['truncated', pdf.subarray(0, 500), 'the PDF file is truncated: its end is missing'],
  ])('is told why a document cannot be read: %s', async (_, bytes, reason) => {
    const question = { type: 'text' as const, text: 'What is this?' };
    const asking = ask({ role: 'user', content: [question, encoded(bytes)] });
    await expect(asking).rejects.toMatchObject({ status: 400 });
    await expect(asking).rejects.toThrow(`messages[0].content[1]: ${reason}`);
  });

  it('goes on when a document of an earlier turn cannot be read', async () => {
    const { response } = await anthropic()
      .messages.create({
        model: 'm',
        max_tokens: 5,
        messages: [
          { role: 'user', content: [encoded(scannedPdf())] },
          { role: 'assistant', content: 'I cannot read it.' },
          { role: 'user', content: 'Why?' },
        ],
      })
      .withResponse();
    expect(response.headers.get('x-ollama-ignored')).toContain('messages[0].content[0] (document)');
    expect(await promptText(server)).toContain('[document left out]');
  });
});

describe("OpenAI's client", () => {
  const openAi = () => new OpenAI(clientOptions(server, '/v1'));
  const chat = (file: object) =>
    openAi().chat.completions.create({
      model: 'm',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'file', file },
          ],
        },
      ],
    });
  const respond = (file: object) =>
    openAi().responses.create({
      model: 'm',
      input: [{ role: 'user', content: [{ type: 'input_file', ...file }] }],
    });

  it('sends files in a chat, with their names', async () => {
    for (const data of [dataUrl(pdf), base64(pdf)]) {
      await chat({ file_data: data, filename: 'report.pdf' });
      expect(await promptText(server)).toContain(`Look\nreport.pdf\n\n${TEXT}`);
    }
  });

  it('sends files to the Responses API, by URL and as outputs of tools, too', async () => {
    await respond({ file_data: dataUrl(pdf), filename: 'report.pdf' });
    expect(await promptText(server)).toContain(`report.pdf\n\n${TEXT}`);
    await respond({ file_url: files.url('/a.pdf') });
    expect(await promptText(server)).toContain(`user: ${TEXT}`);
    await openAi().responses.create({
      model: 'm',
      input: [
        { role: 'user', content: 'Read it' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [{ type: 'input_file', file_data: dataUrl(textPdf(['Returned'])) }],
        },
      ],
    });
    expect(await promptText(server)).toContain('Returned');
  });

  it('continues a stored response with the text of its file', async () => {
    const first = await respond({ file_data: dataUrl(pdf) });
    await openAi().responses.create({ model: 'm', input: 'So?', previous_response_id: first.id });
    expect(await promptText(server)).toContain(TEXT);
  });

  it.each([
    [{ file_id: 'file-1' }, 'files are not stored here: send the PDF file as "file_data"'],
    [{ filename: 'a.pdf' }, 'the file has no "file_data"'],
    [{ file_data: `data:text/csv;base64,${btoa('a,b')}` }, 'the file is not a PDF file'],
    [{ file_data: 'data:application/pdf;base64,****' }, 'the file is not valid base64'],
    [{ file_data: dataUrl(scannedPdf()) }, 'the PDF file has no text'],
  ])('is told why a file cannot be read: %o', async (file, reason) => {
    await expect(chat(file)).rejects.toThrow(`messages[0].content[1]: ${reason}`);
    await expect(respond(file)).rejects.toThrow(`input[0].content[0]: ${reason}`);
  });

  it('is told that a host is not allowed', async () => {
    hosts = [];
    await expect(respond({ file_url: files.url('/a.pdf') })).rejects.toThrow(
      'input[0].content[0]: files at URLs are fetched only from hosts in OLLAMA_FETCH_IMAGES',
    );
    expect(files.requests).toEqual([]);
  });
});

describe('limits of one request', () => {
  const part = (bytes: Buffer) => ({ type: 'file', file: { file_data: base64(bytes) } });
  const ask = (content: object[]) =>
    server.post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content }] });

  it('bound the number of files', async () => {
    const reply = await ask(Array(101).fill(part(pdf)));
    expect([reply.status, await reply.text()]).toEqual([
      400,
      expect.stringContaining('messages[0].content[100]: at most 100 PDF files of one request are read'),
    ]);
  });
});
