/** What Realm and engine say to each other: one table of calls, and what goes along with them. */

import type { LocalOptions } from "../platform.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationRequest,
  GenerationResponse,
  LoadProgress,
  ModelInfo,
  TokenEvent,
} from "../types.js";

/** A source that can be sent; URLs cannot. */
export type SentSource =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "blob"; blob: Blob }
  | { kind: "url"; href: string }
  | { kind: "path"; path: string }
  | { kind: "files"; files: readonly SentSource[] };

/** Options that can be sent. */
export type EngineOptions = Omit<LocalOptions, "assetsUrl"> & {
  /** Folder of the WebAssembly files. */
  assetsUrl: string;
};

/** Every call: its arguments and its result. */
export interface Calls {
  init: { arguments: [options: EngineOptions]; result: undefined };
  loadModel: { arguments: [source: SentSource, id: string]; result: ModelInfo };
  unloadModel: { arguments: [id: string]; result: number };
  models: { arguments: []; result: ModelInfo[] };
  generate: { arguments: [request: GenerationRequest]; result: GenerationResponse };
  tokenize: {
    arguments: [id: string, text: string, options: { addSpecial: boolean; parseSpecial: boolean }];
    result: number[];
  };
  detokenize: {
    arguments: [id: string, tokenIds: readonly number[], options: { renderSpecial: boolean }];
    result: string;
  };
  embed: { arguments: [id: string, inputs: readonly EmbeddingInput[]]; result: EmbeddingResponse };
  dispose: { arguments: []; result: undefined };
}

export type CallName = keyof Calls;

/** What comes during a call. */
export type News =
  | { kind: "progress"; progress: LoadProgress }
  | { kind: "tokens"; events: TokenEvent[] };

/** An error that crosses: class, text and typed fields. */
export interface ErrorRecord {
  /** Null for an error that is none of this package's. */
  code: string | null;
  message: string;
  stack: string;
  fields: Record<string, unknown>;
}

/** To the engine. */
export type ToEngine =
  | {
      [N in CallName]: { kind: "call"; call: number; name: N; arguments: Calls[N]["arguments"] };
    }[CallName]
  | { kind: "abort"; call: number };

/** From the engine; `call` is the number of the call that it is about. */
export type FromEngine = { call: number } & (
  | News
  | { kind: "result"; result: unknown }
  | { kind: "error"; error: ErrorRecord }
);
