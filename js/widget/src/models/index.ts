/** The models panel: what is loaded, and the ways to load more. */
export { mountModels } from "./Panel";
