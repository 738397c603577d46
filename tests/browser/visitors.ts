import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Stage } from "../adapters/web/stage.ts";

const CHROMIUM = "/usr/bin/chromium";
const SHOTS = join(tmpdir(), "parley-web-chat");

let browser: Browser;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`${CHROMIUM} is missing. Install it with: apt-get install --no-install-recommends chromium`);
  }
  mkdirSync(SHOTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

afterAll(() => browser?.close());

/** Somebody with a browser of their own. Errors in the page fail the test that looks at them. */
export async function visit(stage: Stage, name: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({
    viewport: { width: 1180, height: 760 },
    reducedMotion: "reduce",
    ...options,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("dialog", (dialog) => dialog.accept());
  page.on("console", (message) => {
    // The first question of a new browser is whether it is known; it is not.
    if (message.type() === "error" && !message.text().includes("401")) errors.push(message.text());
  });
  await page.goto(stage.baseUrl);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByText("Connected").waitFor({ state: "attached" });
  return {
    page,
    errors,
    say: (text: string) => say(page, "Messages", text),
    /** The latest message in the room that says this. */
    sees: (text: string) => message(page, "Messages", text),
    shot: (shotName: string) => page.screenshot({ path: join(SHOTS, `${shotName}.png`) }),
  };
}

export async function say(page: Page, label: string, text: string): Promise<void> {
  const box = page.getByRole("textbox", { name: label, exact: true });
  await box.fill(text);
  await box.press("Enter");
}

export async function message(page: Page, label: string, text: string) {
  const written = page.locator(".text, .rich", { hasText: text });
  const found = page.getByRole("log", { name: label, exact: true }).locator("li", { has: written }).last();
  await found.waitFor();
  return found;
}
