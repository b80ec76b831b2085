/** The template engine with a count of steps, a deadline, and a limit on what it makes. */

import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";

/** What a template may use. */
export interface TemplateLimits {
  /** Characters of the template itself. */
  templateLength: number;
  /** Characters of any text that it makes, and items of any list. */
  length: number;
  steps: number;
  milliseconds: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = {
  templateLength: 1 << 20,
  length: 16 << 20,
  steps: 2_000_000,
  milliseconds: 1000,
};

const MAX_RANGE = 100_000;
const STEPS_PER_LOOK = 256;
/** Characters whose making counts as one step. */
const LENGTH_OF_A_STEP = 64;

type Evaluate = Interpreter["evaluate"];

/** The template called `raise_exception`. */
export class TemplateRefusal extends Error {}

/** A node of the syntax tree with what is looked at here. */
interface Node {
  type: string;
  /** Of a loop. */
  iterable?: Node;
  defaultBlock?: readonly Node[];
  /** Of an iterable with a condition. */
  lhs?: Node;
  /** Of a filter, which is a name or a call of one. */
  operand?: Node;
  filter?: { value?: unknown; callee?: { value?: unknown } };
}

/** Filters that know what to do with a value that is not there. */
const KNOWING_FILTERS: readonly unknown[] = ["default", "d", "tojson"];

/** Counts what it does; every operation of a template is one call of `evaluate`. */
class LimitedInterpreter extends Interpreter {
  readonly #limits: TemplateLimits;
  readonly #deadline: number;
  #steps = 0;
  #nextLook = STEPS_PER_LOOK;

  constructor(environment: Environment, limits: TemplateLimits) {
    super(environment);
    this.#limits = limits;
    this.#deadline = performance.now() + limits.milliseconds;
  }

  override evaluate(...[statement, environment]: Parameters<Evaluate>): ReturnType<Evaluate> {
    const node = this.#withoutUndefined(statement as Node | undefined, environment);
    const result = super.evaluate(node as typeof statement, environment);
    const { value } = result;
    const size = typeof value === "string" || Array.isArray(value) ? value.length : 0;
    const { length, steps, milliseconds } = this.#limits;
    if (size > length) {
      throw new Error(`it writes more than ${length >> 20} MiB`);
    }
    this.#steps += 1 + Math.floor(size / LENGTH_OF_A_STEP);
    if (this.#steps > steps) {
      throw new Error("it takes too many steps");
    }
    if (this.#steps >= this.#nextLook) {
      this.#nextLook = this.#steps + STEPS_PER_LOOK;
      if (performance.now() > this.#deadline) {
        throw new Error(`it takes longer than ${milliseconds} ms`);
      }
    }
    return result;
  }

  /**
   * As in Jinja2, a value that is not there has no items and no text: a loop over it runs its
   * `else`, and a filter gets an empty text. The engine has errors for both.
   */
  #withoutUndefined(node: Node | undefined, environment: Environment): Node | undefined {
    if (node?.type === "For") {
      const source = node.iterable?.type === "SelectExpression" ? node.iterable.lhs : node.iterable;
      return this.#isUndefined(source, environment)
        ? ({ type: "Program", body: node.defaultBlock ?? [] } as Node)
        : node;
    }
    if (node?.type === "FilterExpression") {
      const name = node.filter?.callee?.value ?? node.filter?.value;
      const isLost =
        !KNOWING_FILTERS.includes(name) && this.#isUndefined(node.operand, environment);
      return isLost ? { ...node, operand: { type: "StringLiteral", value: "" } as Node } : node;
    }
    return node;
  }

  /** Whether a variable or an attribute is not there; other expressions are not looked at. */
  #isUndefined(node: Node | undefined, environment: Environment): boolean {
    if (node?.type !== "Identifier" && node?.type !== "MemberExpression") {
      return false;
    }
    const found = this.evaluate(node as Parameters<Evaluate>[0], environment);
    return found.type === "UndefinedValue";
  }
}

/**
 * Render a template as Hugging Face transformers does, within limits.
 *
 * The limits are looked at between operations: a single one is not broken off.
 *
 * @param strftimeNow - What formats the present.
 * @throws TemplateRefusal if the template calls `raise_exception`.
 * @throws Error if it is wrong, or breaks a limit.
 */
export function renderLimited(
  template: string,
  inputs: Readonly<Record<string, unknown>>,
  strftimeNow: (format: string) => string,
  limits: TemplateLimits = TEMPLATE_LIMITS,
): string {
  if (template.length > limits.templateLength) {
    throw new Error(`it has more than ${limits.templateLength} characters`);
  }
  const environment = new Environment();
  const globals = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range: limitedRange,
    strftime_now: (format: unknown) => strftimeNow(String(format)),
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    ...inputs,
  };
  for (const [name, value] of Object.entries(globals)) {
    environment.set(name, value);
  }
  const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
  const result = new LimitedInterpreter(environment, limits).run(program);
  return String(result.value);
}

function limitedRange(first: number, second?: number, step = 1): number[] {
  const start = second === undefined ? 0 : first;
  const stop = second ?? first;
  const count = Math.ceil((stop - start) / step);
  if (!Number.isInteger(step) || step === 0 || !(count <= MAX_RANGE)) {
    throw new Error(`range() makes at most ${MAX_RANGE} numbers`);
  }
  return Array.from({ length: Math.max(0, count) }, (_, index) => start + index * step);
}
