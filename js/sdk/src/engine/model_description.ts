/** What a file says of a model, apart from its weights. */

import type { GGUFFile } from "../gguf/file.js";
import { Vocabulary } from "../gguf/vocabulary.js";
import type { Graph } from "../graph/graph.js";
import { buildGraph } from "../models/build_graph.js";
import { closingToken, type SpecialTexts } from "../templates/chat_template.js";
import { ControlText } from "../templates/control_text.js";

export interface ModelDescription {
  readonly graph: Graph;
  readonly name: string;
  readonly quantType: string;
  readonly numParameters: number;
  readonly fileBytes: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly chatTemplate: string | null;
  readonly specialTexts: SpecialTexts;
  /** The control tokens, which nobody may write into a turn. */
  readonly control: ControlText;
}

export interface OpenedModel {
  readonly description: ModelDescription;
  /** The vocabulary as the guest loads it; not needed afterwards. */
  readonly vocabularyBlob: Uint8Array;
}

/**
 * Read and check everything but the weights.
 *
 * @throws ModelFormatError and its kinds.
 */
export function openModel(file: GGUFFile): OpenedModel {
  const graph = buildGraph(file);
  const { vocab_size: vocabSize, context_length: contextLength } = graph.hyperparameters;
  const vocabulary = new Vocabulary(file);
  if (vocabulary.numTokens !== vocabSize) {
    throw file.error(
      `the vocabulary has ${vocabulary.numTokens} tokens, but the embedding ${vocabSize} rows`,
      { tensor: "token_embd.weight" },
    );
  }
  const controlTokens = vocabulary.controlTokens();
  const control = new ControlText(controlTokens.keys());
  const specialTexts = {
    bosToken: vocabulary.specialText(vocabulary.bosId),
    eosToken: vocabulary.specialText(vocabulary.eosId),
  };
  const chatTemplate = file.metadata.text("tokenizer.chat_template") ?? null;
  const closing = chatTemplate === null ? null : closingToken(chatTemplate, control, specialTexts);
  const turnEnd = closing === null ? undefined : controlTokens.get(closing);
  return {
    description: {
      graph,
      ...file.summary(),
      name: file.metadata.text("general.name") ?? "",
      fileBytes: file.fileBytes,
      vocabSize,
      contextLength,
      chatTemplate,
      specialTexts,
      control,
    },
    vocabularyBlob: vocabulary.toBlob(turnEnd === undefined ? [] : [turnEnd]),
  };
}
