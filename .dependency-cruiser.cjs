/** Import directions of the house: what each folder may know. `gateway` alone knows everybody. */
const room = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { pathNot: [...allowed, "^node_modules/", "^node:"], dependencyTypesNot: ["core"] },
});

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    room(
      "strategies-are-pure",
      "^strategies/",
      ["^strategies/", "^adapters/record\\.ts$"],
      "a strategy knows the source record and nothing else",
    ),
    {
      name: "strategies-do-no-io",
      severity: "error",
      from: { path: "^strategies/(?!load\\.ts$)" },
      to: { dependencyTypes: ["core", "npm", "npm-optional"] },
    },
    room("adapters-know-no-core", "^adapters/", ["^adapters/"], "an adapter knows the adapter contract and its SDK"),
    {
      name: "adapters-know-no-other-platform",
      severity: "error",
      from: { path: "^adapters/([^/]+)/" },
      to: { path: "^adapters/[^/]+/", pathNot: "^adapters/($1|markdown)/" },
    },
    room("sessions-know-strategies", "^sessions/", ["^sessions/", "^strategies/", "^adapters/record\\.ts$"]),
    room("agents-know-transcripts", "^agents/", ["^agents/", "^sessions/(transcript|recall)\\.ts$"]),
    {
      name: "tests-stay-outside",
      severity: "error",
      from: { pathNot: "^(tests|bench)/" },
      to: { path: "^(tests|bench)/" },
    },
    {
      name: "sdk-in-its-room",
      comment: "each SDK is imported by the folder that owns it",
      severity: "error",
      from: { path: "^(gateway|sessions|strategies|agents)/" },
      to: { path: "node_modules/(telegraf|discord\\.js|@whiskeysockets)/" },
    },
    {
      name: "tool-protocol-in-its-room",
      comment: "the client of tool servers is loaded only by whoever configures some",
      severity: "error",
      from: { path: "^(adapters|agents|gateway|sessions|strategies)/", pathNot: "^agents/mcp/" },
      to: { path: "node_modules/@modelcontextprotocol/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
