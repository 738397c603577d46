/** Open a database, and be killed as soon as so many of the files that bring it up to date have been carried out. */
import Database from "better-sqlite3";
import { openDatabase } from "../../../sessions/sqlite/database.ts";

const [file = "", files = "1"] = process.argv.slice(2);
const { exec } = Database.prototype;
let left = Number(files);

Database.prototype.exec = function (sql) {
  const result = exec.call(this, sql);
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
  return result;
};
openDatabase(file);
