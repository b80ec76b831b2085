/** Runs before everything else, as a classic script: says why nothing will happen, if so. */
import { findProblem } from "./problem";

const problem = findProblem();
if (problem === "") {
  document.getElementById("starting")?.removeAttribute("hidden");
} else {
  document.documentElement.setAttribute("data-problem", "");
  const place = document.getElementById("problem");
  if (place !== null) {
    place.textContent = problem;
    place.removeAttribute("hidden");
  }
}
