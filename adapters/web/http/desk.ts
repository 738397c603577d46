import type { Person } from "../log/people.ts";
import type { WebSettings } from "../options.ts";
import type { WebPlatform } from "../platform.ts";
import type { Page } from "./page.ts";

/** What routes share. */
export interface Desk {
  settings: WebSettings;
  /** @throws WebError `closed` before the start and after the end */
  platform(): WebPlatform;
  /**
   * Change something; `stop` waits until it is done.
   *
   * @throws WebError `closed` during a drain, too
   */
  change<T>(work: (platform: WebPlatform) => Promise<T>): Promise<T>;
  /** @throws WebError `closed` */
  page(): Page;
  commands(): ReadonlyArray<{ name: string; description: string }>;
}

/** Variables of requests whose sender is known. */
export interface Known {
  Variables: { person: Person };
}
