/**
 * The form that an answer must have: checked copies of `jsonSchema` and `grammar`.
 *
 * Only what can be told without a model is told here, as in Python's `answer_form`.
 */

import { display, kindOf } from "./display.js";
import { GrammarError } from "./errors.js";
import type { GenerationConfig, JsonSchema, ResponseFormat } from "./types.js";

/** Most bytes of a schema (as compact JSON) or of a grammar. */
const MAX_FORM_BYTES = 128 << 10;

/** The options that ask for a form. */
export type FormField = "jsonSchema" | "jsonObject" | "grammar";

const FIELDS: readonly FormField[] = ["jsonSchema", "jsonObject", "grammar"];

/**
 * The option with which a configuration asks for a form; null where any text will do.
 *
 * @throws GrammarError if there are two.
 */
export function formField(config: Pick<GenerationConfig, FormField>): FormField | null {
  const given = FIELDS.filter((name) => config[name] !== null && config[name] !== false);
  if (given.length > 1) {
    throw refusal(
      given[1] as FormField,
      `${given.join(" and ")} ask for two forms of one answer: give one of them`,
    );
  }
  return given[0] ?? null;
}

/**
 * A JSON schema as plain values of its own.
 *
 * @param value A schema, or its JSON text.
 * @throws GrammarError if it is no JSON object, or has more than 128 KiB.
 */
export function checkedSchema(value: unknown): JsonSchema {
  let schema: unknown;
  let text: string | undefined;
  try {
    text = JSON.stringify(typeof value === "string" ? JSON.parse(value) : value);
    schema = text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal("jsonSchema", `jsonSchema is not JSON: ${reason}`);
  }
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw refusal(
      "jsonSchema",
      `jsonSchema must be a schema (an object), or its JSON text, not ${kindOf(value)}`,
    );
  }
  checkSize("jsonSchema", text as string);
  return schema as JsonSchema;
}

/** @throws GrammarError if it is no text, empty, or has more than 128 KiB. */
export function checkedGrammar(value: unknown): string {
  if (typeof value !== "string") {
    throw refusal("grammar", `grammar must be text, not ${kindOf(value)}`);
  }
  if (value.trim() === "") {
    throw refusal("grammar", "grammar is empty: give Lark rules or /a regex/");
  }
  checkSize("grammar", value);
  return value;
}

/** @throws GrammarError if it is neither true nor false. */
export function checkedJsonObject(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refusal("jsonObject", `jsonObject must be true or false, not ${display(value)}`);
}

/**
 * What OpenAI's way to ask for a form means in options of this package.
 *
 * @throws GrammarError if it means nothing.
 */
export function formOfResponse(
  format: ResponseFormat | undefined,
): Partial<Pick<GenerationConfig, "jsonSchema" | "jsonObject">> {
  switch (format?.type) {
    case undefined:
      if (format === undefined) return {};
      break;
    case "text":
      return {};
    case "json_object":
      return { jsonObject: true };
    case "json_schema":
      if (typeof format.json_schema === "object" && format.json_schema !== null) {
        return { jsonSchema: checkedSchema(format.json_schema.schema ?? {}) };
      }
  }
  throw new GrammarError(
    `responseFormat=${display(format)} is not allowed: it must be {type: "text"}, ` +
      '{type: "json_object"} or {type: "json_schema", json_schema: {schema}}',
    { field: "responseFormat" },
  );
}

function checkSize(field: FormField, text: string): void {
  const size = new TextEncoder().encode(text).length;
  if (size > MAX_FORM_BYTES) {
    throw refusal(field, `${field} has ${size} bytes; at most ${MAX_FORM_BYTES} are allowed`);
  }
}

function refusal(field: FormField, message: string): GrammarError {
  return new GrammarError(message, { field });
}
