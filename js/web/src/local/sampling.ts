/** The sampling settings of a chat; which there are and their ranges came with the page. */
import { ConfigError } from "../../../sdk/src/errors";
import type { GenerationConfig } from "../../../sdk/src/types";
import { allowedBy } from "../../../widget/src/chat/values";
import type { Field, json } from "../../../widget/src/shared/messages";

export class Sampling {
  values: Record<string, json>;

  constructor(
    readonly fields: readonly Field[],
    private readonly start: Readonly<Record<string, json>> = {},
  ) {
    this.values = this.#defaults();
  }

  #defaults(): Record<string, json> {
    const defaults = Object.fromEntries(this.fields.map((field) => [field.name, field.default]));
    return { ...defaults, ...this.start };
  }

  reset(): void {
    this.values = this.#defaults();
  }

  /** Change some values, all or none; throws `ConfigError`. */
  change(values: Readonly<Record<string, json>>): void {
    for (const [name, value] of Object.entries(values)) {
      const field = this.fields.find((item) => item.name === name);
      if (field === undefined) throw new ConfigError(`there is no setting ${name}`);
      if (!isAllowed(field, value)) {
        throw new ConfigError(`${name}=${String(value)} is not allowed: it is ${allowedBy(field)}`);
      }
    }
    this.values = { ...this.values, ...values };
  }

  /** The same as the SDK takes it. */
  get config(): Partial<GenerationConfig> {
    const pairs = Object.entries(this.values).map(([name, value]) => {
      const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [camel, name === "seed" && value !== null ? Number(value) : value];
    });
    return Object.fromEntries(pairs) as Partial<GenerationConfig>;
  }
}

function isAllowed(field: Field, value: json): boolean {
  switch (field.kind) {
    case "integer":
    case "number":
      return (
        typeof value === "number" &&
        Number.isFinite(value) &&
        (field.kind === "number" || Number.isInteger(value)) &&
        value >= (field.low ?? -Infinity) &&
        value <= (field.high ?? Infinity)
      );
    case "seed":
      // JavaScript's numbers are exact up to here; a larger seed would be another one.
      return value === null || (/^\d+$/.test(value) && Number.isSafeInteger(Number(value)));
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return field.choices.includes(value);
    case "strings":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
}
