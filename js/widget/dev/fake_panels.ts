/** A kernel that is not there, for the models panel and the token view. */
import type { WidgetModel } from "../src/shared/context";
import {
  type Events,
  type Load,
  type Message,
  type ModelRow,
  type ModelsState,
  PROTOCOL,
  type Requests,
  type Results,
  type Token,
  type TokensState,
} from "../src/shared/messages";
import { fakeMessage } from "./fake";

type Body = { [T in keyof Requests]: { type: T; request: string } & Requests[T] }[keyof Requests];

const GB = 1e9;

export function fakeRow(part: Partial<ModelRow> & Pick<ModelRow, "id">): ModelRow {
  return {
    name: "",
    path: `/models/${part.id}.gguf`,
    architecture: "llama",
    quant_type: "Q4_K",
    num_parameters: 8_030_261_312,
    num_layers: 32,
    vocab_size: 128_256,
    context_length: 8192,
    file_bytes: 4_920_000_000,
    memory_bytes: 4_971_000_000,
    device: "cpu",
    executor: "native",
    num_tenants: 1,
    has_chat_template: true,
    is_current: false,
    ...part,
  };
}

export function fakeLoad(part: Partial<Load> & Pick<Load, "id">): Load {
  return {
    label: "phi-3-mini.gguf",
    model: null,
    state: "running",
    stage: "reading",
    done_bytes: 0,
    total_bytes: 2.4 * GB,
    rate_bytes_per_s: null,
    remaining_s: null,
    error: null,
    ...part,
  };
}

export function emptyModels(): ModelsState {
  return {
    models: [],
    shipped: [
      { name: "paris", file_bytes: 5_300_000, is_loaded: false },
      { name: "tales", file_bytes: 8_100_000, is_loaded: false },
    ],
    loads: [],
    folder: "/models",
    devices: ["auto", "cpu"],
    executors: ["auto", "native", "reference"],
    available_bytes: 11.2 * GB,
    chunk_bytes: 1_000_000,
  };
}

/** An answer of these tokens. */
export function tokensState(tokens: Token[], part: Partial<Message> = {}): TokensState {
  const text = tokens.map((token) => token.text).join("");
  return { message: { ...fakeMessage("m1", "assistant", text), ...part }, tokens };
}

/** Answers requests as the kernel's panel does, at once and in full. */
export class FakePanels {
  models = emptyModels();
  tokens = tokensState(fakeTokens());
  /** What was shown before another token was chosen. */
  earlier = this.tokens;
  /** Every request that came, in order. */
  readonly requests: Body[] = [];
  readonly received: ArrayBuffer[] = [];
  /** Requests of these types are refused with the text. */
  readonly refusals = new Map<string, string>();
  /** Requests of these types are never answered. */
  readonly silences = new Set<string>();
  asset: (name: string) => Promise<string> = async () => "";

  #seq = 0;
  readonly #handlers = new Map<string, Set<(...args: never[]) => void>>();

  constructor(private readonly kind: "models" | "tokens") {}

  view(): WidgetModel {
    return {
      get: (name) => (name === "kind" ? this.kind : undefined),
      send: (content, _callbacks, buffers) => {
        void this.#answer(content as Body, buffers ?? []);
      },
      on: (event, handler) => {
        const set = this.#handlers.get(event) ?? new Set();
        this.#handlers.set(event, set);
        set.add(handler);
      },
      off: (event, handler) => this.#handlers.get(event)?.delete(handler),
    };
  }

  /** Send an event to every view; `skipped` events before it were lost. */
  emit<T extends keyof Events>(type: T, fields: Events[T], skipped = 0): void {
    this.#seq += 1 + skipped;
    this.#deliver("msg:custom", { type, seq: this.#seq, ...fields });
  }

  /** What the front end does when the kernel is gone. */
  close(): void {
    this.#deliver("comm:close");
  }

  /** End what `continue` began. */
  finishTokens(): void {
    this.emit("message", { conversation: "c", message: this.tokens.message });
  }

  emitModels(): void {
    const { models, shipped, available_bytes } = this.models;
    this.emit("models", { models, shipped, available_bytes });
  }

  setLoad(load: Load): void {
    this.models.loads = [...this.models.loads.filter(({ id }) => id !== load.id), load];
    this.emit("load", { load });
  }

  #deliver(event: string, ...args: unknown[]): void {
    for (const handler of this.#handlers.get(event) ?? []) handler(...(args as never[]));
  }

  async #answer(body: Body, buffers: ArrayBuffer[]): Promise<void> {
    this.requests.push(body);
    this.received.push(...buffers);
    if (this.silences.has(body.type)) return;
    await Promise.resolve();
    const refusal = this.refusals.get(body.type);
    let outcome: Pick<Events["answer"], "ok" | "result" | "error">;
    if (refusal !== undefined) {
      outcome = { ok: false, result: null, error: { code: "fake", message: refusal } };
    } else {
      outcome = { ok: true, result: await this.#result(body, buffers), error: null };
    }
    this.#deliver("msg:custom", { type: "answer", request: body.request, ...outcome });
  }

  async #result(body: Body, buffers: ArrayBuffer[]): Promise<Results[keyof Results]> {
    const state = this.models;
    switch (body.type) {
      case "sync":
        return {
          protocol: PROTOCOL,
          seq: this.#seq,
          kind: this.kind,
          chat: null,
          models: this.kind === "models" ? structuredClone(state) : null,
          tokens: this.kind === "tokens" ? this.tokens : null,
        };
      case "asset":
        return { text: await this.asset(body.name), filename: null, mime: "text/javascript" };
      case "check": {
        const size = body.source.includes("70b") ? 40.2 * GB : 2.4 * GB;
        return {
          verdict: {
            source: body.source,
            name: "Phi 3 mini instruct",
            architecture: "phi3",
            quant_type: "Q4_K",
            num_parameters: 3_821_079_552,
            context_length: 4096,
            file_bytes: size,
            required_bytes: size * 1.05,
            available_bytes: state.available_bytes,
            fits: size * 1.05 < state.available_bytes,
          },
        };
      }
      case "scan":
        return {
          folder: body.folder,
          files: ["phi-3-mini.gguf", "llama-3-70b-instruct-Q4_K_M.gguf"].map((name, index) => ({
            path: `${body.folder}/${name}`,
            name,
            file_bytes: index === 0 ? 2.4 * GB : 40.2 * GB,
            num_parts: index === 0 ? 1 : 3,
          })),
          is_complete: true,
        };
      case "load":
        this.setLoad(fakeLoad({ id: "load", label: body.source.split("/").at(-1) ?? "" }));
        return { load: "load" };
      case "upload":
        this.setLoad(
          fakeLoad({
            id: "upload",
            label: body.filename,
            stage: "upload",
            total_bytes: body.total_bytes,
          }),
        );
        return { load: "upload" };
      case "upload_chunk":
        return { received_bytes: body.offset_bytes + (buffers[0]?.byteLength ?? 0) };
      case "use":
        state.models = state.models.map((row) => ({ ...row, is_current: row.id === body.model }));
        this.emitModels();
        return {};
      case "unload": {
        const freed = state.models.find(({ id }) => id === body.model)?.memory_bytes ?? 0;
        state.models = state.models.filter(({ id }) => id !== body.model);
        state.available_bytes += freed;
        this.emitModels();
        return { freed_bytes: freed };
      }
      case "cancel_load":
        this.setLoad(fakeLoad({ id: body.load, state: "cancelled" }));
        return {};
      case "dismiss_load":
        state.loads = state.loads.filter(({ id }) => id !== body.load);
        this.emit("load_gone", { load: body.load });
        return {};
      case "details":
        return {
          metadata: {
            "general.name": "Meta Llama 3 8B Instruct",
            "general.license": "llama3",
            "llama.rope.freq_base": 500000,
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.chat_template": "{% for message in messages %}…{% endfor %}",
          },
        };
      case "continue": {
        const { message, tokens } = this.tokens;
        const kept = tokens.slice(0, body.index);
        const chosen = tokens[body.index]?.top.find(({ token_id }) => token_id === body.token_id);
        if (chosen === undefined) throw new Error("there is no such alternative");
        const alternatives = { alternative: 1, num_alternatives: 2 };
        this.earlier = this.tokens;
        this.tokens = tokensState([...kept, { ...chosen, top: [] }], { id: "m2", ...alternatives });
        const empty: Message = { ...this.tokens.message, text: "", state: "waiting" };
        this.emit("message", { conversation: "c", message: empty });
        this.emit("delta", {
          conversation: "c",
          message: "m2",
          text: kept.map(({ text }) => text).join(""),
        });
        return { message: message.id };
      }
      case "show_alternative": {
        const { message } = this.earlier;
        this.emit("message", { conversation: "c", message: { ...message, num_alternatives: 2 } });
        return { message: message.id };
      }
      case "tokens":
        return { tokens: body.message === "m2" ? this.tokens.tokens : this.earlier.tokens };
      default:
        return {};
    }
  }
}

/** Tokens of a sentence with alternatives, from certain to surprising. */
export function fakeTokens(): Token[] {
  const pieces: [string, number, ...[string, number][]][] = [
    ["The", 0.97, [" The", 0.02], ["It", 0.004]],
    [" capital", 0.93, [" city", 0.04], [" largest", 0.01]],
    [" of", 0.999],
    [" France", 0.62, [" Italy", 0.2], [" the", 0.09]],
    [" is", 0.95, [",", 0.03]],
    [" Par", 0.44, [" the", 0.3], [" Lyon", 0.02]],
    ["is", 0.998],
    [",", 0.31, [".", 0.55], [" and", 0.05]],
    [" a", 0.12, [" which", 0.3], [" the", 0.18], [" on", 0.06]],
    [" luminous", 0.008, [" city", 0.5], [" beautiful", 0.12]],
    ["\n", 0.04, [" city", 0.6]],
    ["", 0.7],
    ["日本", 0.2, ["中", 0.3]],
    [".", 0.9],
  ];
  return pieces.map(([text, probability, ...others], index) => {
    const own = { text, token_id: 100 + index, logprob: Math.log(probability) };
    const top = others.map(([word, chance], rank) => {
      return { text: word, token_id: 1000 + index * 10 + rank, logprob: Math.log(chance) };
    });
    return { ...own, top: [own, ...top].sort((a, b) => b.logprob - a.logprob) };
  });
}
