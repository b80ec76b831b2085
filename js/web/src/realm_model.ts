/** The model of the page, run by the SDK. */
import { Realm } from "../../sdk/src/browser";
import type { OpenModel } from "./loader";
import type { ChatModel } from "./local/model";
import type { PageData } from "./page_data";

/** How to load the model of a page. */
export function openRealmModel({ model: card, threads }: PageData): OpenModel {
  return async (file, { onProgress, signal }) => {
    const realm = new Realm(threads === null ? {} : { threads });
    try {
      const info = await realm.loadModel(file, card.id, {
        onProgress: ({ doneBytes, totalBytes }) => onProgress(doneBytes, totalBytes),
        signal,
      });
      return chatModel(realm, { ...info, name: card.name });
    } catch (error) {
      await realm.dispose();
      throw error;
    }
  };
}

function chatModel(realm: Realm, info: ChatModel["info"]): ChatModel {
  const model = info.id;
  return {
    info,
    generate(prompt, config, { onToken, signal }) {
      const options = { ...config, model, onToken, signal };
      if ("messages" in prompt) return realm.chat(prompt.messages, options);
      if ("raw" in prompt) return realm.generate(prompt.raw, { ...options, raw: true });
      return realm.generate({ tokenIds: prompt.tokenIds }, options);
    },
    detokenize: (tokenIds) => realm.detokenize(tokenIds, { model }),
  };
}
