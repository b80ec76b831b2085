/** A conversation as a tree: messages with alternatives, of which one path is shown. */

import { ConfigError } from "../../../sdk/src/errors";
import type { ChatMessage } from "../../../sdk/src/types";
import type {
  ErrorInfo,
  Message,
  Stats,
  Conversation as Summary,
  Token,
} from "../../../widget/src/shared/messages";

const TITLE_LENGTH = 48;
const MAX_GIVEN_TITLE_LENGTH = 200;
const NEW_TITLE = "New chat";

let clock = 0;
let counter = 0;

function newId(): string {
  counter += 1;
  return `c${counter}`;
}

/** One message and the messages that may follow it. */
export class MessageNode {
  readonly id = newId();
  parent: MessageNode | null = null;
  children: MessageNode[] = [];
  /** Which of the children is shown. */
  shown = 0;
  state: Message["state"] = "done";
  error: ErrorInfo | null = null;
  model: string | null = null;
  stats: Stats | null = null;
  /** What the model read and wrote, where known. */
  promptIds: readonly number[] = [];
  tokenIds: readonly number[] = [];
  /** One per token of `tokenIds` if they were recorded, else empty. */
  tokens: Token[] = [];

  constructor(
    readonly role: "user" | "assistant",
    public text = "",
  ) {}

  /** Append an alternative of what follows and show it. */
  add(child: MessageNode): MessageNode {
    child.parent = this;
    this.children.push(child);
    this.shown = this.children.length - 1;
    return child;
  }

  /** All alternatives at this place, itself included. */
  get siblings(): MessageNode[] {
    return this.parent === null ? [this] : this.parent.children;
  }

  /** Whether an answer is being written here. */
  get isUnderWay(): boolean {
    return this.state === "waiting" || this.state === "generating";
  }

  /** Whether its tokens are known, so that the model can go on from any of them. */
  get isRecorded(): boolean {
    return this.promptIds.length > 0 && this.tokenIds.length > 0 && !this.isUnderWay;
  }

  /** Forget what was written here and what follows from it. */
  reset(): void {
    this.text = "";
    this.state = "waiting";
    this.error = null;
    this.stats = null;
    this.children = [];
    this.shown = 0;
    this.tokens = [];
    this.tokenIds = [];
    this.promptIds = [];
  }

  /** What the views show of it. */
  asMessage(): Message {
    const reason = this.stats?.finish_reason ?? "stop";
    return {
      id: this.id,
      role: this.role,
      text: this.text,
      state: this.state,
      error: this.error,
      alternative: this.siblings.indexOf(this),
      num_alternatives: this.siblings.length,
      model: this.model,
      stats: this.stats,
      has_tokens: this.tokens.length > 0,
      can_continue: this.isRecorded && reason !== "stop",
    };
  }
}

/** A tree of messages; `path` is the one that is shown. */
export class Conversation {
  readonly id = newId();
  readonly root = new MessageNode("assistant");
  changed = 0;

  constructor(public givenTitle = "") {
    this.touch();
  }

  /** A conversation of these turns; those of the system are left out. */
  static of(messages: readonly ChatMessage[], title = ""): Conversation {
    const made = new Conversation(title);
    let last = made.root;
    for (const { role, content } of messages) {
      if (role !== "system") {
        last = last.add(new MessageNode(role === "assistant" ? role : "user", content));
      }
    }
    return made;
  }

  /** Make it the one that was changed last. */
  touch(): void {
    clock += 1;
    this.changed = clock;
  }

  /** The messages that are shown, the first one first. */
  get path(): MessageNode[] {
    const found: MessageNode[] = [];
    let node = this.root.children[this.root.shown];
    while (node !== undefined) {
      found.push(node);
      node = node.children[node.shown];
    }
    return found;
  }

  /** The last message that is shown; the root while there is none. */
  get tail(): MessageNode {
    return this.path.at(-1) ?? this.root;
  }

  get title(): string {
    if (this.givenTitle !== "") return this.givenTitle;
    const first = this.path.find((node) => node.role === "user")?.text ?? "";
    const line = [...first.trim().replace(/\s+/g, " ")];
    if (line.length <= TITLE_LENGTH) return line.join("") || NEW_TITLE;
    return `${line
      .slice(0, TITLE_LENGTH - 1)
      .join("")
      .trimEnd()}…`;
  }

  /** A message by id, shown or not; throws `ConfigError`. */
  find(id: string): MessageNode {
    for (const node of this.nodes()) if (node.id === id) return node;
    throw new ConfigError("this message is not there any more");
  }

  /** Show the path that leads to a message. */
  show(node: MessageNode): void {
    for (let at = node; at.parent !== null; at = at.parent) {
      at.parent.shown = at.parent.children.indexOf(at);
    }
  }

  /** Every message, shown or not. */
  nodes(): MessageNode[] {
    const found = [...this.root.children];
    for (const node of found) found.push(...node.children);
    return found;
  }

  /** Its line in the list. */
  asSummary(): Summary {
    return {
      id: this.id,
      title: this.title,
      num_messages: this.path.length,
      is_generating: this.nodes().some((node) => node.isUnderWay),
    };
  }

  /**
   * The messages before `until` as a model is asked to go on from them.
   *
   * Chat templates want user and assistant in turn: an answer without text (one that failed,
   * say) is left out, and users' messages that then meet become one.
   */
  turnsBefore(until: MessageNode): ChatMessage[] {
    const nodes: MessageNode[] = [];
    for (let at = until.parent; at?.parent != null; at = at.parent) nodes.unshift(at);
    const found: ChatMessage[] = [];
    for (const { role, text } of nodes) {
      const last = found.at(-1);
      if (role === "assistant" && text === "") continue;
      if (role === "user" && last?.role === "user") last.content += `\n\n${text}`;
      else found.push({ role, content: text });
    }
    return found;
  }
}

/** At least one conversation, one of which is open. */
export class Shelf {
  readonly #all: Conversation[] = [new Conversation()];
  open = this.#all[0] as Conversation;

  /** A conversation by id; throws `ConfigError`. */
  find(id: string): Conversation {
    const found = this.#all.find((item) => item.id === id);
    if (found === undefined) throw new ConfigError("this conversation is not there any more");
    return found;
  }

  /** Open a conversation, one of these or a new one. */
  show(conversation: Conversation): void {
    if (!this.#all.includes(conversation)) this.#all.push(conversation);
    this.open = conversation;
  }

  /** Open an empty conversation: one that is there already, or a new one. */
  begin(): Conversation {
    const isEmpty = (item: Conversation) => item.path.length === 0 && item.givenTitle === "";
    const conversation = this.#all.find(isEmpty) ?? new Conversation();
    conversation.touch();
    this.show(conversation);
    return conversation;
  }

  /** Give a conversation a name; an empty one stands for its first words. */
  rename(conversation: Conversation, title: string): void {
    conversation.givenTitle = title.trim().replace(/\s+/g, " ").slice(0, MAX_GIVEN_TITLE_LENGTH);
  }

  /** Forget a conversation; the one changed last before it is opened instead. */
  remove(conversation: Conversation): void {
    this.#all.splice(this.#all.indexOf(conversation), 1);
    if (conversation !== this.open) return;
    const [latest] = this.#byChange();
    if (latest === undefined) this.begin();
    else this.open = latest;
  }

  /** The list as the views show it, the one changed last first. */
  summaries(): Summary[] {
    return this.#byChange().map((item) => item.asSummary());
  }

  #byChange(): Conversation[] {
    return this.#all.toSorted((left, right) => right.changed - left.changed);
  }
}
