/**
 * A kernel that is not there: it answers the messages of the table out of a script, so that the
 * views can be looked at and tested without Jupyter.
 */
import { IDLE } from "../src/chat/store";
import type { WidgetModel } from "../src/shared/context";
import {
  type ChatState,
  type Conversation,
  type ErrorInfo,
  type Events,
  type Field,
  type json,
  type Message,
  PROTOCOL,
  type Requests,
  type Results,
  type Settings,
  type Stats,
  type Status,
  type Token,
} from "../src/shared/messages";

export interface FakeOptions {
  /** What the model says, in pieces. */
  answers?: string[];
  tokensPerSecond?: number;
  /** Kernel-side coalescing: events a second. */
  eventsPerSecond?: number;
  promptMs?: number;
  /** Text of a bundle, or a rejection. */
  asset?: (name: string) => Promise<string>;
  /** Fail the next answers with this. */
  error?: ErrorInfo | null;
}

const CONTEXT_LENGTH = 2048;

interface Slot {
  versions: Message[];
  shown: number;
}

interface Talk {
  id: string;
  title: string;
  slots: Slot[];
}

type Body = { type: keyof Requests; request: string; [name: string]: json };

/** Return a message with what the fake always says. */
export function fakeMessage(id: string, role: Message["role"], text: string): Message {
  return {
    id,
    role,
    text,
    state: "done",
    error: null,
    alternative: 0,
    num_alternatives: 1,
    model: role === "assistant" ? "paris" : null,
    stats: role === "assistant" ? statsOf(text) : null,
    has_tokens: role === "assistant",
    can_continue: false,
  };
}

function statsOf(text: string): Stats {
  const tokens = piecesOf(text).length;
  return {
    prompt_tokens: 24,
    completion_tokens: tokens,
    ttft_ms: 118,
    total_ms: 118 + tokens * 22,
    tokens_per_second: 45.3,
    context_used: 24 + tokens,
    context_length: CONTEXT_LENGTH,
    seed: "8113205522347013376",
    finish_reason: "stop",
  };
}

/** Cut a text into pieces as a tokenizer would. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*[^\s]{1,6}|\s+/g) ?? [];
}

function tokensOf(text: string): Token[] {
  return piecesOf(text).map((piece, index) => {
    const logprob = -0.02 - ((index * 37) % 100) / 28;
    const other = (word: string, by: number) => ({
      text: word,
      token_id: 4000 + index * 5 + by,
      logprob: logprob - by,
    });
    return {
      text: piece,
      token_id: 100 + index,
      logprob,
      top: [{ text: piece, token_id: 100 + index, logprob }, other(" perhaps", 1), other(" so", 2)],
    };
  });
}

function field(part: Partial<Field> & Pick<Field, "name" | "label" | "help">): Field {
  return {
    group: "basic",
    kind: "number",
    default: 0,
    low: 0,
    high: null,
    slider_low: null,
    slider_high: null,
    step: null,
    choices: [],
    ...part,
  };
}

export const FIELDS: Field[] = [
  field({
    name: "temperature",
    label: "Temperature",
    help: "how freely tokens are drawn; 0 always takes the most likely one",
    default: 0.8,
    high: 100,
    slider_low: 0,
    slider_high: 2,
    step: 0.05,
  }),
  field({
    name: "top_p",
    label: "Top p",
    help: "keep the fewest tokens whose probabilities sum to this; 1 keeps all",
    default: 0.95,
    high: 1,
    slider_low: 0,
    slider_high: 1,
    step: 0.01,
  }),
  field({
    name: "top_k",
    label: "Top k",
    help: "keep the k most likely tokens; 0 keeps all",
    kind: "integer",
    default: 40,
    high: 2 ** 31 - 1,
    slider_low: 0,
    slider_high: 200,
    step: 1,
  }),
  field({
    name: "max_tokens",
    label: "Max tokens",
    help: "generate at most this many tokens",
    kind: "integer",
    default: 1024,
    high: 2 ** 31 - 1,
  }),
  field({
    name: "seed",
    label: "Seed",
    help: "seed of the draws; drawn and reported when absent",
    kind: "seed",
    default: null,
  }),
  field({
    name: "stop",
    label: "Stop",
    help: "end before any of these texts would appear",
    kind: "strings",
    default: [],
    low: null,
  }),
  field({
    name: "repetition_penalty",
    label: "Repetition penalty",
    help: "weaken recent tokens by this factor; 1 is off",
    group: "advanced",
    default: 1,
    low: 0.01,
    high: 100,
    slider_low: 0.5,
    slider_high: 2,
    step: 0.01,
  }),
  field({
    name: "mirostat",
    label: "Mirostat",
    help: "2 samples by Mirostat 2, 0 does not",
    group: "advanced",
    kind: "choice",
    choices: [0, 2],
  }),
  field({
    name: "ignore_eos",
    label: "Ignore end of text",
    help: "go on after the model would have ended",
    group: "advanced",
    kind: "boolean",
    default: false,
    low: null,
  }),
];

const idleStatus = (): Status => ({ ...IDLE, context_length: CONTEXT_LENGTH });

const defaults = (): Settings => ({
  system: "",
  record_tokens: true,
  values: Object.fromEntries(FIELDS.map((item) => [item.name, item.default])),
});

/** The fake kernel; `view()` is one more model of the same widget. */
export class FakeKernel {
  readonly options: Required<FakeOptions>;
  readonly requests: Body[] = [];
  talks: Talk[] = [{ id: "c1", title: "New conversation", slots: [] }];
  open = "c1";
  settings = defaults();
  model: string | null = "paris";
  status = idleStatus();
  isAlive = true;
  numEvents = 0;
  #seq = 0;
  #counter = 0;
  #answer = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #views: Map<string, Set<(...args: json[]) => void>>[] = [];

  constructor(options: FakeOptions = {}) {
    this.options = {
      answers: ["Hello! How can I help?"],
      tokensPerSecond: 60,
      eventsPerSecond: 30,
      promptMs: 300,
      asset: () => Promise.reject(new Error("no assets")),
      error: null,
      ...options,
    };
  }

  /** One more view of the widget. */
  view(): WidgetModel {
    const handlers = new Map<string, Set<(...args: json[]) => void>>();
    this.#views.push(handlers);
    return {
      get: (name) => (name === "kind" ? "chat" : undefined),
      send: (content) => {
        if (this.isAlive) setTimeout(() => void this.#handle(content as Body));
      },
      on(event, handler) {
        const set = handlers.get(event) ?? new Set();
        handlers.set(event, set.add(handler));
      },
      off: (event, handler) => void handlers.get(event)?.delete(handler),
    };
  }

  /** Tell every view of something that happened to the comm. */
  trigger(event: string, ...args: json[]): void {
    for (const view of this.#views) for (const handler of view.get(event) ?? []) handler(...args);
  }

  emit<T extends keyof Events>(type: T, fields: Events[T]): void {
    this.#seq += 1;
    this.numEvents += 1;
    this.trigger("msg:custom", structuredClone({ type, seq: this.#seq, ...fields }));
  }

  /** Lose an event on the way. */
  skip(): void {
    this.#seq += 1;
  }

  get talk(): Talk {
    const talk = this.talks.find((item) => item.id === this.open);
    if (talk === undefined) throw new Error(`no conversation ${this.open}`);
    return talk;
  }

  get messages(): Message[] {
    return this.talk.slots.map((slot) => ({
      ...(slot.versions[slot.shown] as Message),
      alternative: slot.shown,
      num_alternatives: slot.versions.length,
    }));
  }

  /** Put messages into the open conversation. */
  fill(turns: [Message["role"], string][]): void {
    for (const [role, text] of turns) this.#add(role, text);
  }

  state(): ChatState {
    return {
      conversation: this.open,
      conversations: this.#conversations(),
      messages: this.messages,
      settings: this.settings,
      fields: FIELDS,
      models: [
        {
          id: "paris",
          label: "paris",
          is_loaded: true,
          has_chat_template: true,
          context_length: CONTEXT_LENGTH,
        },
        {
          id: "tiny-stories",
          label: "tiny-stories",
          is_loaded: false,
          has_chat_template: false,
          context_length: null,
        },
      ],
      model: this.model,
      status: this.status,
    };
  }

  #conversations(): Conversation[] {
    return this.talks.map((talk) => ({
      id: talk.id,
      title: talk.title,
      num_messages: talk.slots.length,
      is_generating: this.status.state !== "idle" && this.status.conversation === talk.id,
    }));
  }

  #add(role: Message["role"], text: string): Message {
    this.#counter += 1;
    const message = fakeMessage(`m${this.#counter}`, role, text);
    this.talk.slots.push({ versions: [message], shown: 0 });
    return message;
  }

  #slot(id: string): Slot {
    const slot = this.talk.slots.find((item) => item.versions[0]?.id === id);
    if (slot === undefined) throw new Error(`no message ${id}`);
    return slot;
  }

  async #handle(body: Body): Promise<void> {
    this.requests.push(body);
    let result: json = {};
    let error: ErrorInfo | null = null;
    try {
      result = await this.#act(body);
    } catch (thrown) {
      error = { code: "config", message: (thrown as Error).message };
    }
    if (!this.isAlive) return;
    const answer = { type: "answer", request: body.request, ok: error === null, result, error };
    this.trigger("msg:custom", structuredClone(answer));
  }

  async #act(body: Body): Promise<Results[keyof Results]> {
    switch (body.type) {
      case "sync":
        return {
          protocol: PROTOCOL,
          seq: this.#seq,
          kind: "chat",
          chat: this.state(),
          models: null,
          tokens: null,
        };
      case "ping":
        return { seq: this.#seq };
      case "asset":
        return {
          text: await this.options.asset(body.name),
          filename: null,
          mime: "text/javascript",
        };
      case "send": {
        if (this.status.state !== "idle") throw new Error("an answer is under way");
        const asked = this.#add("user", body.text);
        this.emit("message", { conversation: this.open, message: asked });
        const message = this.#add("assistant", "");
        if (this.talk.slots.length === 2) this.talk.title = body.text.slice(0, 40);
        this.#begin(message, "");
        this.#sendConversations();
        return { message: message.id };
      }
      case "stop":
        this.#end("stopped");
        return {};
      case "edit":
      case "regenerate":
      case "retry":
      case "continue":
        return this.#another(body);
      case "show_alternative":
        this.#slot(body.message).shown = body.alternative;
        this.emit("messages", { conversation: this.open, messages: this.messages });
        return { message: body.message };
      case "tokens": {
        const slot = this.#slot(body.message);
        return { tokens: tokensOf(slot.versions[slot.shown]?.text ?? "") };
      }
      case "new_conversation": {
        this.#counter += 1;
        this.open = `c${this.#counter}`;
        this.talks.unshift({ id: this.open, title: "New conversation", slots: [] });
        return this.#opened();
      }
      case "open_conversation":
        this.open = body.conversation;
        return this.#opened();
      case "rename_conversation":
        for (const talk of this.talks) if (talk.id === body.conversation) talk.title = body.title;
        this.#sendConversations();
        return { conversation: body.conversation };
      case "delete_conversation":
        this.talks = this.talks.filter((talk) => talk.id !== body.conversation);
        if (this.talks.length === 0)
          this.talks = [{ id: "c0", title: "New conversation", slots: [] }];
        if (!this.talks.some((talk) => talk.id === this.open)) this.open = this.talks[0]?.id ?? "";
        return this.#opened();
      case "export": {
        const text = JSON.stringify(
          this.messages.map(({ role, text }) => ({ role, content: text })),
        );
        return { text, filename: `chat.${body.format}`, mime: "application/json" };
      }
      case "import": {
        this.#counter += 1;
        this.open = `c${this.#counter}`;
        this.talks.unshift({ id: this.open, title: body.filename, slots: [] });
        for (const item of JSON.parse(body.text)) this.#add(item.role, item.content);
        return this.#opened();
      }
      case "change_settings":
        if (body.values.temperature > 100) throw new Error("temperature=101 is not allowed");
        if (body.system !== null) this.settings.system = body.system;
        if (body.record_tokens !== null) this.settings.record_tokens = body.record_tokens;
        Object.assign(this.settings.values, body.values);
        this.emit("settings", { settings: this.settings });
        return {};
      case "reset_settings":
        this.settings = defaults();
        this.emit("settings", { settings: this.settings });
        return {};
      case "copy_python":
        return {
          text: "realm.chat(messages, temperature=0.8)",
          filename: null,
          mime: "text/x-python",
        };
      case "choose_model":
        this.model = body.model;
        this.emit("choices", { models: this.state().models, model: this.model });
        return {};
      default:
        throw new Error(`the widget has no request ${body.type}`);
    }
  }

  #another(body: Body): Results["edit"] {
    const slot = this.#slot(body.message);
    const before = slot.versions[slot.shown] as Message;
    const place = this.talk.slots.indexOf(slot);
    if (body.type === "edit") {
      slot.versions.push({ ...before, text: body.text });
      slot.shown = slot.versions.length - 1;
      if (before.role === "assistant") {
        this.emit("messages", { conversation: this.open, messages: this.messages });
        return { message: before.id };
      }
      this.talk.slots.length = place + 1;
      const message = this.#add("assistant", "");
      this.emit("messages", { conversation: this.open, messages: this.messages });
      this.#begin(message, "");
      return { message: message.id };
    }
    const pieces = piecesOf(before.text);
    const kept = body.index === undefined ? 0 : body.index < 0 ? pieces.length : body.index;
    const text =
      body.index >= 0
        ? `${pieces.slice(0, kept).join("")} perhaps`
        : pieces.slice(0, kept).join("");
    const message: Message = { ...fakeMessage(before.id, "assistant", text) };
    if (body.type === "retry") slot.versions[slot.shown] = message;
    else {
      slot.versions.push(message);
      slot.shown = slot.versions.length - 1;
    }
    this.talk.slots.length = place + 1;
    this.emit("messages", { conversation: this.open, messages: this.messages });
    this.#begin(message, text);
    return { message: message.id };
  }

  #opened(): Results["open_conversation"] {
    this.emit("messages", { conversation: this.open, messages: this.messages });
    this.#sendConversations();
    return { conversation: this.open };
  }

  #sendConversations(): void {
    this.emit("conversations", { conversation: this.open, conversations: this.#conversations() });
  }

  #sendMessage(message: Message): void {
    const slot = this.#slot(message.id);
    this.emit("message", {
      conversation: this.open,
      message: { ...message, alternative: slot.shown, num_alternatives: slot.versions.length },
    });
  }

  #begin(message: Message, prefix: string): void {
    const { answers, promptMs, tokensPerSecond, eventsPerSecond, error } = this.options;
    const pieces = piecesOf(answers[this.#answer++ % answers.length] ?? "");
    Object.assign(message, { text: prefix, state: "waiting", stats: null, has_tokens: false });
    this.#sendMessage(message);
    const status: Status = {
      ...idleStatus(),
      state: "prompt",
      conversation: this.open,
      message: message.id,
      prompt_tokens: 1536,
      prompt_done_tokens: 768,
    };
    this.status = status;
    this.emit("status", { status });
    const start = performance.now();
    let done = 0;
    const step = () => {
      if (error !== null) {
        this.#fail(message, error);
        return;
      }
      if (done === 0) {
        // Like the kernel, it tells of that by the first delta alone.
        Object.assign(message, { state: "generating" });
        Object.assign(this.status, {
          state: "generating",
          ttft_ms: promptMs,
          seed: "8113205522347013376",
        });
      }
      const elapsed = performance.now() - start - promptMs;
      const until = Math.min(pieces.length, Math.ceil((elapsed / 1000) * tokensPerSecond) + 1);
      const text = pieces.slice(done, until).join("");
      done = until;
      message.text += text;
      this.emit("delta", { conversation: this.open, message: message.id, text });
      Object.assign(this.status, {
        completion_tokens: done,
        tokens_per_second: tokensPerSecond,
        context_used: 1536 + done,
        elapsed_ms: performance.now() - start,
      });
      if (done === pieces.length) {
        this.#end("done");
        return;
      }
      if (done % 8 === 0) this.emit("status", { status: this.status });
      this.#timer = setTimeout(step, 1000 / eventsPerSecond);
    };
    this.#timer = setTimeout(step, promptMs);
  }

  #end(state: "done" | "stopped"): void {
    clearTimeout(this.#timer);
    if (this.status.state === "idle") return;
    const slot = this.#slot(this.status.message ?? "");
    const message = slot.versions[slot.shown] as Message;
    const stats = statsOf(message.text);
    if (state === "stopped") stats.finish_reason = "cancelled";
    Object.assign(message, { state, stats, has_tokens: true, can_continue: state === "stopped" });
    this.#sendMessage(message);
    this.status = { ...this.status, state: "idle", message: null };
    this.emit("status", { status: this.status });
    this.#sendConversations();
  }

  #fail(message: Message, error: ErrorInfo): void {
    Object.assign(message, { state: "error", error });
    this.options.error = null;
    this.#sendMessage(message);
    this.status = { ...idleStatus() };
    this.emit("status", { status: this.status });
  }
}
