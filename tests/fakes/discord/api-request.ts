import type { PostedFile } from "./posted.ts";
import type { World } from "./world.ts";

/** A call of the REST API, taken apart. */
export interface ApiRequest {
  /** What the route's pattern names. */
  params: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  /** The files of a multipart body by the number in their field's name. */
  files: ReadonlyMap<string, PostedFile>;
}

export interface ApiAnswer {
  status: number;
  body?: unknown;
}

/** @throws Refusal */
export type Handler = (world: World, request: ApiRequest) => ApiAnswer;

/** Handlers by "METHOD /path" with named segments. */
export type Routes = Readonly<Record<string, Handler>>;

export const ok = (body: unknown): ApiAnswer => ({ status: 200, body });
export const created = (body: unknown): ApiAnswer => ({ status: 201, body });
export const done = (): ApiAnswer => ({ status: 204 });
