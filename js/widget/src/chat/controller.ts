/** What a reader can do in a chat, and the little that only this view knows. */
import { batch, signal } from "@preact/signals";
import { copyText, insertCell, PASTE_HINT, saveFile } from "../shared/clipboard";
import { messageOf, type RequestMessage, type WidgetContext } from "../shared/context";
import { formatTokens } from "../shared/format";
import { SlicedQueue } from "../shared/frames";
import type { Alternative, json, Message, Requests, Results, Token } from "../shared/messages";
import { codeOf } from "./code";
import { ChatStore, type Entry } from "./store";

/** A line that says what happened, and leaves by itself unless it is an error. */
export interface Notice {
  text: string;
  isError: boolean;
}

export type Panel = "none" | "conversations" | "settings";
export type ExportFormat = "markdown" | "json" | "cells";

const NOTICE_MS = 5_000;
const VALUES_PAUSE_MS = 150;

export class ChatController {
  readonly store: ChatStore;
  readonly rendering = new SlicedQueue();

  /** What is in the composer. */
  readonly draft = signal("");
  /** What was sent and is not among the messages yet. */
  readonly pending = signal<string | null>(null);
  /** Id of the message being edited. */
  readonly editing = signal<string | null>(null);
  readonly panel = signal<Panel>("none");
  readonly notice = signal<Notice | null>(null);
  /** Ids of the messages that show their tokens. */
  readonly tokensShown = signal<ReadonlySet<string>>(new Set());
  /** Why nothing could be shown at first. */
  readonly failure = signal<string | null>(null);
  /** Said to screen readers: what began and what ended, not each token. */
  readonly announcement = signal("");
  /** Called when the composer should have the focus. */
  focusComposer: () => void = () => undefined;
  /** Close the panel if it lies over the transcript. */
  leaveOverlay: () => void = () => undefined;
  /** Called when the transcript should show its end. */
  scrollToEnd: () => void = () => undefined;

  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #values: Record<string, json> = {};
  #valuesTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #ends: (() => void)[] = [];

  constructor(readonly context: WidgetContext) {
    this.store = new ChatStore(context);
    this.#ends.push(this.#announceAnswers());
  }

  dispose(): void {
    this.#sendValues();
    for (const end of this.#ends) end();
    clearTimeout(this.#noticeTimer);
    this.rendering.clear();
    this.store.dispose();
  }

  /** Get the state for the first time, or again after that failed. */
  async start(): Promise<void> {
    this.failure.value = null;
    try {
      await this.store.sync();
    } catch (error) {
      this.failure.value = messageOf(error);
    }
  }

  // -- answers -------------------------------------------------------------------------

  /** Send what the composer holds; it comes back there if the kernel refuses. */
  async send(): Promise<void> {
    const text = this.draft.peek().trim();
    if (text === "" || this.store.isBusy.peek() || this.pending.peek() !== null) return;
    this.#sendValues();
    batch(() => {
      this.draft.value = "";
      this.pending.value = text;
      this.notice.value = null;
    });
    this.scrollToEnd();
    const isTaken = await this.#try({ type: "send", text });
    if (!isTaken && this.draft.peek() === "") this.draft.value = text;
    // The message is among the others by now: show one of them, never both.
    this.pending.value = null;
  }

  /** End the answer under way. */
  stop(): void {
    if (!this.store.isBusy.peek()) return;
    this.store.status.value = { ...this.store.status.peek(), state: "stopping" };
    void this.#try({ type: "stop" });
  }

  regenerate(message: Message): void {
    this.#sendValues();
    const type = message.state === "error" ? "retry" : "regenerate";
    void this.#try({ type, message: message.id });
  }

  /** Leave the editor and have the kernel take the new text. */
  async edit(message: Message, text: string): Promise<void> {
    if (await this.#try({ type: "edit", message: message.id, text })) {
      this.editing.value = null;
    }
  }

  showAlternative(message: Message, alternative: number): void {
    void this.#try({ type: "show_alternative", message: message.id, alternative });
  }

  /** Go on where an answer ended. */
  continueAtEnd(message: Message): void {
    void this.#try({ type: "continue", message: message.id, index: -1, token_id: null });
  }

  /** Go on from another token than the one that was drawn. */
  continueFrom(message: Message, index: number, alternative: Alternative): void {
    const { token_id } = alternative;
    // The token that was chosen goes, and the focus with it.
    this.focusComposer();
    void this.#try({ type: "continue", message: message.id, index, token_id });
  }

  async tokensOf(message: Message): Promise<Token[]> {
    return (await this.context.request({ type: "tokens", message: message.id })).tokens;
  }

  toggleTokens(id: string): void {
    const shown = new Set(this.tokensShown.peek());
    if (!shown.delete(id)) shown.add(id);
    this.tokensShown.value = shown;
  }

  // -- conversations -------------------------------------------------------------------

  async newConversation(): Promise<void> {
    if (!(await this.#try({ type: "new_conversation" }))) return;
    this.leaveOverlay();
    this.focusComposer();
  }

  async openConversation(conversation: string): Promise<void> {
    if (!(await this.#try({ type: "open_conversation", conversation }))) return;
    this.leaveOverlay();
    this.scrollToEnd();
  }

  renameConversation(conversation: string, title: string): void {
    if (title.trim() === "") return;
    void this.#try({ type: "rename_conversation", conversation, title: title.trim() });
  }

  deleteConversation(conversation: string): Promise<boolean> {
    return this.#try({ type: "delete_conversation", conversation });
  }

  async export(format: ExportFormat): Promise<void> {
    const conversation = this.store.conversation.peek();
    const file = await this.#ask({ type: "export", conversation, format });
    if (file === null) return;
    if (file.filename === null) {
      await this.copy(file.text);
    } else {
      saveFile(file.text, file.filename, file.mime);
      this.say(`Saved as ${file.filename}.`);
    }
  }

  async import(file: File): Promise<void> {
    const text = await file.text();
    if (await this.#try({ type: "import", filename: file.name, text })) {
      this.say(`Imported ${file.name}.`);
    }
  }

  // -- settings ------------------------------------------------------------------------

  chooseModel(model: string): void {
    void this.#try({ type: "choose_model", model });
  }

  setSystem(system: string): void {
    const before = this.store.settings.peek();
    if (system === before.system) return;
    this.store.settings.value = { ...before, system };
    void this.#settings({ system, record_tokens: null, values: {} });
  }

  setRecordTokens(record_tokens: boolean): void {
    this.store.settings.value = { ...this.store.settings.peek(), record_tokens };
    void this.#settings({ system: null, record_tokens, values: {} });
  }

  /** Show the value now; the kernel hears of the last one of a quick series. */
  setValue(name: string, value: json): void {
    const before = this.store.settings.peek();
    this.store.settings.value = { ...before, values: { ...before.values, [name]: value } };
    this.#values[name] = value;
    clearTimeout(this.#valuesTimer);
    this.#valuesTimer = setTimeout(() => this.#sendValues(), VALUES_PAUSE_MS);
  }

  #sendValues(): void {
    const values = this.#values;
    clearTimeout(this.#valuesTimer);
    if (Object.keys(values).length === 0) return;
    this.#values = {};
    void this.#settings({ system: null, record_tokens: null, values });
  }

  resetSettings(): void {
    this.#values = {};
    void this.#try({ type: "reset_settings" });
  }

  async copyPython(): Promise<void> {
    this.#sendValues();
    const python = await this.#ask({ type: "copy_python" });
    if (python !== null) await this.copy(python.text, "Copied as Python.");
  }

  // -- copies --------------------------------------------------------------------------

  async copy(text: string, done = "Copied."): Promise<boolean> {
    const isCopied = await copyText(text);
    if (isCopied) this.say(done);
    else this.say("The browser does not allow copying here; select the text instead.", true);
    return isCopied;
  }

  /** Put code into a new cell, or copy it and say how to go on. */
  async toCell(text: string, kind: "code" | "markdown" = "code"): Promise<void> {
    if (await insertCell(text, kind)) this.say("Put into a new cell below.");
    else await this.copy(text, PASTE_HINT);
  }

  /** The same for an answer: its code, or all of it as text where it has none. */
  async messageToCell(entry: Entry): Promise<void> {
    const text = entry.text.peek();
    const code = codeOf(text);
    await (code === "" ? this.toCell(text, "markdown") : this.toCell(code));
  }

  // -- what happened -------------------------------------------------------------------

  /** Show a line above the composer. */
  say(text: string, isError = false): void {
    clearTimeout(this.#noticeTimer);
    this.notice.value = { text, isError };
    if (!isError) {
      this.#noticeTimer = setTimeout(() => {
        this.notice.value = null;
      }, NOTICE_MS);
    }
  }

  /** Return the answer's result, or null after showing what went wrong. */
  async #ask<T extends keyof Requests>(message: RequestMessage<T>): Promise<Results[T] | null> {
    try {
      return await this.context.request(message);
    } catch (error) {
      this.say(messageOf(error), true);
      return null;
    } finally {
      // What the request changed came before its answer.
      this.store.flush();
    }
  }

  async #try(message: RequestMessage): Promise<boolean> {
    return (await this.#ask(message)) !== null;
  }

  async #settings(fields: Omit<RequestMessage<"change_settings">, "type">): Promise<void> {
    const isTaken = await this.#try({ type: "change_settings", ...fields });
    // What this view shows already may not be what the kernel has.
    if (!isTaken) await this.store.sync().catch(() => undefined);
  }

  #announceAnswers(): () => void {
    let before = "idle";
    return this.store.status.subscribe((status) => {
      const { state } = status;
      if (state === before) return;
      if (before === "idle") this.announcement.value = "The answer is being written.";
      if (state === "idle") this.announcement.value = this.#outcome(status.completion_tokens);
      before = state;
    });
  }

  #outcome(numTokens: number): string {
    const message = this.store.entries.peek().at(-1)?.info.peek();
    if (message?.state === "error") return `No answer: ${message.error?.message ?? ""}`;
    const verb = message?.state === "stopped" ? "stopped" : "complete";
    return `The answer is ${verb}: ${formatTokens(numTokens)}.`;
  }
}
