/** `guest/realm.h` in TypeScript: statuses, flags, signatures and the errors of statuses. */

import {
  GuestAbiError,
  GuestError,
  GuestLimitError,
  type RealmError,
  TenantClosedError,
} from "../errors.js";

export const ABI_VERSION = 0;

/** Results of calls: `realm_status`. */
export const Status = {
  ERROR_ARGUMENT: -1,
  ERROR_MEMORY: -2,
  ERROR_HANDLE: -3,
  ERROR_VOCAB: -4,
  ERROR_STATE: -5,
  ERROR_HOST: -6,
  ERROR_CLOSED: -7,
} as const;

export const ADD_SPECIAL = 1;
export const PARSE_SPECIAL = 2;
export const STRIP_SPACE = 1;
export const RENDER_SPECIAL = 2;
export const IGNORE_EOS = 1;
export const LOGPROBS = 2;
/** What lies in the logits buffer: all of them, by token id. */
export const DENSE = 0;

/** The exports of a resumable guest that knows vocabularies. */
export interface GuestExports {
  memory: WebAssembly.Memory;
  _initialize?(): void;
  realm_abi_version(): number;
  realm_alloc(size: number): number;
  realm_free(pointer: number): void;
  realm_vocab_load(blob: number, size: number): number;
  realm_tokenize(text: number, size: number, flags: number): bigint;
  realm_detokenize(ids: number, count: number, flags: number): bigint;
  realm_generate_begin(config: number, size: number): number;
  realm_logits(count: number): number;
  realm_generate_step(handle: number, form: number, count: number): bigint;
  realm_generate_end(handle: number): bigint;
}

/** Functions that every guest here must have. */
export const FUNCTIONS = [
  "realm_abi_version",
  "realm_alloc",
  "realm_free",
  "realm_vocab_load",
  "realm_tokenize",
  "realm_detokenize",
  "realm_generate_begin",
  "realm_logits",
  "realm_generate_step",
  "realm_generate_end",
] as const satisfies readonly (keyof GuestExports)[];

export type FunctionName = (typeof FUNCTIONS)[number];

const MEANINGS: Readonly<Record<keyof typeof Status, string>> = {
  ERROR_ARGUMENT: "an argument is out of range",
  ERROR_MEMORY: "the guest is out of memory",
  ERROR_HANDLE: "the handle is unknown",
  ERROR_VOCAB: "the vocabulary is missing or malformed",
  ERROR_STATE: "the call came in the wrong order",
  ERROR_HOST: "a host function failed",
  ERROR_CLOSED: "the tenant was closed",
};

/** The error that a negative status of the guest stands for. */
export function statusError(status: number, name: string): RealmError {
  const known = (Object.keys(Status) as (keyof typeof Status)[]).find(
    (key) => Status[key] === status,
  );
  if (known === undefined) {
    return new GuestAbiError(
      `the guest's ${name} returned ${status}, which is no status of ABI ${ABI_VERSION}`,
    );
  }
  const message = `the guest's ${name} failed: ${MEANINGS[known]} (${known})`;
  if (known === "ERROR_MEMORY") {
    return new GuestLimitError(message, "memory");
  }
  return known === "ERROR_CLOSED" ? new TenantClosedError(message) : new GuestError(message);
}
