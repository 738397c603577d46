import { afterAll, beforeAll, expect } from "vitest";

/** What must not outlive the tests of a file: servers that listen, processes, files that are watched. */
const WATCHED = new Set(["TCPServerWrap", "PipeServerWrap", "ProcessWrap", "FSEventWrap", "Timeout"]);

let before: string[] = [];

const alive = () => process.getActiveResourcesInfo().filter((resource) => WATCHED.has(resource));

beforeAll(() => {
  before = alive();
});

// Runs after the file's own hooks: hooks that clean up run in the reverse order of their registration.
afterAll(async () => {
  const extra = () => {
    const left = alive();
    for (const resource of before) {
      const index = left.indexOf(resource);
      if (index >= 0) left.splice(index, 1);
    }
    return left;
  };
  // What is closing needs some turns of the event loop to be gone, and more of them on a busy machine.
  for (let turn = 0; turn < 200 && extra().length > 0; turn++) await new Promise(setImmediate);
  expect(extra(), "left behind by the tests of this file").toEqual([]);
});
