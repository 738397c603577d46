import { AgentError } from "../agents/agent.ts";

/** What is said to somebody whose turn cannot be answered, and the code that operators see. */
export interface Apology {
  code: string;
  text: string;
}

const TEXTS: Record<string, string> = {
  overloaded: "The model has too much to do at the moment. Please try again in a little while.",
  unavailable: "I cannot reach the model at the moment. Please try again in a little while.",
  unauthorized: "I am not set up correctly and cannot reach the model. The operator of this bot has to check its key.",
  "invalid-request": "The model would not take this request, so I cannot answer it. Rephrasing may help, or /new.",
  "context-full": "This conversation has grown too long for the model. Start a new one with /new.",
};

/** For a run that threw. */
export function apologyFor(error: unknown): Apology {
  const code = error instanceof AgentError ? error.code : "internal";
  return {
    code,
    text: TEXTS[code] ?? "Something went wrong on my side, and I could not answer this. Please try again.",
  };
}

export function tookTooLong(timeoutMs: number): Apology {
  const minutes = Math.round(timeoutMs / 60_000);
  const bound =
    minutes >= 1 ? `${minutes} ${minutes === 1 ? "minute" : "minutes"}` : `${Math.round(timeoutMs / 1000)} s`;
  return { code: "timeout", text: `I did not get this done within ${bound}, so I stopped. Please try again.` };
}

export const gaveUp: Apology = {
  code: "attempts",
  text: "I tried several times and was interrupted each time, so I could not answer this. Please try again.",
};
