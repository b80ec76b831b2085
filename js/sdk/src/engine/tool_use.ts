/** The tools of one request: which are shown, how the answer is read. */

import { RequestError } from "../errors.js";
import { quoted } from "../quoted.js";
import type { GenerationRequest, Tool, ToolCall } from "../types.js";
import { needsServer } from "./constraint.js";
import { formOf, ToolReader } from "./tool_calls.js";

export class ToolUse {
  /** The tools as the chat template shows them. */
  readonly shown: readonly Tool[];
  readonly #reader: ToolReader | null;
  readonly #isSingle: boolean;

  /**
   * @throws RequestError if the model's chat template knows no tools.
   * @throws GrammarError if a call is forced.
   */
  constructor(request: GenerationRequest, chatTemplate: string | null) {
    const { tools = [], toolChoice = "auto", parallelToolCalls = true } = request;
    this.shown = toolChoice === "none" ? [] : tools;
    this.#isSingle = !parallelToolCalls;
    if (this.shown.length === 0) {
      this.#reader = null;
      return;
    }
    if (toolChoice !== "auto") throw needsServer("toolChoice");
    const form = formOf(chatTemplate ?? "");
    if (form === null) {
      throw new RequestError(
        `the chat template of ${quoted(request.model)} knows no tools, or calls them in a way ` +
          "that is not known here (known are those of Hermes and Qwen, Mistral, Llama 3)",
        { field: "tools" },
      );
    }
    this.#reader = new ToolReader(
      form,
      this.shown.map((tool) => tool.function.name),
    );
  }

  /** Take new text and give what is certainly no call. */
  feed(text: string): string {
    return this.#reader === null ? text : this.#reader.feed(text);
  }

  /** What was held back: text that is no call, and the calls that the request wants. */
  finish(): { text: string; calls: readonly ToolCall[] } {
    if (this.#reader === null) return { text: "", calls: [] };
    const { text, calls } = this.#reader.finish();
    return { text, calls: this.#isSingle ? calls.slice(0, 1) : calls };
  }
}
