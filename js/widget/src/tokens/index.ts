/** The token view: what a model wrote as the tokens it is made of. */

export { TokenStrip, type TokenStripProps } from "./TokenStrip";
export { mountTokens } from "./TokenView";
