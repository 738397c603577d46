import type { Settings } from "../../gateway/config/schema.ts";

/**
 * A platform as a storm sees it: people who write there whatever happens, faults that can be called up, and what stands
 * there in the end. One for each platform, in front of its fake and the real client library.
 */
export interface ChaosPlatform {
  readonly name: "discord" | "telegram" | "whatsapp" | "web";
  /** Whether a part of an answer that is sent twice stands once, because it carries a key. */
  readonly hasKeys: boolean;
  /** What the gateway needs in its environment to serve it. */
  readonly env: Record<string, string>;
  /** What it needs in its file. */
  readonly settings?: Settings;
  /** The fake's faults, by what the storm calls them; those that make no sense on a platform are missing. */
  readonly faults: Partial<Record<FaultName, () => void>>;
  /** Done once, before the gateway first starts. */
  prepare?(dataDir: string): Promise<void>;
  /** The gateway is there (again). Not called for one that was killed while it started. */
  connect(gatewayUrl: string): Promise<void>;
  /**
   * A person writes, addressing the bot. What is written while the gateway is away is kept for it, as the platform does
   * it: resolves once the platform has it, and never waits for the gateway. Writing never fails; where a platform is part
   * of the gateway, the person's own client tries until it has been taken.
   *
   * @param place `dm`, or the number of a group that all people are in
   */
  write(person: number, place: Place, text: string): Promise<void>;
  /** Everything the bot has said that stands there now, in the order in which it came to stand. */
  said(): readonly Said[];
  /** As soon as anything stands there that did not, or differently; for whoever waits for the end. */
  onSaid(look: () => void): void;
  /** End every fault; what was held goes on. */
  calm(): void;
  close(): Promise<void>;
}

export type Place = "dm" | number;

export interface Said {
  place: Place;
  /** In private: with whom. */
  person?: number;
  /** What people read, without markup. */
  text: string;
  /** What the message says that this one quotes, or enough of its beginning; missing where it quotes none. */
  quotes?: string;
}

/** Faults last for one call, or for a short while that ends by itself or with `calm`. */
export type FaultName =
  /** The next send is refused for a second. */
  | "429"
  /** The next send fails on the platform's side. */
  | "5xx"
  /** The connection of the next send is cut before it is heard. */
  | "reset"
  /** The next send has its effect, and its answer is lost. */
  | "ack-lost"
  /** The next send takes about two seconds. */
  | "slow"
  /** What was delivered to the gateway last is delivered again. */
  | "redelivered"
  /** What people write next is delivered in another order than that of different people's writing; one person's order stays. */
  | "reordered"
  /** The connection through which messages come is cut; it may be opened again at once. */
  | "disconnected";
