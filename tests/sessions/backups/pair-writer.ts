/**
 * Writes to two databases as a gateway and its web chat do: to the second only what is in the first, and back to the first
 * only what is in the second. Numbers go up by one. Ends when it is told to.
 */
import { join } from "node:path";
import Database from "better-sqlite3";

const [folder = ""] = process.argv.slice(2);

function open(name: string) {
  const db = new Database(join(folder, name));
  // As fast as can be: between two looks at the two databases there shall be many steps.
  db.pragma("page_size = 512");
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = OFF");
  db.exec("CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY, acknowledged INTEGER) STRICT");
  return db;
}

const [web, main] = [open("web.db"), open("parley.db")];
const said = web.prepare("INSERT INTO steps (n) VALUES (?)");
const taken = main.prepare("INSERT INTO steps (n) VALUES (?)");
const acknowledged = web.prepare("UPDATE steps SET acknowledged = 1 WHERE n = ?");
let n = 0;

function step(): void {
  n += 1;
  said.run(n);
  taken.run(n);
  acknowledged.run(n);
  if (n === 200) process.send?.("busy");
  setImmediate(step);
}
process.on("message", () => {
  web.close();
  main.close();
  process.exit(0);
});
step();
