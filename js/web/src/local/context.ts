/** The wire between the chat view and a session in the same page: no kernel, nothing to lose. */
import { signal } from "@preact/signals";
import { ConfigError } from "../../../sdk/src/errors";
import {
  type EventMessage,
  KernelError,
  type RequestMessage,
  type WidgetContext,
} from "../../../widget/src/shared/context";
import {
  type Events,
  PROTOCOL,
  type Requests,
  type Results,
} from "../../../widget/src/shared/messages";
import { errorInfo } from "./answer";
import { ChatSession, type SessionOptions } from "./session";

/** Give the chat view what it needs; `asset` imports the heavy bundles. */
export function createLocalContext(
  options: Omit<SessionOptions, "send">,
  asset: WidgetContext["asset"],
): WidgetContext {
  const handlers = new Map<string, Set<(event: EventMessage) => void>>();
  let seq = 0;

  function send<T extends keyof Events>(type: T, fields: Events[T]): void {
    seq += 1;
    const event = { type, seq, ...fields } as unknown as EventMessage;
    for (const name of [type, "*"]) for (const handler of handlers.get(name) ?? []) handler(event);
  }

  const session = new ChatSession({ ...options, send });

  async function answer<T extends keyof Requests>(
    message: RequestMessage<T>,
  ): Promise<Results[keyof Results]> {
    if (message.type === "sync") {
      return {
        protocol: PROTOCOL,
        seq,
        kind: "chat",
        chat: session.state(),
        models: null,
        tokens: null,
      };
    }
    const handler = session.handlers[message.type] as
      | ((request: RequestMessage<T>) => Results[T] | Promise<Results[T]>)
      | undefined;
    if (handler === undefined) throw new ConfigError("this page does not do that");
    return handler(message);
  }

  return {
    inNotebook: false,
    connected: signal(true),
    link: signal("up"),
    async request<T extends keyof Requests>(message: RequestMessage<T>): Promise<Results[T]> {
      try {
        return (await answer(message)) as Results[T];
      } catch (error) {
        const { code, message: text } = errorInfo(error);
        throw new KernelError(code, text);
      }
    },
    on(type: string, handler: (event: never) => void) {
      const set = handlers.get(type) ?? new Set();
      handlers.set(type, set.add(handler as (event: EventMessage) => void));
      return () => set.delete(handler as (event: EventMessage) => void);
    },
    ping: async () => undefined,
    asset,
  };
}
