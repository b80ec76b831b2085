import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GOLDEN, render, TWIN } from "../../../scripts/messages.mjs";

describe("the message table", () => {
  const golden = JSON.parse(readFileSync(GOLDEN, "utf8"));

  it("is the golden file's (if not: npm run messages)", () => {
    expect(readFileSync(TWIN, "utf8")).toBe(render(golden));
  });

  it("answers every request with an object of the table", () => {
    expect(Object.keys(golden.results)).toEqual(Object.keys(golden.requests));
    for (const name of Object.values<string>(golden.results)) {
      expect(golden.objects).toHaveProperty(name);
    }
  });
});
