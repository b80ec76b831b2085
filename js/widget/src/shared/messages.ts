/**
 * The messages between the views and the kernel, as types. What each means is said in
 * realm_jupyter/widget/messages.py; this file is written from the golden file of that table by
 * `npm run messages`, and a test holds it there.
 */

// The table's own words for its two loosest types.
export type integer = number;
// biome-ignore lint/suspicious/noExplicitAny: any JSON value; who reads one knows what it is
export type json = any;

export const PROTOCOL = 1;

/** Files that can be asked for. */
export type AssetName = "markdown.js" | "maths.js";

export interface ErrorInfo {
  code: string;
  message: string;
}

export interface Stats {
  prompt_tokens: integer;
  completion_tokens: integer;
  ttft_ms: number | null;
  total_ms: number;
  tokens_per_second: number | null;
  context_used: integer;
  context_length: integer;
  seed: string;
  finish_reason: "stop" | "length" | "cancelled";
}

export interface Message {
  id: string;
  role: "system" | "user" | "assistant";
  text: string;
  state: "waiting" | "generating" | "done" | "stopped" | "error";
  error: ErrorInfo | null;
  alternative: integer;
  num_alternatives: integer;
  model: string | null;
  stats: Stats | null;
  has_tokens: boolean;
  can_continue: boolean;
}

export interface Conversation {
  id: string;
  title: string;
  num_messages: integer;
  is_generating: boolean;
}

export interface Field {
  name: string;
  label: string;
  help: string;
  group: "basic" | "advanced";
  kind: "integer" | "number" | "boolean" | "strings" | "choice" | "seed";
  default: json;
  low: number | null;
  high: number | null;
  slider_low: number | null;
  slider_high: number | null;
  step: number | null;
  choices: json[];
}

export interface Settings {
  system: string;
  record_tokens: boolean;
  values: Record<string, json>;
}

export interface ModelChoice {
  id: string;
  label: string;
  is_loaded: boolean;
  has_chat_template: boolean;
  context_length: integer | null;
}

export interface Status {
  state: "idle" | "loading" | "prompt" | "generating" | "stopping";
  conversation: string | null;
  message: string | null;
  elapsed_ms: number;
  prompt_tokens: integer | null;
  prompt_done_tokens: integer | null;
  completion_tokens: integer;
  tokens_per_second: number | null;
  ttft_ms: number | null;
  context_used: integer | null;
  context_length: integer | null;
  seed: string | null;
  load: Load | null;
}

export interface Alternative {
  text: string;
  token_id: integer;
  logprob: number;
}

export interface Token {
  text: string;
  token_id: integer;
  logprob: number | null;
  top: Alternative[];
}

export interface ModelRow {
  id: string;
  name: string;
  path: string;
  architecture: string;
  quant_type: string;
  num_parameters: integer;
  num_layers: integer;
  vocab_size: integer;
  context_length: integer;
  file_bytes: integer;
  memory_bytes: integer;
  device: string;
  executor: string;
  num_tenants: integer;
  has_chat_template: boolean;
  is_current: boolean;
}

export interface Shipped {
  name: string;
  file_bytes: integer;
  is_loaded: boolean;
}

export interface File {
  path: string;
  name: string;
  file_bytes: integer;
  num_parts: integer;
}

export interface Verdict {
  source: string;
  name: string;
  architecture: string;
  quant_type: string;
  num_parameters: integer;
  context_length: integer;
  file_bytes: integer;
  required_bytes: integer;
  available_bytes: integer;
  fits: boolean;
}

export interface Load {
  id: string;
  label: string;
  model: string | null;
  state: "running" | "done" | "error" | "cancelled";
  stage: string;
  done_bytes: integer;
  total_bytes: integer;
  rate_bytes_per_s: number | null;
  remaining_s: number | null;
  error: ErrorInfo | null;
}

export interface ChatState {
  conversation: string;
  conversations: Conversation[];
  messages: Message[];
  settings: Settings;
  fields: Field[];
  models: ModelChoice[];
  model: string | null;
  status: Status;
}

export interface ModelsState {
  models: ModelRow[];
  shipped: Shipped[];
  loads: Load[];
  folder: string;
  devices: string[];
  executors: string[];
  available_bytes: integer;
  chunk_bytes: integer;
}

export interface TokensState {
  message: Message;
  tokens: Token[];
}

export interface SnapshotResult {
  protocol: integer;
  seq: integer;
  kind: "chat" | "models" | "tokens";
  chat: ChatState | null;
  models: ModelsState | null;
  tokens: TokensState | null;
}

export interface PongResult {
  seq: integer;
}

export interface TextResult {
  text: string;
  filename: string | null;
  mime: string;
}

export interface MessageResult {
  message: string;
}

export interface ConversationResult {
  conversation: string;
}

export interface TokensResult {
  tokens: Token[];
}

export interface FilesResult {
  folder: string;
  files: File[];
  is_complete: boolean;
}

export interface VerdictResult {
  verdict: Verdict;
}

export interface LoadResult {
  load: string;
}

export interface ReceivedResult {
  received_bytes: integer;
}

export interface UnloadResult {
  freed_bytes: integer;
}

export interface DetailsResult {
  metadata: Record<string, json>;
}

export type NoResult = Record<never, never>;

/** Fields of each request. */
export interface Requests {
  sync: Record<never, never>;
  ping: Record<never, never>;
  asset: {
    name: string;
  };
  send: {
    text: string;
  };
  stop: Record<never, never>;
  edit: {
    message: string;
    text: string;
  };
  regenerate: {
    message: string;
  };
  retry: {
    message: string;
  };
  show_alternative: {
    message: string;
    alternative: integer;
  };
  continue: {
    message: string;
    index: integer;
    token_id: integer | null;
  };
  tokens: {
    message: string;
  };
  new_conversation: Record<never, never>;
  open_conversation: {
    conversation: string;
  };
  rename_conversation: {
    conversation: string;
    title: string;
  };
  delete_conversation: {
    conversation: string;
  };
  export: {
    conversation: string;
    format: "markdown" | "json" | "cells";
  };
  import: {
    filename: string;
    text: string;
  };
  change_settings: {
    system: string | null;
    record_tokens: boolean | null;
    values: Record<string, json>;
  };
  reset_settings: Record<never, never>;
  copy_python: Record<never, never>;
  choose_model: {
    model: string;
  };
  scan: {
    folder: string;
  };
  check: {
    source: string;
    device: string;
    executor: string;
  };
  load: {
    source: string;
    model: string | null;
    device: string;
    executor: string;
  };
  cancel_load: {
    load: string;
  };
  dismiss_load: {
    load: string;
  };
  use: {
    model: string;
  };
  unload: {
    model: string;
  };
  details: {
    model: string;
  };
  upload: {
    filename: string;
    total_bytes: integer;
    device: string;
    executor: string;
  };
  upload_chunk: {
    load: string;
    offset_bytes: integer;
  };
}

/** What answers each request. */
export interface Results {
  sync: SnapshotResult;
  ping: PongResult;
  asset: TextResult;
  send: MessageResult;
  stop: NoResult;
  edit: MessageResult;
  regenerate: MessageResult;
  retry: MessageResult;
  show_alternative: MessageResult;
  continue: MessageResult;
  tokens: TokensResult;
  new_conversation: ConversationResult;
  open_conversation: ConversationResult;
  rename_conversation: ConversationResult;
  delete_conversation: ConversationResult;
  export: TextResult;
  import: ConversationResult;
  change_settings: NoResult;
  reset_settings: NoResult;
  copy_python: TextResult;
  choose_model: NoResult;
  scan: FilesResult;
  check: VerdictResult;
  load: LoadResult;
  cancel_load: NoResult;
  dismiss_load: NoResult;
  use: NoResult;
  unload: UnloadResult;
  details: DetailsResult;
  upload: LoadResult;
  upload_chunk: ReceivedResult;
}

/** Fields of each event. */
export interface Events {
  answer: {
    request: string;
    ok: boolean;
    result: Record<string, json> | null;
    error: ErrorInfo | null;
  };
  delta: {
    conversation: string;
    message: string;
    text: string;
  };
  message: {
    conversation: string;
    message: Message;
  };
  messages: {
    conversation: string;
    messages: Message[];
  };
  conversations: {
    conversation: string;
    conversations: Conversation[];
  };
  settings: {
    settings: Settings;
  };
  choices: {
    models: ModelChoice[];
    model: string | null;
  };
  status: {
    status: Status;
  };
  models: {
    models: ModelRow[];
    shipped: Shipped[];
    available_bytes: integer;
  };
  load: {
    load: Load;
  };
  load_gone: {
    load: string;
  };
}
