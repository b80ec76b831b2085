/**
 * What a chat view shows, kept in step with the kernel: a snapshot, then events, and a new
 * snapshot when one was missed.
 */
import { batch, computed, type Signal, signal } from "@preact/signals";
import { type EventMessage, KernelError, type WidgetContext } from "../shared/context";
import { oncePerFrame } from "../shared/frames";
import type {
  ChatState,
  Conversation,
  Field,
  Message,
  ModelChoice,
  Settings,
  Status,
} from "../shared/messages";

/** A message on the page. Its text is apart, because it grows while the rest stays. */
export interface Entry {
  readonly id: string;
  readonly info: Signal<Message>;
  readonly text: Signal<string>;
}

export const IDLE: Status = {
  state: "idle",
  conversation: null,
  message: null,
  elapsed_ms: 0,
  prompt_tokens: null,
  prompt_done_tokens: null,
  completion_tokens: 0,
  tokens_per_second: null,
  ttft_ms: null,
  context_used: null,
  context_length: null,
  seed: null,
  load: null,
};

/** Whether nothing will be added to a message in this state. */
export function isFinal(state: Message["state"]): boolean {
  return state !== "waiting" && state !== "generating";
}

export class ChatStore {
  /** Whether a snapshot has arrived. */
  readonly isReady = signal(false);
  readonly conversation = signal("");
  readonly conversations = signal<Conversation[]>([]);
  readonly entries = signal<Entry[]>([]);
  readonly settings = signal<Settings>({ system: "", record_tokens: false, values: {} });
  readonly fields = signal<Field[]>([]);
  readonly models = signal<ModelChoice[]>([]);
  readonly model = signal<string | null>(null);
  readonly status = signal<Status>(IDLE);

  /** Whether an answer is under way. */
  readonly isBusy = computed(() => this.status.value.state !== "idle");
  readonly title = computed(
    () => this.conversations.value.find((item) => item.id === this.conversation.value)?.title ?? "",
  );

  /** What the chosen model is called, or nothing. */
  readonly modelLabel = computed(
    () => this.models.value.find((item) => item.id === this.model.value)?.label ?? "",
  );

  #seq = 0;
  #isSyncing = false;
  #early: EventMessage[] = [];
  #queue: EventMessage[] = [];
  readonly #flush = oncePerFrame(() => this.flush());
  readonly #ends: (() => void)[] = [];

  constructor(private readonly context: WidgetContext) {
    this.#ends.push(context.on("*", (event) => this.#receive(event)));
    // Whatever was missed while the kernel was silent.
    let wasUp = true;
    this.#ends.push(
      context.connected.subscribe((isUp) => {
        if (isUp && !wasUp) void this.sync();
        wasUp = isUp;
      }),
    );
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#flush.cancel();
  }

  /** Ask for the whole state; events that arrive meanwhile wait for it. */
  async sync(): Promise<void> {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    let events: EventMessage[] = [];
    try {
      const snapshot = await this.context.request({ type: "sync" });
      if (snapshot.chat === null) throw new KernelError("protocol", "The kernel sent no chat.");
      this.#flush.cancel();
      this.#queue = [];
      this.#seq = snapshot.seq;
      this.#load(snapshot.chat);
      events = this.#early;
    } finally {
      // After a failure the next event finds the gap again.
      this.#early = [];
      this.#isSyncing = false;
    }
    for (const event of events) this.#receive(event);
  }

  #receive(event: EventMessage): void {
    if (event.type === "answer") return;
    if (this.#isSyncing) {
      this.#early.push(event);
      return;
    }
    if (!this.isReady.peek() || event.seq <= this.#seq) return;
    if (event.seq > this.#seq + 1) {
      this.sync().catch(() => undefined);
      this.#early.push(event);
      return;
    }
    this.#seq = event.seq;
    this.#queue.push(event);
    this.#flush.schedule();
  }

  /** Apply what has arrived. */
  flush(): void {
    const events = this.#queue;
    this.#queue = [];
    batch(() => {
      for (const event of events) this.#apply(event);
    });
  }

  #load(state: ChatState): void {
    batch(() => {
      this.conversation.value = state.conversation;
      this.conversations.value = state.conversations;
      this.#show(state.messages);
      this.settings.value = state.settings;
      this.fields.value = state.fields;
      this.models.value = state.models;
      this.model.value = state.model;
      this.status.value = state.status;
      this.isReady.value = true;
    });
  }

  #apply(event: EventMessage): void {
    switch (event.type) {
      case "delta": {
        const entry = this.#find(event.conversation, event.message);
        if (entry !== undefined) entry.text.value += event.text;
        break;
      }
      case "message": {
        if (event.conversation !== this.conversation.peek()) break;
        const entry = this.#find(event.conversation, event.message.id);
        if (entry === undefined) {
          this.entries.value = [...this.entries.peek(), newEntry(event.message)];
        } else {
          update(entry, event.message);
        }
        break;
      }
      case "messages":
        this.conversation.value = event.conversation;
        this.#show(event.messages);
        break;
      case "conversations":
        this.conversation.value = event.conversation;
        this.conversations.value = event.conversations;
        break;
      case "settings":
        this.settings.value = event.settings;
        break;
      case "choices":
        this.models.value = event.models;
        this.model.value = event.model;
        break;
      case "status":
        this.status.value = event.status;
        break;
      default: // the models panel's events, and those of kernels to come
    }
  }

  #find(conversation: string, id: string): Entry | undefined {
    if (conversation !== this.conversation.peek()) return undefined;
    return this.entries.peek().find((entry) => entry.id === id);
  }

  #show(messages: Message[]): void {
    // Entries that stay keep their identity, and with it what is on the page already.
    const known = new Map(this.entries.peek().map((entry) => [entry.id, entry]));
    this.entries.value = messages.map((message) => {
      const entry = known.get(message.id);
      if (entry === undefined) return newEntry(message);
      update(entry, message);
      return entry;
    });
  }
}

function newEntry(message: Message): Entry {
  return { id: message.id, info: signal(message), text: signal(message.text) };
}

function update(entry: Entry, message: Message): void {
  entry.info.value = message;
  entry.text.value = message.text;
}
