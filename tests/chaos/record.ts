import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";

export type PlatformName = ChaosPlatform["name"];

/** Somebody's message. */
export interface Written {
  token: string;
  platform: PlatformName;
  person: number;
  place: Place;
  /** What held there when it was written. */
  strategy: string;
  /** Ms since the storm began. */
  at: number;
}

export type ModelFault = "429" | "529" | "broken" | "reset" | "hang";

/** One request to the model. */
export interface Asked {
  at: number;
  /** Tokens of what the last turn says; all are to be answered. */
  turn: readonly string[];
  /** Every token that the request holds anywhere. */
  seen: readonly string[];
  /** Who is named as the writer of what the turn says, where somebody is named. */
  speakers: ReadonlyArray<{ id: string; token: string }>;
  /** Whether the turn has results of tools already. */
  afterTools: boolean;
  /** What it was answered with. */
  outcome: "answer" | "tool" | ModelFault;
}

/** What can happen to everybody at one moment. */
export interface Event {
  at: number;
  what: string;
  platform?: PlatformName;
}

/** Positions among what stands on a platform, around the time in which no process was there. */
export interface Gap {
  before: number;
  after: number;
}

export interface PlatformRecord {
  name: PlatformName;
  hasKeys: boolean;
  /** What stands there in the end. */
  said: readonly Said[];
  /** How much stood there at each kill, and when the program began again: what was on its way comes to stand in between. */
  gaps: readonly Gap[];
  faults: Partial<Record<FaultName, number>>;
}

/** A look at the gateway's own count of parts that may stand twice, while it was running. */
export interface Count {
  platform: PlatformName;
  /** Which start of the program it was. */
  start: number;
  /** Parts that had come to stand once more since that process began. */
  stood: number;
  counted: number;
}

/** What a storm leaves to be checked: seen from outside alone. */
export interface StormRecord {
  seed: number;
  minutes: number;
  written: readonly Written[];
  asked: readonly Asked[];
  /** What the model's side refused to take. */
  invalid: readonly string[];
  platforms: readonly PlatformRecord[];
  counts: readonly Count[];
  kills: number;
  starts: number;
  modelFaults: Partial<Record<ModelFault, number>>;
  events: readonly Event[];
  /** What else was not as it has to be: an exit code, a database. */
  troubles: readonly string[];
}
