// Chromium, and the example's page as a person uses it.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './binaries';

/** ms for anything that a page is waited for, on a busy machine. */
const PATIENCE_MS = 90_000;

export class Visitors {
  /** What the consoles of all pages said as errors. */
  readonly errors: string[] = [];
  #browser: Browser | undefined;

  async open(): Promise<void> {
    this.#browser = await chromium.launch({ executablePath: chromiumPath(), headless: true });
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /** A person with cookies of their own. */
  async person(url: string): Promise<BrowserContext> {
    if (!this.#browser) throw new Error('open() comes first');
    const context = await this.#browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    return context;
  }

  async page(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
    await page.goto('/');
    return page;
  }

  async logIn(url: string, name: string): Promise<Page> {
    const page = await this.page(await this.person(url));
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Enter' }).click();
    await live(page);
    return page;
  }
}

/** The page has its stream. */
export const live = (page: Page) => page.locator('[data-testid="pill-stream"][data-tone="good"]').waitFor();

export async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(words);
  await page.getByRole('button', { name: 'Send' }).click();
}

export const chatLine = (page: Page, words: string) => page.getByTestId('chat').getByText(words, { exact: true });

export async function enrol(page: Page, courseId: string): Promise<void> {
  const course = page.getByTestId(`course-${courseId}`);
  await course.getByRole('button', { name: 'Enrol' }).click();
  await course.getByRole('button', { name: '5 of 5' }).waitFor();
}

/** A sample of /api/metrics. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/api/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (!line) throw new Error(`/api/metrics has no ${name}:\n${text.slice(0, 2_000)}`);
  return Number(line.slice(name.length + 1));
}

export interface Health {
  code: number;
  body: any;
}

/** Undefined: nobody answers. */
export async function health(url: string): Promise<Health | undefined> {
  try {
    const answer = await fetch(`${url}/api/health/kafka`);
    return { code: answer.status, body: await answer.json() };
  } catch {
    return undefined;
  }
}
