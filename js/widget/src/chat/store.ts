/** What a chat view shows. */
import { computed, type Signal, signal } from "@preact/signals";
import type { EventMessage, WidgetContext } from "../shared/context";
import type {
  ChatState,
  Conversation,
  Field,
  Message,
  ModelChoice,
  Settings,
  Status,
} from "../shared/messages";
import { SyncedStore } from "../shared/sync";

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

export class ChatStore extends SyncedStore<"chat"> {
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

  constructor(context: WidgetContext) {
    super(context, "chat");
  }

  protected override load(state: ChatState): void {
    this.conversation.value = state.conversation;
    this.conversations.value = state.conversations;
    this.#show(state.messages);
    this.settings.value = state.settings;
    this.fields.value = state.fields;
    this.models.value = state.models;
    this.model.value = state.model;
    this.status.value = state.status;
  }

  protected override apply(event: EventMessage): void {
    switch (event.type) {
      case "delta": {
        const entry = this.#find(event.conversation, event.message);
        if (entry === undefined) break;
        entry.text.value += event.text;
        // What the kernel says of a message at its start and its end does not tell of its middle.
        const info = entry.info.peek();
        if (info.state === "waiting") entry.info.value = { ...info, state: "generating" };
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
