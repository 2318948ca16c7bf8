import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { messageOf } from '../../base/errors.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { HeldBytes } from './held-bytes.ts';
import { type FetchesImages, fetchImages } from './web-images.ts';

/** Every picture has 8 bytes, and 12 characters as base64. */
function fetchedFrom(): { readonly images: FetchesImages; readonly urls: string[] } {
  const urls: string[] = [];
  const fetch = async (url: URL) => {
    urls.push(url.href);
    return new Uint8Array(8);
  };
  return { images: { isOn: true, allows: () => true, fetch }, urls };
}

const asking = (...urls: string[]) => ({
  messages: [{ content: urls.map((url) => ({ type: 'image_url', image_url: { url } })) }],
});

/** @returns the message of the error, if there is one */
async function fetchAll(request: object, images: FetchesImages, most: number): Promise<string> {
  const app = new Hono<ServerEnvironment>();
  app.get('/', async (context) => {
    const work = fetchImages(request, images, context, new HeldBytes(most));
    return context.text(await work.then(() => 'fetched', messageOf));
  });
  const outgoing = new ServerResponse(new IncomingMessage(new Socket()));
  return (await app.request('/', {}, { outgoing })).text();
}

it('fetched pictures count as what the server holds', async () => {
  const { images } = fetchedFrom();
  const urls = ['http://a/1', 'http://a/2'];
  expect(await fetchAll(asking(...urls), images, 12)).toContain('too many large requests');
  const request = asking(...urls);
  expect(await fetchAll(request, images, 24)).toBe('fetched');
  expect(request.messages[0]?.content[1]?.image_url.url).toBe('data:;base64,AAAAAAAAAAA=');
});

it('no URL is read that is longer than any real one', async () => {
  const { images, urls } = fetchedFrom();
  expect(await fetchAll(asking(`http://a/${'x'.repeat(10_000)}`, 'http://a/1'), images, 100)).toBe('fetched');
  expect(urls).toEqual(['http://a/1']);
});
