/** Published chat templates against what transformers makes of them. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ChatTemplateError } from "../../src/errors.js";
import { renderTemplate } from "../../src/templates/chat_template.js";
import { conformance, conformanceJson } from "../support/files.js";

interface Case {
  template: string;
  case: string;
  inputs: Record<string, unknown>;
  text?: string;
  error?: string;
}

describe.skipIf(conformance === null)("published templates", () => {
  it("give the expected texts", () => {
    const { cases, now } = conformanceJson("templates/cases.json") as {
      cases: Case[];
      now: string;
    };
    const wrong: string[] = [];
    for (const { template, case: name, inputs, text, error } of cases) {
      const source = readFileSync(`${conformance}/templates/${template}.jinja`, "utf8");
      let found: string;
      try {
        found = renderTemplate(source, inputs, new Date(`${now}T00:00:00`));
      } catch (caught) {
        expect(caught).toBeInstanceOf(ChatTemplateError);
        found = `error: ${(caught as Error).message}`;
      }
      if (found !== (text ?? `error: ${error}`)) {
        wrong.push(`${template} ${name}\n${found.slice(0, 1500)}\n--- expected\n${text ?? error}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
