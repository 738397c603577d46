import type { FakeRequest } from "./request.ts";
import { Watch } from "./watch.ts";

export interface HoldOptions {
  /** Which requests are held; default all. */
  when?: (request: FakeRequest) => boolean;
  /** Hold in mid-stream, after so many deltas; default before the response begins. */
  afterDeltas?: number;
}

/** Holds responses until the test lets them go. */
export class Gate {
  readonly #when: (request: FakeRequest) => boolean;
  readonly #afterDeltas: number | undefined;
  readonly #open = Promise.withResolvers<void>();
  readonly #watch = new Watch();
  /** The requests that wait here now. */
  readonly held = new Set<FakeRequest>();

  constructor({ when = () => true, afterDeltas }: HoldOptions) {
    this.#when = when;
    this.#afterDeltas = afterDeltas;
  }

  /** Let go all that wait, and hold nothing from now on. */
  release(): void {
    this.#open.resolve();
  }

  /** Resolves once so many requests wait here. */
  async reached(requests = 1): Promise<FakeRequest[]> {
    const enough = () => (this.held.size >= requests ? [...this.held] : undefined);
    return await this.#watch.until(enough, `${requests} held requests`);
  }

  /** For the server: waits if the gate is for this request at this point. */
  async pass(request: FakeRequest, point: number | undefined): Promise<void> {
    if (point !== this.#afterDeltas || !this.#when(request)) return;
    this.held.add(request);
    this.#watch.notify();
    await Promise.race([this.#open.promise, request.ended]);
    this.held.delete(request);
  }

  close(): void {
    this.release();
    this.#watch.close();
  }
}
