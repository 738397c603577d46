import { describe } from "vitest";
import { WebStage } from "../stage/web-stage.ts";
import { consent } from "./consent.ts";
import { roles } from "./roles.ts";

describe("on the web", () => {
  roles(async () => new WebStage());
  consent(async () => new WebStage(), { hasAdmins: false });
});
