/** From a request to the token ids of its prompt. */

import { ContextLengthError, PromptError } from "../errors.js";
import type { GuestInstance } from "../guest/guest_instance.js";
import { quoted, shown } from "../quoted.js";
import { noTemplate, renderChat } from "../templates/chat_template.js";
import type { ChatMessage, GenerationRequest, Tool } from "../types.js";
import { utf8 } from "../utf8.js";
import type { ModelDescription } from "./model_description.js";

/**
 * @param tools - What the chat template shows.
 * @throws PromptError, ChatTemplateError, ContextLengthError
 */
export function promptIds(
  request: GenerationRequest,
  model: ModelDescription,
  guest: GuestInstance,
  tools: readonly Tool[] = [],
): Int32Array {
  const ids = idsOf(request, model, guest, tools);
  if (ids.length === 0) {
    throw new PromptError("the prompt is empty: give some text to go on from");
  }
  checkFits(ids, request.model, model.contextLength);
  return ids;
}

/** @throws ContextLengthError if there are more than the context holds. */
export function checkFits(ids: Int32Array, id: string, contextLength: number): void {
  if (ids.length > contextLength) {
    throw new ContextLengthError(
      `the prompt has ${ids.length} tokens, but the context of ${quoted(id)} holds ${contextLength}; shorten it or use a model with a longer context`,
      { numTokens: ids.length, contextLength },
    );
  }
}

/** @throws PromptError if one of them is no token of the vocabulary. */
export function checkedIds(tokenIds: readonly number[], vocabSize: number): Int32Array {
  for (const tokenId of tokenIds) {
    if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= vocabSize) {
      throw new PromptError(
        `${shown(tokenId)} is no token id of this model: ids are whole numbers from 0 to ${vocabSize - 1}`,
      );
    }
  }
  return Int32Array.from(tokenIds);
}

function idsOf(
  request: GenerationRequest,
  model: ModelDescription,
  guest: GuestInstance,
  tools: readonly Tool[],
): Int32Array {
  const { tokenIds, messages, text = "", raw = false, system } = request;
  if (tokenIds !== undefined) {
    return checkedIds(tokenIds, model.vocabSize);
  }
  if (messages !== undefined || (!raw && model.chatTemplate !== null)) {
    const rendered = render(request, model, tools);
    return guest.tokenize(rendered, { addSpecial: false, parseSpecial: true });
  }
  if (system !== undefined) {
    const why = raw ? "drop raw" : `${quoted(request.model)} has none`;
    throw new PromptError(`a system prompt needs a chat template: ${why}`);
  }
  return guest.tokenize(utf8(text), { addSpecial: true, parseSpecial: raw });
}

function render(
  request: GenerationRequest,
  model: ModelDescription,
  tools: readonly Tool[],
): Uint8Array {
  const { chatTemplate, control, specialTexts } = model;
  if (chatTemplate === null) {
    throw noTemplate(request.model);
  }
  // Templates ask whether there are tools, so that none must not be an empty list.
  const variables = tools.length > 0 ? { tools } : {};
  return renderChat(chatTemplate, messagesOf(request), { ...specialTexts, control, variables });
}

function messagesOf({ messages, system, text = "" }: GenerationRequest): readonly ChatMessage[] {
  if (messages !== undefined) {
    return messages;
  }
  const turns: ChatMessage[] = [{ role: "user", content: text }];
  return system === undefined ? turns : [{ role: "system", content: system }, ...turns];
}
