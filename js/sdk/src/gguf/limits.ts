/** How much a file may ask for; generous for every published model, too little to do harm. */

export const MAX_METADATA_ENTRIES = 1 << 16;
export const MAX_METADATA_BYTES = 256 * 2 ** 20;
export const MAX_TENSORS = 1 << 16;
/** Files of a split model. */
export const MAX_PARTS = 1024;
/** ggml keeps names in 64 bytes with a final zero. */
export const MAX_TENSOR_NAME_BYTES = 63;
export const MAX_DIMENSIONS = 4;
export const MAX_ELEMENTS = 2n ** 63n - 1n;
export const MAX_KEY_BYTES = 2 ** 16 - 1;
/** All keys and names of tensors together. */
export const MAX_NAMES_BYTES = 4 * 2 ** 20;
export const MAX_STRING_BYTES = 64 * 2 ** 20;
/** Strings in all arrays of a file. */
export const MAX_ARRAY_STRINGS = 1 << 22;
export const MAX_ALIGNMENT = 1 << 20;
export const MAX_TOKENS = 1 << 21;
export const MAX_TOKEN_BYTES = 2 ** 16 - 1;
/** The token array and the merge array, each: both are copied for the guest. */
export const MAX_VOCABULARY_STRINGS_BYTES = 32 * 2 ** 20;
