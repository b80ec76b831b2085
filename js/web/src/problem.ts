/** Why this browser cannot run the page; empty where it can. */

// A function that splats and counts bits in a vector: valid where WebAssembly has SIMD.
const SIMD_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
];
const NEEDS = "It works in Chrome or Edge 111, Firefox 113, Safari 16.4 and later.";

/**
 * Return what to tell the reader.
 *
 * Speaks the oldest JavaScript, because it has to run where the rest does not.
 */
export function findProblem(): string {
  if (location.protocol === "file:") {
    return (
      "This page has to come from a web server; browsers do not let files start workers. " +
      "In its folder, run “python -m http.server”, then open http://localhost:8000/."
    );
  }
  if (typeof WebAssembly !== "object") {
    return `This browser has no WebAssembly (or it is turned off), which runs the model. ${NEEDS}`;
  }
  if (!WebAssembly.validate(new Uint8Array(SIMD_MODULE))) {
    return `This browser's WebAssembly has no SIMD instructions, which the model needs. ${NEEDS}`;
  }
  if (typeof Worker !== "function") {
    return `This browser has no Web Workers, in which the model runs. ${NEEDS}`;
  }
  if (!("noModule" in document.createElement("script")) || !("replaceChildren" in document)) {
    return `This browser is too old for the page. ${NEEDS}`;
  }
  return "";
}
