/** The tokens of a response, as the token view shows them, and going on from one of them. */
import { ConfigError } from "../../../sdk/src/errors";
import type { GenerationResponse, TokenLogprob } from "../../../sdk/src/types";
import type { Alternative, Token } from "../../../widget/src/shared/messages";
import type { MessageNode } from "./conversation";
import type { ChatModel } from "./model";

const LEAST_LOGPROB = -1e9;
const BROKEN = "\uFFFD";

/** The tokens of a response; nothing if log probabilities were not asked for. */
export function tokensOf(response: GenerationResponse): Token[] {
  return response.logprobs.map((chosen, index) => ({
    ...alternative(chosen),
    top: (response.alternatives[index] ?? []).map(alternative),
  }));
}

function alternative({ text, tokenId, logprob }: TokenLogprob): Alternative {
  return { text, token_id: tokenId, logprob: Math.max(logprob, LEAST_LOGPROB) };
}

/** The beginning of an answer that is kept, while the rest is written anew. */
export interface Prefix {
  promptIds: readonly number[];
  tokenIds: readonly number[];
  /** Whole characters only. */
  text: string;
  tokens: Token[];
  /** That of the answer, where going on must be as if it had never stopped. */
  seed: number | null;
  /** Whether only all tokens together give the text: the last one ends inside a character. */
  isBroken: boolean;
}

/**
 * What is kept of an answer: its first `index` tokens and then `tokenId`, or with -1 all of it.
 *
 * Throws `ConfigError` if the answer's tokens are not known, or there is no such token.
 */
export async function prefixOf(
  model: ChatModel,
  node: MessageNode,
  index: number,
  tokenId: number | null,
): Promise<Prefix> {
  const { promptIds } = node;
  if (!node.isRecorded) throw new ConfigError("the tokens of this message are not known");
  if (index === -1 && tokenId === null) {
    const seed = node.stats === null ? null : Number(node.stats.seed);
    const { tokenIds, text, tokens } = node;
    return { promptIds, tokenIds, text, tokens: [...tokens], seed, isBroken: false };
  }
  const token = node.tokens[index];
  const found = token?.top.find((item) => item.token_id === tokenId);
  if (token === undefined || found === undefined) {
    throw new ConfigError("this token is not among the alternatives of the message");
  }
  const tokenIds = [...node.tokenIds.slice(0, index), found.token_id];
  const tokens = [...node.tokens.slice(0, index), { ...token, ...found }];
  const before = sharedStart(node, index);
  if (before !== null && !found.text.includes(BROKEN)) {
    const text = before + found.text;
    return { promptIds, tokenIds, text, tokens, seed: null, isBroken: false };
  }
  const all = await model.detokenize(tokenIds);
  const text = all.replace(/\uFFFD+$/, "");
  return { promptIds, tokenIds, text, tokens, seed: null, isBroken: text !== all };
}

/** The text before a token if the tokens' own texts tell it, else null. */
function sharedStart(node: MessageNode, index: number): string | null {
  const before = node.tokens
    .slice(0, index)
    .map((token) => token.text)
    .join("");
  for (const candidate of [before, before.replace(/^ /, "")]) {
    if (node.text.startsWith(candidate) && !candidate.includes(BROKEN)) return candidate;
  }
  return null;
}
