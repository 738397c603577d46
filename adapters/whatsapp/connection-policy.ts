import { type Ending, LinkError } from "./protocol.ts";

/** What follows from the end of a connection. */
export interface Consequence {
  /** For the operator. */
  reason: string;
  /**
   * - `at-once`: connect again.
   * - `back-off`: after a while, which grows with each failure.
   * - `slowly`: after the longest of those whiles.
   * - `yield`: another program has the link; much later, or when the credentials change.
   * - `erase`: the link is gone: forget the credentials and wait for new ones.
   * - `end`: nothing; it was asked for.
   */
  next: "at-once" | "back-off" | "slowly" | "yield" | "erase" | "end";
}

/**
 * Pure: which end of a connection leads to what.
 *
 * @param restarted it was made because WhatsApp asked for a new one, and has not lasted: asked again, there is a pause
 */
export function afterEnding(ending: Ending, { restarted = false } = {}): Consequence {
  switch (ending.by) {
    case "us":
      return { reason: "closed", next: "end" };
    case "vault":
      return { reason: "the store failed, so nothing is received from WhatsApp; trying again", next: "back-off" };
    case "gateway":
      return { reason: "a message from WhatsApp could not be taken; trying again", next: "back-off" };
    case "crash":
      return { reason: "the thread that runs WhatsApp crashed; starting it again", next: "back-off" };
    case "http":
      return outOfReach(`HTTP ${ending.code}`);
    case "whatsapp": {
      const consequence = CODES[ending.code];
      if (consequence === undefined || (consequence.next === "at-once" && restarted)) {
        return outOfReach(`code ${ending.code}`);
      }
      return consequence;
    }
  }
}

const CODES: Readonly<Record<number, Consequence>> = {
  401: { reason: "logged out on the phone: run `parley whatsapp link`", next: "erase" },
  402: { reason: "WhatsApp has banned this number for a while; trying again", next: "slowly" },
  403: { reason: "WhatsApp has locked this number out: run `parley whatsapp link` once it is free", next: "erase" },
  405: {
    reason: "WhatsApp no longer takes this version of its client: Parley needs an update; trying again",
    next: "slowly",
  },
  440: { reason: "another program uses this link: stop it, or unlink it on the phone", next: "yield" },
  515: { reason: "WhatsApp asked for a new connection", next: "at-once" },
};

function outOfReach(why: string): Consequence {
  return { reason: `WhatsApp is out of reach, trying again: ${why}`, next: "back-off" };
}

/**
 * Pure: what the end of a connection says of the pairing that it was for.
 *
 * @param shown a code was there to be confirmed
 */
export function pairingFailure(ending: Ending, shown: boolean): LinkError {
  if (ending.by === "http") return new LinkError("unreachable", afterEnding(ending).reason);
  if (ending.by !== "whatsapp") return new LinkError("aborted", "linking was called off");
  // The last of WhatsApp's codes has run out. Before there was one, the same code says that nobody answered.
  if (ending.code === 408 && shown) return new LinkError("timed-out", "nobody confirmed the new device in time");
  const { next, reason } = afterEnding(ending);
  if (next === "back-off") return new LinkError("unreachable", reason);
  return new LinkError("refused", `WhatsApp refused the new device: code ${ending.code}`);
}
