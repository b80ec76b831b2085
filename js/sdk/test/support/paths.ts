/** Where models and reference data lie. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

export const DEMO = fromRoot("realm_jupyter/demo/");
export const PARIS = `${DEMO}paris.gguf`;
export const TALES = `${DEMO}tales.gguf`;

/** The reference data; null where there is none. */
export const CONFORMANCE =
  process.env.REALM_CONFORMANCE ?? found(fromRoot("../shared/conformance"));

/** A greedy text that Python gives; see tests/test_sdk_greedy.py. */
export interface GreedyCase {
  model: string;
  prompt: string;
  raw: boolean;
  max_tokens: number;
  prompt_ids: number[];
  token_ids: number[];
  text: string;
  finish_reason: string;
}

export const GREEDY = JSON.parse(
  readFileSync(fromRoot("tests/golden/greedy.json"), "utf8"),
) as GreedyCase[];

/** The file of a case's model; null where it is not there. */
export function modelFile(model: string): string | null {
  if (!model.endsWith(".gguf")) return `${DEMO}${model}.gguf`;
  return CONFORMANCE === null ? null : found(`${CONFORMANCE}/models/${model}`);
}

function found(path: string): string | null {
  return existsSync(path) ? path : null;
}
