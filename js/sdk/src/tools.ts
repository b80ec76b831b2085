/** Tools of a request and calls of them in messages: checked copies. */

import { display, kindOf } from "./display.js";
import { PromptError, type RealmError, RequestError } from "./errors.js";
import type { Tool, ToolCall, ToolChoice } from "./types.js";

/** What a request says of tools. */
export interface ToolOptions {
  /** Functions that the model may call, as its chat template shows them. */
  tools?: readonly Tool[] | undefined;
  /**
   * "auto" by default; "required" and a named function force a call, which needs constrained
   * decoding and so a server.
   */
  toolChoice?: ToolChoice | undefined;
  /** False takes the first call of an answer only. */
  parallelToolCalls?: boolean | undefined;
}

const NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const MAX_DEPTH = 64;

/** What was given of `ToolOptions`, in the fields of a request; none where there are no tools. */
export type CheckedTools = {
  [K in keyof ToolOptions]?: Exclude<ToolOptions[K], undefined>;
};

/** @throws RequestError if tools are malformed, or the choice does not fit them. */
export function checkedTools(options: ToolOptions): CheckedTools {
  const { tools: given, toolChoice, parallelToolCalls } = options;
  if (given !== undefined && !Array.isArray(given)) {
    throw refusal("tools", `tools are an array of functions, not ${kindOf(given)}`);
  }
  const tools = (given ?? []).map(checkedTool);
  const names = tools.map((tool) => tool.function.name);
  if (new Set(names).size < names.length) {
    throw refusal("tools", "two tools have the same name");
  }
  if (toolChoice !== undefined) checkChoice(toolChoice, names);
  if (parallelToolCalls !== undefined && typeof parallelToolCalls !== "boolean") {
    throw refusal(
      "parallelToolCalls",
      `parallelToolCalls=${display(parallelToolCalls)} is not allowed: it must be true or false`,
    );
  }
  if (tools.length === 0) return {};
  return {
    tools,
    ...(toolChoice !== undefined && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
  };
}

/**
 * Calls as messages hold them: their arguments may be JSON text, as OpenAI's are.
 *
 * @throws PromptError if they are none.
 */
export function checkedCalls(calls: unknown): readonly ToolCall[] {
  if (!Array.isArray(calls)) {
    throw new PromptError(`toolCalls are an array of calls, not ${kindOf(calls)}`);
  }
  return calls.map((call: unknown) => {
    const called = isRecord(call) ? call.function : undefined;
    if (!isRecord(call) || !isRecord(called) || typeof called.name !== "string") {
      throw new PromptError(`a tool call needs a function with a name; got ${display(call)}`);
    }
    const id = call.id ?? "";
    if (typeof id !== "string") throw new PromptError("the id of a tool call must be text");
    const given = called.arguments ?? {};
    const parsed = typeof given === "string" ? parsedObject(given) : given;
    if (!isRecord(parsed)) {
      throw new PromptError(
        `the arguments of the call ${display(id)} are no JSON object; send back what came`,
      );
    }
    const args = plain(parsed, (reason) => new PromptError(`a tool call ${reason}`));
    return { id, type: "function", function: { name: called.name, arguments: args } };
  });
}

function checkedTool(tool: unknown): Tool {
  const described = isRecord(tool) ? tool.function : undefined;
  if (!isRecord(tool) || tool.type !== "function" || !isRecord(described)) {
    throw refusal(
      "tools",
      'a tool is {type: "function", function: {name, description, parameters}}; ' +
        `got ${display(tool)}`,
    );
  }
  const { name, description, parameters, strict } = described;
  if (typeof name !== "string" || !NAME.test(name)) {
    throw refusal(
      "tools",
      `${display(name)} is no name of a function: at most 64 letters, digits and _ . -`,
    );
  }
  const isText = description === undefined || typeof description === "string";
  const isSchema = parameters === undefined || isRecord(parameters);
  const isFlag = strict === undefined || typeof strict === "boolean";
  if (!isText || !isSchema || !isFlag) {
    throw refusal(
      "tools",
      `the tool ${display(name)} is malformed: description is text, parameters a JSON schema`,
    );
  }
  const checked = { type: "function", function: { name, description, parameters, strict } };
  return plain(checked, (reason) => refusal("tools", `a tool ${reason}`)) as unknown as Tool;
}

function checkChoice(choice: unknown, names: readonly string[]): void {
  if (choice === "none" || choice === "auto") return;
  if (choice === "required") {
    if (names.length > 0) return;
    throw refusal("toolChoice", 'toolChoice "required" needs tools');
  }
  const named = isRecord(choice) && choice.type === "function" ? choice.function : undefined;
  if (!isRecord(named) || typeof named.name !== "string") {
    throw refusal(
      "toolChoice",
      `toolChoice=${display(choice)} is not allowed: it must be "none", "auto", "required" or ` +
        '{type: "function", function: {name}}',
    );
  }
  if (!names.includes(named.name)) {
    throw refusal(
      "toolChoice",
      `toolChoice names ${display(named.name)}, which is not among the tools`,
    );
  }
}

/** A copy as JSON makes it, not nested too deeply for templates. */
function plain(
  value: Record<string, unknown>,
  refuse: (reason: string) => RealmError,
): Record<string, unknown> {
  let copy: Record<string, unknown>;
  try {
    copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  } catch (error) {
    throw refuse(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isDeeper(copy, MAX_DEPTH)) {
    throw refuse(`is nested more than ${MAX_DEPTH} levels deep`);
  }
  return copy;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}

function parsedObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(field: string, message: string): RequestError {
  return new RequestError(message, { field });
}
