/** A chat without its looks: conversations, settings, and the answer under way. */
import { ConfigError, PromptError } from "../../../sdk/src/errors";
import type { ChatMessage } from "../../../sdk/src/types";
import { IDLE } from "../../../widget/src/chat/store";
import type { RequestMessage } from "../../../widget/src/shared/context";
import type {
  ChatState,
  Events,
  Field,
  json,
  Message,
  Requests,
  Results,
  Settings,
  Status,
} from "../../../widget/src/shared/messages";
import { Answer, type Listener } from "./answer";
import { Conversation, MessageNode, Shelf } from "./conversation";
import { fromFile, toJson, toMarkdown } from "./formats";
import type { ChatModel } from "./model";
import { type Prefix, prefixOf } from "./prefix";
import { Sampling } from "./sampling";

const NUM_ALTERNATIVES = 5;
const MAX_FILE_NAME_LENGTH = 60;
const EMPTY = "the message is empty: write something first";

export interface SessionOptions {
  model: ChatModel;
  /** What the model is called. */
  label: string;
  system: string;
  fields: readonly Field[];
  /** Sampling settings that differ from their defaults at first. */
  values: Readonly<Record<string, json>>;
  send<T extends keyof Events>(type: T, fields: Events[T]): void;
}

type Handlers = {
  [T in keyof Requests]?: (request: RequestMessage<T>) => Results[T] | Promise<Results[T]>;
};

export class ChatSession implements Listener {
  readonly #options: SessionOptions;
  readonly #shelf = new Shelf();
  readonly #sampling: Sampling;
  #system: string;
  #isRecording = false;
  #answer: Answer | null = null;

  /** What is done for each request; what is not here this chat does not do. */
  readonly handlers: Handlers = {
    send: ({ text }) => this.#send(text),
    stop: () => this.#stop(),
    edit: ({ message, text }) => this.#edit(message, text),
    regenerate: ({ message }) => this.#write(this.#alternativeOf(message)),
    retry: ({ message }) => this.#retry(message),
    show_alternative: ({ message, alternative }) => this.#showAlternative(message, alternative),
    continue: ({ message, index, token_id }) => this.#continue(message, index, token_id),
    tokens: ({ message }) => ({ tokens: this.#shelf.open.find(message).tokens }),
    new_conversation: () => this.#open(this.#shelf.begin()),
    open_conversation: ({ conversation }) => this.#open(this.#shelf.find(conversation)),
    rename_conversation: ({ conversation, title }) => this.#rename(conversation, title),
    delete_conversation: ({ conversation }) => this.#delete(conversation),
    export: ({ conversation, format }) => this.#export(conversation, format),
    import: ({ filename, text }) => this.#import(filename, text),
    change_settings: (request) => this.#changeSettings(request),
    reset_settings: () => this.#resetSettings(),
  };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#system = options.system;
    this.#sampling = new Sampling(options.fields, options.values);
  }

  /** Everything, as a view shows it. */
  state(): ChatState {
    const { model, label } = this.#options;
    return {
      conversation: this.#shelf.open.id,
      conversations: this.#shelf.summaries(),
      messages: this.#messages(),
      settings: this.#settings(),
      fields: [...this.#options.fields],
      models: [
        {
          id: model.info.id,
          label,
          is_loaded: true,
          has_chat_template: model.info.hasChatTemplate,
          context_length: model.info.contextLength,
        },
      ],
      model: model.info.id,
      status: this.#status(),
    };
  }

  // -- the answer under way --------------------------------------------------------------

  grew(answer: Answer, text: string): void {
    if (answer.conversation !== this.#shelf.open) return;
    const message = answer.node;
    if (message.text === text) this.#sendMessage(message);
    else {
      const conversation = this.#shelf.open.id;
      this.#options.send("delta", { conversation, message: message.id, text });
    }
  }

  moved(answer: Answer): void {
    if (answer === this.#answer) this.#sendStatus();
  }

  ended(answer: Answer): void {
    answer.conversation.touch();
    if (answer.conversation === this.#shelf.open) this.#sendMessage(answer.node);
    this.moved(answer);
    this.#sendConversations();
  }

  // -- messages --------------------------------------------------------------------------

  #send(text: string): Results["send"] {
    if (text.trim() === "") throw new PromptError(EMPTY);
    this.#checkFree();
    const question = this.#shelf.open.tail.add(new MessageNode("user", text));
    return this.#write(question.add(new MessageNode("assistant")));
  }

  #stop(): Results["stop"] {
    this.#answer?.cancel();
    this.#sendStatus();
    return {};
  }

  #edit(id: string, text: string): Results["edit"] {
    if (text.trim() === "") throw new PromptError(EMPTY);
    const node = this.#shelf.open.find(id);
    const parent = parentOf(node);
    if (node.isUnderWay)
      throw new ConfigError("this message is still being written: stop it first");
    if (node.role === "user") this.#checkFree();
    const edited = parent.add(new MessageNode(node.role, text));
    if (node.role === "user") return this.#write(edited.add(new MessageNode("assistant")));
    edited.model = node.model;
    this.#sendTree();
    return { message: edited.id };
  }

  #retry(id: string): Results["retry"] {
    this.#checkFree();
    const node = this.#answerNode(id);
    node.reset();
    return this.#write(node);
  }

  #showAlternative(id: string, alternative: number): Results["show_alternative"] {
    const node = this.#shelf.open.find(id).siblings[alternative];
    if (node === undefined) throw new ConfigError("there are not so many alternatives");
    this.#shelf.open.show(node);
    this.#sendTree();
    return { message: node.id };
  }

  async #continue(id: string, index: number, tokenId: number | null): Promise<Results["continue"]> {
    this.#checkFree();
    const node = this.#answerNode(id);
    const prefix = await prefixOf(this.#options.model, node, index, tokenId);
    this.#checkFree();
    return this.#write(parentOf(node).add(new MessageNode("assistant")), prefix);
  }

  #alternativeOf(id: string): MessageNode {
    this.#checkFree();
    return parentOf(this.#answerNode(id)).add(new MessageNode("assistant"));
  }

  /** Begin to write an answer. */
  #write(node: MessageNode, prefix: Prefix | null = null): { message: string } {
    const { model } = this.#options;
    const conversation = this.#shelf.open;
    node.state = "waiting";
    node.model = this.#options.label;
    conversation.show(node);
    conversation.touch();
    const { config } = this.#sampling;
    this.#answer = new Answer(
      {
        model,
        conversation,
        node,
        system: this.#system,
        config: this.#isRecording ? { ...config, logprobs: NUM_ALTERNATIVES } : config,
        prefix,
      },
      this,
    );
    this.#sendTree();
    this.#sendStatus();
    void this.#answer.run();
    return { message: node.id };
  }

  #checkFree(): void {
    if (this.#answer?.node.isUnderWay) {
      throw new ConfigError("an answer is under way: wait for its end or stop it first");
    }
  }

  #answerNode(id: string): MessageNode {
    const node = this.#shelf.open.find(id);
    if (node.role !== "assistant") throw new ConfigError("this is not a message of the model");
    return node;
  }

  // -- conversations ---------------------------------------------------------------------

  #open(conversation: Conversation): Results["open_conversation"] {
    this.#shelf.show(conversation);
    this.#sendTree();
    return { conversation: conversation.id };
  }

  #rename(id: string, title: string): Results["rename_conversation"] {
    this.#shelf.rename(this.#shelf.find(id), title);
    this.#sendConversations();
    return { conversation: id };
  }

  #delete(id: string): Results["delete_conversation"] {
    const found = this.#shelf.find(id);
    this.#shelf.remove(found);
    this.#sendTree();
    if (this.#answer?.conversation === found) this.#answer.cancel();
    return { conversation: this.#shelf.open.id };
  }

  #export(id: string, format: Requests["export"]["format"]): Results["export"] {
    const found = this.#shelf.find(id);
    const { title } = found;
    const system: ChatMessage[] =
      this.#system === "" ? [] : [{ role: "system", content: this.#system }];
    const messages = [
      ...system,
      ...found.path.map(({ role, text }): ChatMessage => ({ role, content: text })),
    ];
    const name = title.replace(/[^\p{L}\p{N}_ -]+/gu, "").trim();
    const stem = name.slice(0, MAX_FILE_NAME_LENGTH) || "chat";
    if (format === "json") {
      return { text: toJson(messages), filename: `${stem}.json`, mime: "application/json" };
    }
    return { text: toMarkdown(messages, title), filename: `${stem}.md`, mime: "text/markdown" };
  }

  #import(filename: string, text: string): Results["import"] {
    const messages = fromFile(text, filename);
    const system = messages.filter(({ role }) => role === "system");
    if (system.length > 0) {
      this.#system = system.map(({ content }) => content).join("\n\n");
      this.#sendSettings();
    }
    return this.#open(Conversation.of(messages, filename.replace(/\.[^.]*$/, "")));
  }

  // -- settings --------------------------------------------------------------------------

  #changeSettings(request: Requests["change_settings"]): Results["change_settings"] {
    this.#sampling.change(request.values);
    this.#system = request.system ?? this.#system;
    this.#isRecording = request.record_tokens ?? this.#isRecording;
    this.#sendSettings();
    return {};
  }

  #resetSettings(): Results["reset_settings"] {
    this.#sampling.reset();
    this.#system = this.#options.system;
    this.#isRecording = false;
    this.#sendSettings();
    return {};
  }

  // -- events ----------------------------------------------------------------------------

  #messages(): Message[] {
    return this.#shelf.open.path.map((node) => node.asMessage());
  }

  #settings(): Settings {
    const { values } = this.#sampling;
    return { system: this.#system, record_tokens: this.#isRecording, values };
  }

  #status(): Status {
    const context_length = this.#options.model.info.contextLength;
    return this.#answer?.status ?? { ...IDLE, context_length };
  }

  #sendMessage(node: MessageNode): void {
    this.#options.send("message", {
      conversation: this.#shelf.open.id,
      message: node.asMessage(),
    });
  }

  /** Tell that other messages are shown. */
  #sendTree(): void {
    const conversation = this.#shelf.open.id;
    this.#options.send("messages", { conversation, messages: this.#messages() });
    this.#sendConversations();
  }

  #sendConversations(): void {
    const conversations = this.#shelf.summaries();
    this.#options.send("conversations", { conversation: this.#shelf.open.id, conversations });
  }

  #sendSettings(): void {
    this.#options.send("settings", { settings: this.#settings() });
  }

  #sendStatus(): void {
    this.#options.send("status", { status: this.#status() });
  }
}

function parentOf(node: MessageNode): MessageNode {
  if (node.parent === null) throw new ConfigError("this message is not there any more");
  return node.parent;
}
