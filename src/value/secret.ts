import { inspect } from "node:util";
import { Capsule } from "./value.ts";

const MASK = "(secret)";

/**
 * A text that nobody may see. It prints, inspects and serializes as `(secret)`; only `reveal` gives the text,
 * and only `net/`, leaves and the evaluator's own taint-keeping operators may call that.
 */
export class Secret extends Capsule {
  readonly capsule = "Secret";
  readonly #text: string;
  constructor(text: string) {
    super();
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
  override equals(other: Capsule): boolean {
    return other instanceof Secret && other.#text === this.#text;
  }
  override describe(): string {
    return MASK;
  }
  override toString(): string {
    return MASK;
  }
  toJSON(): string {
    return MASK;
  }
  [inspect.custom](): string {
    return MASK;
  }
}

/** A text that is secret or not, decided when the configuration runs (`local.file` with `is_secret`). */
export class OptionalSecret extends Capsule {
  readonly capsule = "OptionalSecret";
  readonly isSecret: boolean;
  readonly #text: string;
  constructor(text: string, isSecret: boolean) {
    super();
    this.#text = text;
    this.isSecret = isSecret;
  }
  reveal(): string {
    return this.#text;
  }
  override asString(): string | undefined {
    return this.isSecret ? undefined : this.#text;
  }
  override equals(other: Capsule): boolean {
    return other instanceof OptionalSecret && other.isSecret === this.isSecret && other.#text === this.#text;
  }
  override describe(): string {
    return this.isSecret ? MASK : this.#text;
  }
  override toString(): string {
    return this.describe();
  }
  toJSON(): string {
    return this.describe();
  }
  [inspect.custom](): string {
    return this.describe();
  }
}
