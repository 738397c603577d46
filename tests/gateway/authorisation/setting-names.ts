export const OWNERS_SETTINGS = [
  "compactionTokens",
  "tools",
  "model",
  "userTokensPerDay",
  "userRunsPerDay",
  "chatTokensPerDay",
  "chatRunsPerDay",
];
export const ADMINS_SETTINGS = [
  "strategy",
  "fork",
  "threads",
  "addressing",
  "busy",
  "compaction",
  "ambient",
  "maxAgeMs",
  "extraPrompt",
];
