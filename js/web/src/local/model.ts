/** What a chat needs of a loaded model. */
import type {
  ChatMessage,
  GenerationConfig,
  GenerationResponse,
  ModelInfo,
  TokenEvent,
} from "../../../sdk/src/types";

/** What to go on from: a conversation, a text as it stands, or tokens. */
export type Prompt =
  | { messages: readonly ChatMessage[] }
  | { raw: string }
  | { tokenIds: readonly number[] };

export interface ChatModel {
  readonly info: ModelInfo;
  /** Generate; an aborted signal ends it with the text so far and the reason "cancelled". */
  generate(
    prompt: Prompt,
    config: Partial<GenerationConfig>,
    options: { onToken: (event: TokenEvent) => void; signal: AbortSignal },
  ): Promise<GenerationResponse>;
  detokenize(tokenIds: readonly number[]): Promise<string>;
}
