/** What both entry points share. */

export type { CallOptions } from "./abort.js";
export type { Backend, LoadOptions } from "./backend.js";
export * from "./errors.js";
export { allowedValues, checkedConfig, DEFAULT_CONFIG, type SamplingOptions } from "./options.js";
export type {
  BatchOptions,
  DetokenizeOptions,
  ModelOptions,
  RealmCore,
  TokenizeOptions,
} from "./realm.js";
export type { RealmOptions } from "./realm_options.js";
export type { RegistryCore, WithoutModel } from "./registry.js";
export type {
  ChatOptions,
  CommonOptions,
  Conversation,
  GenerateOptions,
  OnToken,
  Prompt,
  StreamChatOptions,
  StreamOptions,
} from "./request.js";
export { TokenStream } from "./stream.js";
export type { ToolOptions } from "./tools.js";
export type * from "./types.js";
