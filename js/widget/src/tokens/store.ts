/** What the token view shows: one answer, its alternatives, and their tokens. */
import { signal } from "@preact/signals";
import {
  type EventMessage,
  messageOf,
  type RequestMessage,
  type WidgetContext,
} from "../shared/context";
import type { Message, Token, TokensState } from "../shared/messages";
import { isFinal, SyncedStore } from "../shared/sync";

export class TokensStore extends SyncedStore<"tokens"> {
  readonly message = signal<Message | null>(null);
  /** What was written so far. */
  readonly text = signal("");
  /** Its tokens, once all of it is written. */
  readonly tokens = signal<Token[] | null>(null);
  /** Why the last thing that the reader wanted did not happen. */
  readonly failure = signal("");

  constructor(context: WidgetContext) {
    super(context, "tokens");
  }

  protected override load({ message, tokens }: TokensState): void {
    const before = this.tokens.peek();
    this.#show(message);
    if (!isFinal(message.state)) return;
    // The same tokens once more, after a gap: what is open in them stays open.
    this.tokens.value = JSON.stringify(before) === JSON.stringify(tokens) ? before : tokens;
  }

  protected override apply(event: EventMessage): void {
    if (event.type === "delta") this.text.value += event.text;
    if (event.type !== "message") return;
    const { message } = event;
    this.#show(message);
    if (!isFinal(message.state)) return;
    void this.#try({ type: "tokens", message: message.id }).then((answer) => {
      // Another alternative may be shown by now.
      if (this.message.peek()?.id === message.id) this.tokens.value = answer?.tokens ?? null;
    });
  }

  #show(message: Message): void {
    this.message.value = message;
    this.text.value = message.text;
    this.tokens.value = null;
  }

  /** Ask for everything, at first or again. */
  async start(): Promise<void> {
    this.failure.value = "";
    await this.sync().catch((error) => {
      this.failure.value = messageOf(error);
    });
  }

  /** Do what needs nothing but the id of the message. */
  continueFrom(index: number, token_id: number): void {
    const message = this.message.peek()?.id ?? "";
    void this.#try({ type: "continue", message, index, token_id });
  }

  showAlternative(alternative: number): void {
    const message = this.message.peek()?.id ?? "";
    void this.#try({ type: "show_alternative", message, alternative });
  }

  stop(): void {
    void this.#try({ type: "stop" });
  }

  async #try<T extends "tokens" | "continue" | "show_alternative" | "stop">(
    message: RequestMessage<T>,
  ) {
    this.failure.value = "";
    try {
      return await this.context.request(message);
    } catch (error) {
      this.failure.value = messageOf(error);
      return null;
    }
  }
}
