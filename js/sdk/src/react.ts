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
  const place = source instanceof URL ? source.href : source;
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

/** A conversation. */
export interface Chat {
  /** All turns; the last one grows while the model answers. */
  messages: readonly ChatMessage[];
  isAnswering: boolean;
  /** Why the last answer failed. */
  error: Error | null;
  /** Say something; does nothing while the model answers. */
  send: (text: string) => void;
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
    (text: string) => {
      if (realm === null || running.current !== null) return;
      const asked: ChatMessage[] = [...latest.current.messages, { role: "user", content: text }];
      const stream = realm.streamChat(asked, latest.current.options);
      running.current = stream;
      setMessages(asked);
      setIsAnswering(true);
      setError(null);
      follow(stream, (content) => {
        if (running.current === stream) setMessages([...asked, { role: "assistant", content }]);
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

async function follow(stream: TokenStream, onText: (text: string) => void): Promise<void> {
  let text = "";
  for await (const event of stream) {
    text += event.text;
    onText(text);
  }
}
