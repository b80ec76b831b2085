/** What models in this process do not do: keep an answer to a form. */

import { formField } from "../answer_form.js";
import { GrammarError } from "../errors.js";
import type { GenerationConfig } from "../types.js";

/** @throws GrammarError if the answer must have a form. */
export function checkHasNoForm(config: GenerationConfig): void {
  const field = formField(config);
  if (field !== null) throw needsServer(field);
}

/** The error of an option that forces an answer into a form. */
export function needsServer(field: string): GrammarError {
  return new GrammarError(
    `${field} needs constrained decoding, which models in this process do not have: its library, ` +
      'llguidance, is no part of this package; use mode "server" with `realm serve`, or ask for ' +
      "the form in the prompt and check the answer",
    { field },
  );
}
