/** Hooks for React: a realm, a model, a conversation. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { RealmCore } from "./realm.js";
import type { StreamChatOptions } from "./request.js";
import type { TokenStream } from "./stream.js";
import type { ChatMessage, LoadProgress, ModelInfo, ModelSource } from "./types.js";

/**
 * A realm that lives as long as the component: it is made after the first render and disposed of
 * at the end.
 *
 * @param create Such as `() => new Realm()`; called once.
 * @returns null in the first render.
 */
export function useRealm<R extends RealmCore>(create: () => R): R | null {
  const [realm, setRealm] = useState<R | null>(null);
  const first = useRef(create);
  useEffect(() => {
    const made = first.current();
    setRealm(made);
    return () => {
      setRealm(null);
      made.dispose().catch(() => undefined); // what it had is gone in any case
    };
  }, []);
  return realm;
}

/** A model on its way, there, or refused. */
export interface LoadedModel {
  /** Null until it is loaded. */
  info: ModelInfo | null;
  progress: LoadProgress | null;
  error: Error | null;
}

const NOT_LOADED: LoadedModel = { info: null, progress: null, error: null };

/**
 * Load a model while the component is there; another source or id loads anew, null loads nothing.
 * The load is given up when the component goes; a loaded model stays with its realm.
 */
export function useLoadedModel(
  realm: RealmCore | null,
  source: ModelSource | null,
  id: string,
): LoadedModel {
  const [model, setModel] = useState(NOT_LOADED);
  const place = useSameSource(source);
  useEffect(() => {
    setModel(NOT_LOADED);
    if (realm === null || place === null) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    const onProgress = (progress: LoadProgress) => {
      if (!signal.aborted) setModel((before) => ({ ...before, progress }));
    };
    const load = async () => {
      if (!(await realm.isModelLoaded(id))) {
        return realm.loadModel(place, id, { signal, onProgress });
      }
      // biome-ignore lint/correctness/useHookAtTopLevel: a method of Realm, which is no hook
      return realm.useModel(id);
    };
    load().then(
      (info) => signal.aborted || setModel({ ...NOT_LOADED, info }),
      (error: Error) => signal.aborted || setModel({ ...NOT_LOADED, error }),
    );
    return () => abort.abort();
  }, [realm, place, id]);
  return model;
}

/** The source of the last render where this one is the same: URLs and arrays are new each time. */
function useSameSource(source: ModelSource | null): ModelSource | null {
  const last = useRef(source);
  if (!isSame(last.current, source)) last.current = source;
  return last.current;
}

function isSame(left: unknown, right: unknown): boolean {
  if (left instanceof URL && right instanceof URL) return left.href === right.href;
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  return left.length === right.length && left.every((file, index) => isSame(file, right[index]));
}

/** A conversation. */
export interface Chat {
  /** All turns; the last one grows while the model answers. */
  messages: readonly ChatMessage[];
  isAnswering: boolean;
  /** Why the last answer failed. */
  error: Error | null;
  /**
   * Say something, or add turns such as the answers of tools; does nothing while the model
   * answers. What the model calls is in the `toolCalls` of its turn.
   */
  send: (turn: string | readonly ChatMessage[]) => void;
  /** End the answer; what there is of it stays. */
  stop: () => void;
  /** Forget the conversation. */
  clear: () => void;
}

/** A conversation with the realm's current model, or that of the options. */
export function useChat(realm: RealmCore | null, options: StreamChatOptions = {}): Chat {
  const [messages, setMessages] = useState<readonly ChatMessage[]>([]);
  const [isAnswering, setIsAnswering] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const running = useRef<TokenStream | null>(null);
  const latest = useRef({ messages, options });
  latest.current = { messages, options };

  const stop = useCallback(() => running.current?.cancel(), []);

  const clear = useCallback(() => {
    running.current?.cancel();
    running.current = null;
    setMessages([]);
    setIsAnswering(false);
    setError(null);
  }, []);

  const send = useCallback(
    (turn: string | readonly ChatMessage[]) => {
      if (realm === null || running.current !== null) return;
      const turns = typeof turn === "string" ? [{ role: "user" as const, content: turn }] : turn;
      const asked: ChatMessage[] = [...latest.current.messages, ...turns];
      const stream = realm.streamChat(asked, latest.current.options);
      running.current = stream;
      setMessages(asked);
      setIsAnswering(true);
      setError(null);
      follow(stream, (answer) => {
        if (running.current === stream) setMessages([...asked, answer]);
      })
        .catch((reason: Error) => {
          if (running.current === stream) setError(reason);
        })
        .finally(() => {
          if (running.current !== stream) return;
          running.current = null;
          setIsAnswering(false);
        });
    },
    [realm],
  );

  // Another realm, or none: what ran was the old one's.
  useEffect(() => {
    if (realm === null) return undefined;
    return () => {
      running.current?.cancel();
      running.current = null;
      setIsAnswering(false);
    };
  }, [realm]);

  return { messages, isAnswering, error, send, stop, clear };
}

async function follow(stream: TokenStream, onAnswer: (answer: ChatMessage) => void): Promise<void> {
  let content = "";
  for await (const { text, toolCalls } of stream) {
    content += text;
    onAnswer({ role: "assistant", content, ...(toolCalls !== undefined && { toolCalls }) });
  }
}
