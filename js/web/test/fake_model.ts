/** A model that says what it is told to, for tests. */
import type { GenerationConfig, TokenEvent } from "../../sdk/src/types";
import type { ChatModel, Prompt } from "../src/local/model";

export const INFO: ChatModel["info"] = {
  id: "paris",
  name: "paris",
  architecture: "llama",
  quantType: "Q8_0",
  numParameters: 2_400_000,
  numLayers: 4,
  embeddingLength: 192,
  vocabSize: 2048,
  contextLength: 1024,
  fileBytes: 2_600_000,
  memoryBytes: 3_000_000,
  device: "cpu",
  executor: "simd",
  hasChatTemplate: true,
  isCurrent: true,
};

export class FakeModel implements ChatModel {
  info = INFO;
  pieces = ["Paris", " it", " is"];
  /** Thrown after the pieces. */
  error: Error | null = null;
  /** Waited for before each piece. */
  gate: () => Promise<void> = async () => undefined;
  readonly calls: { prompt: Prompt; config: Partial<GenerationConfig> }[] = [];

  async generate(
    prompt: Prompt,
    config: Partial<GenerationConfig>,
    { onToken, signal }: { onToken: (event: TokenEvent) => void; signal: AbortSignal },
  ): ReturnType<ChatModel["generate"]> {
    this.calls.push({ prompt, config });
    const said: string[] = [];
    for (const [index, text] of this.pieces.entries()) {
      await this.gate();
      if (signal.aborted) break;
      said.push(text);
      onToken({
        text,
        tokenId: 10 + index,
        index,
        logprob: null,
        alternatives: [],
        finishReason: null,
        tokenText: "",
      });
    }
    if (this.error !== null) throw this.error;
    const isRecorded = config.logprobs != null;
    const logprobs = said.map((text, index) => ({ text, tokenId: 10 + index, logprob: -0.5 }));
    return {
      text: said.join(""),
      tokenIds: said.map((_, index) => 10 + index),
      finishReason: said.length < this.pieces.length ? "cancelled" : "stop",
      usage: { promptTokens: 7, completionTokens: said.length, cachedTokens: 0 },
      timings: {
        queueMs: 0,
        ttftMs: 5,
        prefillMs: 5,
        decodeMs: 20,
        totalMs: 25,
        tokensPerSecond: 100,
      },
      seed: 42,
      model: "paris",
      logprobs: isRecorded ? logprobs : [],
      alternatives: isRecorded
        ? logprobs.map((token) => [token, { text: " so", tokenId: 99, logprob: -1 }])
        : [],
      promptIds: [1, 2, 3],
      toolCalls: [],
    };
  }

  async detokenize(tokenIds: readonly number[]): Promise<string> {
    return tokenIds.map((id) => this.pieces[id - 10] ?? "?").join("");
  }
}
