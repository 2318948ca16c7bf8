/** What a user does on the chat page. */
import type { Locator, Page } from 'playwright-core';

/** Writes a message and sends it with the keyboard. */
export async function sendMessage(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Control+Enter');
}

/** The last message of the model. */
export function lastAnswer(page: Page): Locator {
  return page.locator('article.assistant').last();
}

/** Waits until no answer is being written. */
export async function waitForAnswer(page: Page): Promise<Locator> {
  await page.locator('article.assistant[aria-busy="false"]').last().waitFor();
  await page.locator('article[aria-busy="true"]').waitFor({ state: 'detached' });
  return lastAnswer(page);
}
